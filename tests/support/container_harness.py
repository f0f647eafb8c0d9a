"""What the tests of containers share: an image in the store, and containers of it that
go with the test."""

import time

import run_harness


class ContainerTest(run_harness.RunTest):
    """With an image "base" in the store, of the busybox that RUN's tests have."""

    def setUp(self):
        super().setUp()
        self.dockerfile(*self.on_base("ENV FROM_IMAGE=1", "LABEL of=image", 'CMD ["echo", "the default"]'))
        self.slipway("build", "-t", "base", self.context)
        self.addCleanup(self.remove_all)

    def remove_all(self):
        names = self.slipway("ps", "-aq", status=None).out.split()
        if names:
            self.slipway("rm", "-f", *names, status=None)

    def sh(self, script, *options, status=0, **how):
        return self.slipway("run", *options, "base", "sh", "-c", script, status=status, **how)

    def detached(self, script="sleep 1000", *options):
        return self.slipway("run", "-d", *options, "base", "sh", "-c", script).out.strip()

    def ps(self, *options):
        return self.slipway("ps", "-a", "--format", "{{.Names}} {{.State}}", *options).out.splitlines()

    def until(self, holds, seconds=20):
        end = time.monotonic() + seconds
        while not holds():
            self.assertLess(time.monotonic(), end, "it does not come")
            time.sleep(0.02)

    def folders(self):
        return [path.name for path in (self.store / "containers").glob("*") if len(path.name) == 64]

"""--isolation=oci: commands started by runc or crun."""

import pathlib
import shutil
import signal
import subprocess
import unittest

import container_harness
import harness
import host
import run_harness
import users


def need_runtime(test):
    """Skips where there is none, or it can start nothing here."""
    if not harness.is_root() and not users.has_ranges():
        test.skipTest("the user has no subordinate ids")
    if shutil.which("runc") is None and shutil.which("crun") is None:
        test.skipTest("neither runc nor crun is installed")


class OciRuntime(run_harness.RunTest):
    def setUp(self):
        super().setUp()
        need_runtime(self)
        self.dockerfile(*self.on_base("RUN true"))
        result = self.slipway("build", "--isolation=oci", "--no-cache", self.context, status=None)
        if result.status != 0:
            self.skipTest(result.err)

    def of_both(self, *lines, options=()):
        """Built by the runtime, and by ourselves: the same image. What the runtime's printed."""
        own = self.run_lines(*lines, options=["--no-cache", *options])
        digest = self.digest(self.work / "image")
        result = self.run_lines(*lines, options=["--no-cache", "--isolation=oci", *options])
        self.assertEqual(self.digest(self.work / "image"), digest)
        self.assertEqual(self.without_progress(result), self.without_progress(own))
        return result

    @staticmethod
    def without_progress(result):
        # A runtime hands both streams on, each by itself.
        return sorted(line for line in result.err.splitlines() if not line.startswith("#"))

    def test_same_layers_and_output(self):
        self.write("dir/f", "text\n")
        (self.work / "secret").write_text("hush\n")
        result = self.of_both(
            "ARG A=1", "RUN echo $A; rm -r /old /gone; mkdir /old; echo x > /old/c; chmod 4755 /old/c; chown 5:6 /old/c; ln /old/c /h",
            "RUN --mount=target=/m,source=dir,rw --mount=type=tmpfs,target=/t --mount=type=cache,target=/c "
            "cat /m/f; echo x > /m/g; echo x > /t/f; echo x > /c/f",
            "RUN --mount=type=secret,id=s cat /run/secrets/s; cat /proc/self/status | grep Cap; stat -c %a /run/secrets/s",
            "RUN --network=none cat /proc/net/dev | grep -c :; hostname; cat /etc/hosts",
            "RUN touch /sys/x /proc/sys/x /sys/fs/cgroup/x; unshare -m true; mount -t tmpfs x /tmp; echo refused",
            "WORKDIR /w", "USER 5:6", "RUN id -u; id -g; pwd; cat /proc/self/status | grep -E 'Cap(Eff|Bnd)|Seccomp:'",
            options=["--secret", f"id=s,src={self.work}/secret", "--ulimit", "nofile=100:200"])
        self.assertIn("hush", result.err)

    def test_failure(self):
        result = self.run_lines("RUN exit 7", options=["--isolation=oci"], status=1)
        self.assertIn("Dockerfile:2:1: error: the command exited with status 7", result.err)
        result = self.run_lines('RUN ["/missing"]', options=["--isolation=oci"], status=1)
        self.assertIn("/missing", result.err)
        self.assertIn("Dockerfile:2:1: error: ", result.err)

    def test_no_runtime(self):
        programs = self.work / "programs"
        programs.mkdir()
        for name in ("newuidmap", "newgidmap"):
            if shutil.which(name):
                (programs / name).symlink_to(shutil.which(name))
        without = {"PATH": str(programs)}
        result = self.run_lines("RUN true # anew", options=["--isolation=oci"], status=4, env=without)
        self.assertIn("error: find an OCI runtime: neither runc nor crun is on $PATH", result.err)
        self.assertIn("apt-get install runc", result.err)
        self.assertIn("OCI runtime: none", self.slipway("doctor", status=None, env=without).out)
        self.assertRegex(self.slipway("doctor", status=None).out, "OCI runtime: .*(runc|crun)")


class OciContainers(container_harness.ContainerTest):
    def setUp(self):
        super().setUp()
        need_runtime(self)
        result = self.sh("true", "--rm", "--isolation=oci", status=None)
        if result.status != 0:
            self.skipTest(result.err)

    def test_run(self):
        found = self.sh("echo out; echo err >&2; echo x > /made; exit 5", "--isolation=oci", "--name", "box", status=5)
        self.assertEqual((found.out, found.err), ("out\n", "err\n"))
        self.assertEqual(self.slipway("diff", "box").out, "A /made\n")
        self.assertEqual(self.slipway("logs", "box").out, "out\n")
        self.assertEqual(self.slipway("start", "-a", "box", status=5).out, "out\n")
        self.assertIn("refused", self.sh("echo x > /f || echo refused", "--rm", "--isolation=oci", "--read-only").out)
        shown = self.slipway("run", "--rm", "-t", "--isolation=oci", "base", "sh", "-c", "test -t 0 && test -t 1 && echo terminal")
        self.assertEqual(shown.out, "terminal\r\n")

    def test_detached(self):
        self.detached("trap 'exit 9' TERM; touch /there; while true; do sleep 0.1; done", "--isolation=oci", "--name", "box")
        self.until(lambda: self.slipway("exec", "box", "ls", "/there", status=None).status == 0)
        self.assertEqual(self.slipway("exec", "box", "sh", "-c", "echo $FROM_IMAGE; hostname").out[:2], "1\n")
        self.slipway("stop", "box")
        self.assertEqual(self.slipway("wait", "box").out, "9\n")

    def test_dies_with_us(self):
        words = [harness.tool(), "run", "--rm", "--isolation=oci", "base", "sleep", host.MARK]
        process = subprocess.Popen(words, env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            # We, the runtime's parent, and what it started.
            self.until(lambda: len(host.processes(host.MARK)) == 3)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        self.until(lambda: host.processes(host.MARK) == [])
        self.slipway("run", "--rm", "--isolation=oci", "base", "true")
        groups = pathlib.Path("/sys/fs/cgroup").glob(f"**/slipway-{process.pid}")
        self.assertEqual([str(group) for group in groups], [])


@unittest.skipIf(users.has_ranges(), "the user has subordinate ids")
class LoneUser(users.UsersTest):
    def test_lone_user_is_told(self):
        if shutil.which("runc") is None and shutil.which("crun") is None:
            self.skipTest("neither runc nor crun is installed")
        result = self.build_as(self.ordinary, ["RUN true"], "--isolation=oci", status=4)
        self.assertIn("start an OCI runtime: with one id it can give files no owners", result.err)
        self.assert_one_diagnostic(result)


if __name__ == "__main__":
    harness.main()

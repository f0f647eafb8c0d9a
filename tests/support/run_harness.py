"""What the tests of RUN share: a base of one static busybox, and builds over it."""

import pathlib
import re
import shutil
import tarfile
import tempfile

import harness

PROGRAMS = ("sh cat chmod chown cp echo env false grep hostname id kill ln ls mkdir mknod mount mv pwd rm "
            "rmdir setfattr sleep stat test touch true unshare umount wc").split()


def without_times(log):
    """What commands printed, without the "#2 0.123 " of plain progress."""
    return re.sub(r"(?m)^#\d+ \d+\.\d{3} ", "", log)


class RunTest(harness.ToolTest):
    """All on a base of one static busybox."""

    def setUp(self):
        super().setUp()
        self.need("busybox")
        self.bases = pathlib.Path(tempfile.mkdtemp(prefix="slipway-base-"))
        self.addCleanup(self._remove, self.bases)
        tree = self.bases / "tree"
        (tree / "bin").mkdir(parents=True)
        shutil.copy(shutil.which("busybox"), tree / "bin/busybox")
        for program in PROGRAMS:
            (tree / "bin" / program).symlink_to("busybox")
        for name, text in {"etc/passwd": "root:x:0:0::/root:/bin/sh\napp:x:0:0::/home/app:/bin/sh\n",
                           "etc/group": "root:x:0:\n", "old/a": "a", "old/b": "b", "gone": "x"}.items():
            (tree / name).parent.mkdir(exist_ok=True)
            (tree / name).write_text(text)
        (tree / "tmp").mkdir()
        (tree / "tmp").chmod(0o1777)
        self.make_base("base", "COPY tree /")
        self.need_sandbox()

    def make_base(self, name, *lines, start="scratch"):
        file = self.bases / f"{name}.Dockerfile"
        file.write_text("".join(f"{line}\n" for line in (f"FROM {start}", *lines)))
        self.slipway("build", "-f", file, "--output", f"oci:{self.bases / name}", self.bases)

    def need_sandbox(self):
        self.dockerfile(*self.on_base("RUN true"))
        result = self.slipway("build", self.context, status=None)
        if result.status == 4:
            self.skipTest(result.err)
        self.assertEqual(result.status, 0, result.err)

    def on_base(self, *lines, name="base"):
        return (f"FROM oci:{self.bases / name}", *lines)

    def run_lines(self, *lines, options=(), status=0, name="base", **how):
        """Build the lines over the base; what the build printed."""
        self.dockerfile(*self.on_base(*lines, name=name))
        result = self.slipway("build", "--compression", "none", *options, "--output",
                              f"oci:{self.work / 'image'}", self.context, status=status, **how)
        result.log, result.err = result.err, without_times(result.err)
        return result

    def members(self, index=-1):
        manifest, _ = self.image(self.work / "image")
        digest = manifest["layers"][index]["digest"].partition(":")[2]
        with tarfile.open(self.work / "image/blobs/sha256" / digest) as archive:
            return {member.name: member for member in archive}

    def paths(self, index=-1):
        return sorted(self.members(index))

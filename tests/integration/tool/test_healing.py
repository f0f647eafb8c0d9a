"""Whatever is deleted, killed or full: the next build is right."""

import os
import pathlib
import random
import shutil
import signal
import subprocess
import time

import harness

MIB = 1 << 20


class Healing(harness.ToolTest):
    def setUp(self):
        super().setUp()
        self.write("app", random.Random(1).randbytes(3 * MIB), 0o755)
        for number in range(20):
            self.write(f"data/{number}", f"{number}\n" * 100)
        self.dockerfile("FROM scratch", "COPY data /data/", "WORKDIR /srv/x", "COPY app /usr/bin/")

    def state_files(self, *folders):
        """Every regular file that a build left there."""
        return sorted(path for folder in folders for path in pathlib.Path(folder).rglob("*")
                      if path.is_file() and not path.is_symlink())

    def expect_right(self, layout, digest, about):
        self.assertEqual(self.digest(layout), digest, about)
        try:
            self.image(layout)
        except AssertionError as error:
            raise AssertionError(f"after {about}: {error}") from error

    # Deleted files

    def test_each_file_deleted_with_ninja(self):
        folder = self.plan()
        self.ninja(folder)
        layout = self.planned_layout(folder)
        digest = self.digest(layout)
        for path in self.state_files(folder, self.store):
            if path.name == "build.ninja" or not path.exists():
                continue
            path.unlink()
            self.ninja(folder)
            self.expect_right(layout, digest, f"deleting {path.relative_to(self.work)}")

    def test_each_file_deleted_with_build(self):
        digest = self.build()
        for path in self.state_files(self.work / "image", self.store):
            if not path.exists():
                continue
            path.unlink()
            self.build()
            self.expect_right(self.work / "image", digest, f"deleting {path.relative_to(self.work)}")

    def test_each_blob_cut_short(self):
        digest = self.build()
        for path in self.state_files(self.store / "blobs"):
            path.chmod(0o644)
            path.write_bytes(path.read_bytes()[:-1])
            shutil.rmtree(self.work / "image")
            self.build()
            self.expect_right(self.work / "image", digest, f"cutting {path.name}")

    def test_whole_store_deleted(self):
        folder = self.plan()
        self.ninja(folder)
        digest = self.digest(self.planned_layout(folder))
        shutil.rmtree(self.store)
        self.write("data/1", "new\n")
        self.ninja(folder)
        self.assertNotEqual(self.digest(self.planned_layout(folder)), digest)
        self.assertEqual(self.digest(self.planned_layout(folder)), self.build())
        self.image(self.planned_layout(folder))

    # Killed processes

    def killed_at(self, argv, seconds, cwd):
        """Start a command in a process group of its own and kill all of it."""
        child = subprocess.Popen([os.fspath(word) for word in argv], cwd=cwd, env=self.environment(),
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 start_new_session=True)
        time.sleep(seconds)
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        child.wait()

    def clean_digest(self):
        start = time.monotonic()
        digest = self.build("clean", env={"SLIPWAY_STORE": str(self.work / "clean store")})
        return digest, time.monotonic() - start

    def test_killed_build(self):
        digest, duration = self.clean_digest()
        moments = random.Random(2)
        for _ in range(20):
            if moments.random() < 0.5:
                shutil.rmtree(self.store, ignore_errors=True)
            self.killed_at([harness.tool(), "build", "-o", f"oci:{self.work / 'image'}", self.context],
                           moments.uniform(0, duration), self.work)
        self.build()
        self.expect_right(self.work / "image", digest, "20 kills")

    def test_killed_ninja(self):
        digest, duration = self.clean_digest()
        folder = self.plan()
        moments = random.Random(3)
        for _ in range(20):
            if moments.random() < 0.5:
                shutil.rmtree(self.store, ignore_errors=True)
            self.killed_at(["ninja"], moments.uniform(0, 2 * duration), folder)
        self.ninja(folder)
        self.expect_right(self.planned_layout(folder), digest, "20 kills")

    def test_killed_leaves_no_rubbish(self):
        """What a killed build left is used, or lies where it goes when it is an hour old."""
        self.build()
        files = {path.relative_to(self.store) for path in self.state_files(self.store)}
        shutil.rmtree(self.store)
        for part in range(1, 11):
            self.killed_at([harness.tool(), "build", "-o", f"oci:{self.work / 'image'}", self.context],
                           part * 0.005, self.work)
        self.build()
        left = {path.relative_to(self.store) for path in self.state_files(self.store)
                if path.parent != self.store / "tmp"}
        self.assertEqual(sorted(map(str, left - files)), [])

    def test_what_is_being_written_stays(self):
        """A blob has its fixed old time before it has its name."""
        self.build()
        written = self.store / "tmp/another-build"
        written.write_text("nearly whole")
        os.utime(written, (315532800, 315532800))
        self.build()
        self.assertTrue(written.exists())

    # Two at once

    def at_once(self, commands):
        children = [subprocess.Popen([os.fspath(word) for word in argv], cwd=cwd,
                                     env=self.environment(), stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT) for argv, cwd in commands]
        for child in children:
            output, _ = child.communicate(timeout=120)
            self.assertEqual(child.returncode, 0, output.decode(errors="replace"))

    def test_two_builds_of_one_layout(self):
        digest, _ = self.clean_digest()
        for _ in range(5):
            shutil.rmtree(self.store, ignore_errors=True)
            argv = [harness.tool(), "build", "-o", f"oci:{self.work / 'image'}", self.context]
            self.at_once([(argv, self.work)] * 3)
            self.expect_right(self.work / "image", digest, "builds at once")

    def test_two_ninjas_in_two_folders(self):
        digest, _ = self.clean_digest()
        folders = [self.plan("one"), self.plan("two")]
        self.at_once([(["ninja"], folder) for folder in folders])
        for folder in folders:
            self.expect_right(self.planned_layout(folder), digest, "ninjas at once")

    def test_two_ninjas_in_one_folder(self):
        digest, _ = self.clean_digest()
        folder = self.plan()
        self.at_once([(["ninja"], folder)] * 2)
        self.ninja(folder)
        self.expect_right(self.planned_layout(folder), digest, "ninjas at once")

    # Disks

    def test_full_disk(self):
        self.need_root()
        self.store.mkdir()
        script = ('mount -t tmpfs -o size=1m none "$1" || exit 99; shift; '
                  '"$@"; first=$?; mount -o remount,size=64m "$SLIPWAY_STORE"; '
                  'echo "first $first"; exec "$@"')
        result = self.slipway("build", "-o", f"oci:{self.work / 'image'}", self.context,
                              before=["unshare", "-m", "sh", "-c", script, "sh", self.store],
                              status=0)
        self.assertIn("first 4", result.out)
        self.assertRegex(result.err, r"No space left on device")
        self.assert_one_diagnostic(result)
        digest, _ = self.clean_digest()
        self.expect_right(self.work / "image", digest, "a full disk")

    def test_read_only_store(self):
        self.need_root()
        self.store.mkdir()
        script = ('mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" || exit 99; '
                  'shift; exec "$@"')
        result = self.slipway("build", "-o", f"oci:{self.work / 'image'}", self.context, status=4,
                              before=["unshare", "-m", "sh", "-c", script, "sh", self.store])
        self.assertIn("Read-only file system", result.err)
        self.assert_one_diagnostic(result)
        self.build()


if __name__ == "__main__":
    harness.main()

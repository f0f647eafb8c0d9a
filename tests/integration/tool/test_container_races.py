"""Containers that are stopped, removed, copied or waited for while something else happens
to them."""

import concurrent.futures
import fcntl
import os
import pathlib
import signal
import subprocess

import container_harness
import harness
import users


class ContainerRaces(container_harness.ContainerTest):
    def spawn(self, *argv, **how):
        process = subprocess.Popen([harness.tool(), *map(os.fspath, argv)], env=self.environment(), stdin=subprocess.DEVNULL,
                                   **how)
        self.addCleanup(process.wait, 60)
        return process

    def state_of(self, pid):
        """The letter that /proc has for the process; nothing where there is none."""
        try:
            return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return ""

    def processes_of(self, name):
        first = self.slipway("inspect", "-f", "{{.State.Pid}}", name).out.strip()
        wanted = os.readlink(f"/proc/{first}/ns/pid")
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if entry.name != first and os.readlink(entry / "ns/pid") == wanted:
                    found.append(entry.name)
            except OSError:
                pass  # it has ended, or is not ours
        return found

    # Restarts

    def test_restart_of_one_that_goes_when_it_ends(self):
        self.detached("sleep 1000", "--rm", "--name", "box")
        for _ in range(10):
            self.slipway("restart", "-t", "0", "box", timeout=20)
            self.assertEqual(self.ps(), ["box running"])
        self.slipway("stop", "-t", "0", "box")
        self.until(lambda: self.folders() == [])

    def test_restarts_at_once(self):
        self.detached("sleep 1000", "--rm", "--name", "box")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: self.slipway("restart", "-t", "0", "box", timeout=30), range(4)))
        self.assertEqual(self.ps(), ["box running"])

    def test_restart_that_finds_nothing_left_open(self):
        self.detached("sleep 0.5", "--rm", "--name", "box")
        self.slipway("restart", "-t", "0", "box")
        self.until(lambda: self.slipway("ps", "-aq").out == "")
        self.assertEqual(self.folders(), [])

    def test_start_while_it_is_removed(self):
        for number in range(10):
            self.detached("true", "--rm", "--name", f"box{number}")
            started = self.slipway("start", f"box{number}", status=None, timeout=20)
            if started.status != 0:
                self.assertRegex(started.err, "it was removed|no such container|runs already")
        self.until(lambda: self.ps() == [])

    # One that is starting

    def starting(self):
        """A container "box" whose supervisor is held up while it makes its process."""
        self.need("strace")
        self.slipway("create", "--name", "box", "base", "sleep", "1000")
        words = ["strace", "-f", "-o", "/dev/null", "-e", "trace=pidfd_open", "-e", "inject=pidfd_open:delay_enter=1500000",
                 harness.tool(), "start", "-a", "box"]
        process = subprocess.Popen(words, env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait, 60)
        self.until(lambda: self.ps() == ["box running"])

    def test_removal_of_one_that_is_starting(self):
        self.starting()
        self.slipway("rm", "-f", "box", timeout=30)
        self.assertEqual(self.folders(), [])

    def test_stop_of_one_that_is_starting(self):
        self.starting()
        self.slipway("stop", "-t", "1", "box", timeout=30)
        self.assertEqual(self.ps(), ["box exited"])

    def test_copy_into_one_that_is_starting(self):
        self.starting()
        self.write("file", "text")
        self.slipway("cp", self.context / "file", "box:/tmp/file")
        self.assertEqual(self.slipway("exec", "box", "cat", "/tmp/file").out, "text")
        self.slipway("rm", "-f", "box")

    def test_no_copy_beneath_one_that_was_started(self):
        """A copy that had to wait sees what was started meanwhile."""
        self.slipway("create", "--name", "box", "--tmpfs", "/mem", "base", "sleep", "1000")
        self.write("file", "text")
        guard = self.store / "containers" / self.folders()[0] / "guard"
        with open(guard, "w", encoding="ascii") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            start = self.spawn("start", "box", stdout=subprocess.DEVNULL)
            self.until(lambda: self.waiting_for(guard) == 1)
            copy = self.spawn("cp", self.context / "file", "box:/mem/file")
            self.until(lambda: self.waiting_for(guard) == 2)
        self.assertEqual((start.wait(30), copy.wait(30)), (0, 0))
        self.assertEqual(self.slipway("exec", "box", "cat", "/mem/file").out, "text")

    def waiting_for(self, file):
        inode = f":{file.stat().st_ino} "
        return sum("->" in line and inode in line for line in pathlib.Path("/proc/locks").read_text().splitlines())

    # Exit statuses

    def test_status_of_one_that_goes_when_it_ends(self):
        for number in range(6):
            self.detached("sleep 0.2; exit 3", "--rm", "--name", f"box{number}")
            self.assertEqual(self.slipway("wait", f"box{number}").out, "3\n")

    # What stays

    def test_no_stream_stays_open_in_a_supervisor(self):
        read_end, write_end = os.pipe()
        try:
            self.slipway("run", "-d", "--name", "box", "base", "sleep", "1000")  # the first one unpacks
            subprocess.run([harness.tool(), "run", "-d", "base", "sleep", "1000"], env=self.environment(), check=True,
                           stdout=subprocess.DEVNULL, pass_fds=(write_end,), timeout=60)
            os.close(write_end)
            write_end = -1
            os.set_blocking(read_end, False)
            self.assertEqual(os.read(read_end, 1), b"")
        finally:
            os.close(read_end)
            if write_end >= 0:
                os.close(write_end)

    def test_commit_that_is_interrupted_leaves_nothing_stopped(self):
        self.detached("busybox dd if=/dev/urandom of=/big bs=1048576 count=100; echo ready; sleep 1000", "--name", "box")
        self.until(lambda: self.slipway("logs", "box").out == "ready\n")
        processes = self.processes_of("box")
        self.assertNotEqual(processes, [])
        for number in (signal.SIGINT, signal.SIGKILL):
            commit = self.spawn("commit", "--compression", "gzip:9", "box", "image", stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, start_new_session=True)
            self.until(lambda: [self.state_of(pid) for pid in processes] == ["T"] * len(processes))
            os.killpg(commit.pid, number)
            self.assertEqual(commit.wait(60), -number)
            self.until(lambda: "T" not in [self.state_of(pid) for pid in processes], seconds=2)

    def test_id_file_that_is_there(self):
        (self.work / "id").write_text("old")
        for command in ("run", "create"):
            refused = self.slipway(command, "--cidfile", "id", "base", "true", status=None)
            self.assertIn("it is there already", refused.err)
        self.assertEqual(((self.work / "id").read_text(), self.folders()), ("old", []))

    def test_id_file_that_cannot_be_written(self):
        self.slipway("run", "--cidfile", "/dev/null/id", "base", "true", status=None)
        self.assertEqual(self.folders(), [])

    def test_security_options_as_they_once_were(self):
        shown = "grep -E 'NoNewPrivs|^Seccomp:' /proc/self/status"
        for option, found in (("no-new-privileges:true", "NoNewPrivs:\t1"), ("no-new-privileges:false", "NoNewPrivs:\t0"),
                              ("no-new-privileges", "NoNewPrivs:\t1"), ("seccomp:unconfined", "Seccomp:\t0")):
            self.assertIn(found, self.sh(shown, "--rm", "--security-opt", option).out, option)
        self.sh("true", "--rm", "--security-opt", "seccomp:odd", status=125)


class OrdinaryUsers(users.UsersTest):
    """Who becomes root of a namespace can join no other one's any more."""

    def setUp(self):
        super().setUp()
        self.user = self.users()[-1]
        self.home = self.place / "home"
        self.home.mkdir()
        self.home.chmod(0o777)
        self.addCleanup(self.remove_all)
        self.build_as(self.user, ['CMD ["sleep", "1000"]'], "-t", "base")

    def remove_all(self):
        names = self.slipway_of_user("ps", "-aq", check=False).split()
        if names:
            self.slipway_of_user("rm", "-f", *names, check=False)

    def words(self, *argv):
        return [os.fspath(word) for word in (*self.become(self.user), harness.tool(), *argv)]

    def environment_of_user(self):
        return self.environment(SLIPWAY_STORE=str(self.store_of(self.user)), HOME=str(self.home))

    def slipway_of_user(self, *argv, check=True):
        done = subprocess.run(self.words(*argv), check=False, env=self.environment_of_user(), cwd=self.place, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60)
        if check:
            self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout.decode()

    def test_exec_beside_one_that_was_left(self):
        self.slipway_of_user("run", "-d", "--name", "box", "base")
        for command in (("exec", "box", "echo", "there"), ("cp", "box:/old/a", "-")):
            left = subprocess.Popen(self.words("run", "--rm", "base", "sh", "-c", "echo up; sleep 1000"), env=self.environment_of_user(),
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
            self.assertEqual(left.stdout.readline(), b"up\n")
            left.kill()
            left.wait(30)
            left.stdout.close()
            self.assertNotEqual(self.slipway_of_user(*command), "")
        self.assertEqual(self.slipway_of_user("ps", "-a", "--format", "{{.Names}}"), "box\n")

    def folder_without_devices(self):
        """On a filesystem that is nosuid and nodev, which a user's namespace may not take away."""
        if not harness.is_root():
            return "/dev/shm"
        folder = self.place / "mounted"
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "nosuid,nodev,mode=755", "tmpfs", folder], check=True)
        self.addCleanup(subprocess.run, ["umount", folder], check=True)
        return folder

    def test_copy_out_of_a_stopped_one_with_a_read_only_mount(self):
        self.slipway_of_user("create", "--name", "box", "-v", f"{self.folder_without_devices()}:/m:ro", "base")
        self.assertNotEqual(self.slipway_of_user("cp", "box:/old/a", "-"), "")


if __name__ == "__main__":
    harness.main()

"""Containers that stay: run, create, start, stop, exec, ps, logs, cp, diff, rm."""

import io
import json
import os
import pathlib
import pty
import select
import signal
import subprocess
import tarfile
import time

import harness
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
        return [path.name for path in (self.store / "containers").iterdir() if len(path.name) == 64]


class Containers(ContainerTest):
    def test_run_keeps_its_container_unless_told_otherwise(self):
        self.assertEqual(self.slipway("run", "--name", "one", "base").out, "the default\n")
        self.sh("true", "--rm", "--name", "two")
        self.assertEqual(self.ps(), ["one exited"])
        again = self.sh("true", "--name", "one", status=125)
        self.assertIn("another one has that name", again.err)
        self.assertEqual(self.slipway("rm", "one").out, "one\n")
        self.assertEqual(self.folders(), [])

    def test_exit_statuses_are_dockers(self):
        self.assertEqual(self.sh("exit 3", "--rm", status=3).err, "")
        self.sh("kill -TERM $$", "--rm", status=143)
        self.slipway("run", "--rm", "base", "missing", status=127)
        self.slipway("run", "--rm", "base", "/etc/passwd", status=126)
        self.assert_one_diagnostic(self.slipway("run", "--rm", "nothing", status=125, env={"SLIPWAY_OFFLINE": "1"}))
        self.slipway("run", "--no-such-flag", "base", status=2)
        self.assertEqual(self.ps(), [])

    def test_state_and_log_stay(self):
        self.sh("echo out; echo err >&2; printf end; exit 4", "--name", "c", status=4)
        logs = self.slipway("logs", "c")
        self.assertEqual((logs.out, logs.err), ("out\nend", "err\n"))
        self.assertEqual(self.slipway("logs", "--tail", "1", "c").out, "end")
        self.assertRegex(self.slipway("logs", "-t", "c").out, r"^\d{4}-\d\d-\d\dT[\d:.]+Z out\n")
        row = json.loads(self.slipway("ps", "-a", "--format", "json").out)
        self.assertRegex(row["Status"], r"^Exited \(4\) ")
        self.assertEqual((row["Image"], row["Names"], row["State"]), ("base", "c", "exited"))

    def test_restart_goes_on_where_it_was(self):
        self.sh("echo x >> /count; cat /count | wc -l", "--name", "c")
        self.assertEqual(self.slipway("start", "-a", "c").out, "2\n")
        self.assertEqual(self.slipway("start", "c").out, "c\n")
        self.assertEqual(self.slipway("wait", "c").out, "0\n")
        self.assertEqual(self.slipway("logs", "c").out, "1\n2\n3\n")

    def test_create_runs_nothing_yet(self):
        name = self.slipway("create", "--name", "c", "base", "echo", "now").out.strip()
        self.assertEqual(self.ps(), ["c created"])
        self.assertEqual(self.slipway("start", "-a", name[:12]).out, "now\n")

    def test_detached(self):
        name = self.detached("echo first; sleep 1000", "--name", "c")
        self.assertEqual(len(name), 64)
        self.until(lambda: self.slipway("logs", "c").out == "first\n")
        self.assertEqual(self.slipway("ps", "-q").out, name[:12] + "\n")
        refused = self.slipway("rm", "c", status=1)
        self.assertIn("it runs", refused.err)
        self.assertEqual(self.slipway("stop", "-t", "5", "c").out, "c\n")
        self.assertEqual(self.ps("--filter", "exited=143"), ["c exited"])
        failed = self.slipway("run", "-d", "base", "missing", status=127)
        self.assertIn("run 'missing' in the container", failed.err)

    def test_stop_kills_what_does_not_listen(self):
        self.detached("trap '' TERM; echo deaf; while true; do sleep 1; done", "--name", "c")
        self.until(lambda: self.slipway("logs", "c").out == "deaf\n")
        self.slipway("stop", "-t", "0", "c")
        self.assertEqual(self.slipway("wait", "c").out, "137\n")

    def test_stop_signal(self):
        self.detached("trap 'exit 9' USR1; echo ready; while true; do sleep 0.1; done", "--name", "c", "--stop-signal", "SIGUSR1")
        self.until(lambda: self.slipway("logs", "c").out == "ready\n")
        self.slipway("stop", "c")
        self.assertEqual(self.slipway("wait", "c").out, "9\n")

    def test_logs_follow(self):
        self.detached("for i in 1 2 3; do echo $i; sleep 0.2; done", "--name", "c")
        self.assertEqual(self.slipway("logs", "-f", "c").out, "1\n2\n3\n")

    def test_exec(self):
        self.detached("touch /there; sleep 1000", "--name", "c", "-w", "/tmp", "-e", "OF=run")
        self.until(lambda: self.slipway("exec", "c", "ls", "/there", status=None).status == 0)
        self.assertEqual(self.slipway("exec", "c", "sh", "-c", "pwd; echo $OF$FROM_IMAGE; ls /there").out, "/tmp\nrun1\n/there\n")
        with_flags = self.slipway("exec", "-w", "/old", "-e", "A=b", "-u", "5:6", "c", "sh", "-c", "pwd; echo $A; id -u; id -g")
        self.assertEqual(with_flags.out, "/old\nb\n5\n6\n")
        self.slipway("exec", "c", "sh", "-c", "exit 5", status=5)
        self.slipway("exec", "c", "missing", status=127)
        self.slipway("stop", "-t", "0", "c")
        self.assertIn("it does not run", self.slipway("exec", "c", "true", status=125).err)

    def test_removed_however_it_ends(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
            process = subprocess.Popen([harness.tool(), "run", "--rm", "--name", "c", "base", "sh", "-c", "echo up; sleep 1000"],
                                       env=self.environment(), stdout=subprocess.PIPE)
            self.assertEqual(process.stdout.readline(), b"up\n")
            process.send_signal(number)
            process.wait(timeout=30)
            process.stdout.close()
            self.assertEqual(self.ps(), [])
            self.assertEqual(self.folders(), [])

    def test_supervisor_that_is_killed(self):
        process = subprocess.Popen([harness.tool(), "run", "--name", "c", "base", "sh", "-c", "echo up; sleep 1000"],
                                   env=self.environment(), stdout=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), b"up\n")
        process.kill()
        process.wait(timeout=30)
        process.stdout.close()
        self.assertEqual(self.ps(), ["c exited"])
        self.assertEqual(self.slipway("wait", "c").out, "137\n")

    # Terminals

    def on_terminal(self, *argv, keys=b"", until=b""):
        """Run on a terminal of ours; (exit status, what it showed)."""
        pid, master = pty.fork()
        if pid == 0:
            os.environ.update(self.environment())
            os.execv(harness.tool(), [harness.tool(), *argv])
        shown = b""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if not select.select([master], [], [], 0.1)[0]:
                continue
            try:
                part = os.read(master, 65536)
            except OSError:
                break
            shown += part
            if keys and until in shown:
                os.write(master, keys)
                keys = b""
            if not part:
                break
        os.close(master)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode().replace("\r", "")

    def test_terminal(self):
        script = "test -t 0 && test -t 1 && ls -l /proc/self/fd/0 && echo ready; read line; echo got $line; exit 6"
        status, shown = self.on_terminal("run", "-it", "--name", "c", "base", "sh", "-c", script, keys=b"word\r", until=b"ready")
        self.assertEqual(status, 6, shown)
        self.assertIn("/dev/pts/0\n", shown)
        self.assertIn("got word\n", shown)
        self.assertIn("got word", self.slipway("logs", "c").out)

    def test_keys_become_signals(self):
        status, shown = self.on_terminal("run", "--rm", "-it", "base", "sh", "-c", "echo ready; sleep 1000", keys=b"\x03", until=b"ready")
        self.assertEqual(status, 130, shown)

    def test_terminal_of_exec(self):
        self.detached("sleep 1000", "--name", "c")
        status, shown = self.on_terminal("exec", "-it", "c", "sh", "-c", "test -t 0 && ls -l /proc/self/fd/0; echo ready; read x; exit $x",
                                         keys=b"7\r", until=b"ready")
        self.assertEqual(status, 7, shown)
        self.assertIn("/dev/pts/", shown)

    def test_terminal_without_one_of_ours(self):
        refused = self.slipway("run", "--rm", "-it", "base", "true", status=125)
        self.assertIn("our standard input is none", refused.err)
        self.assertEqual(self.slipway("run", "--rm", "-t", "base", "sh", "-c", "test -t 1 && echo one").out, "one\r\n")

    # Input

    def test_input_is_passed_on_request(self):
        def run(*options):
            process = subprocess.run([harness.tool(), "run", "--rm", *options, "base", "cat"], env=self.environment(),
                                     input=b"text", capture_output=True, timeout=60)
            return process.stdout
        self.assertEqual(run("-i"), b"text")
        self.assertEqual(run(), b"")

    # Files

    def test_copies(self):
        self.sh("mkdir -p /d/e; echo x > /d/e/f; chmod 751 /d; ln -s e /d/l; echo top > /top", "--name", "c")
        self.slipway("cp", "c:/d", self.work)
        self.assertEqual(((self.work / "d/e/f").read_text(), os.readlink(self.work / "d/l")), ("x\n", "e"))
        self.assertEqual((self.work / "d").stat().st_mode & 0o7777, 0o751)
        self.slipway("cp", "c:/d/.", self.work / "new")
        self.assertTrue((self.work / "new/e/f").exists())
        self.slipway("cp", "c:top", "renamed")
        self.assertEqual((self.work / "renamed").read_text(), "top\n")
        self.slipway("cp", self.work / "d", "c:/tmp")
        self.slipway("cp", "renamed", "c:/tmp/other")
        self.slipway("start", "-a", "c", status=None)
        back = self.slipway("cp", "c:/tmp/d/e/f", "f")
        self.assertEqual((back.out, (self.work / "f").read_text()), ("", "x\n"))
        archive = subprocess.run([harness.tool(), "cp", "c:/tmp/d", "-"], env=self.environment(), check=True, capture_output=True)
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
            self.assertEqual(sorted(member.name for member in tar), ["d", "d/e", "d/e/f", "d/l"])
            self.assertEqual({(member.uid, member.gid) for member in tar}, {(0, 0)})
        subprocess.run([harness.tool(), "cp", "-", "c:/old"], env=self.environment(), check=True, input=archive.stdout)
        self.slipway("cp", "c:/old/d/e/f", "g")
        for wrong in (("c:/none", "x"), ("none", "c:/tmp"), ("c:/d", self.work / "f"), ("a", "b"), ("c:/top", self.work / "no/place/x")):
            self.assert_one_diagnostic(self.slipway("cp", *wrong, status=None))

    def test_copies_of_a_running_one_stay_inside(self):
        outside = self.work / "outside"
        outside.mkdir()
        self.detached(f"ln -s '{outside}' /escape; sleep 1000", "--name", "c")
        self.until(lambda: "A /escape" in self.slipway("diff", "c").out)
        self.write("file", "text")
        self.slipway("cp", self.context / "file", "c:/tmp/file")
        self.assertEqual(self.slipway("exec", "c", "cat", "/tmp/file").out, "text")
        self.slipway("cp", self.context / "file", "c:/escape/file", status=None)
        self.assertEqual(list(outside.iterdir()), [])

    def test_diff(self):
        self.sh("echo n > /new; rm /gone; echo a > /old/a; mkdir /d; touch /d/f", "--name", "c", "-v", "/data", "--tmpfs", "/mem")
        self.assertEqual(self.slipway("diff", "c").out.splitlines(),
                         ["A /d", "A /d/f", "D /gone", "A /new", "C /old", "C /old/a"])

    # What the flags set

    def test_variables_labels_and_names(self):
        (self.work / "env").write_text("B=file\nC=file\n")
        found = self.sh("echo $A $B $C $FROM_IMAGE; hostname", "--rm", "-e", "A=1", "--env-file", "env", "-e", "C=flag", "-h", "box")
        self.assertEqual(found.out, "1 file flag 1\nbox\n")
        self.sh("true", "--name", "c", "-l", "own=2")
        self.assertEqual(self.ps("--filter", "label=own=2", "--filter", "label=of"), ["c exited"])
        self.assertEqual(self.ps("--filter", "label=own=3"), [])

    def test_volumes(self):
        folder = self.work / "shared"
        self.sh("echo x > /v/file; echo y > /ro/z || echo refused; df /mem | grep -c tmpfs; echo z > /named/f",
                "--rm", "-v", f"{folder}:/v", "-v", f"{self.context}:/ro:ro", "--tmpfs", "/mem:size=1m", "-v", "vol:/named", status=None)
        self.assertEqual((folder / "file").read_text(), "x\n")
        self.assertEqual(self.sh("cat /named/f", "--rm", "--mount", "type=volume,src=vol,dst=/named").out, "z\n")
        for flag, value in (("-v", "a:b:c:d"), ("-v", "x:y"), ("--mount", "type=bind,src=/none,dst=/x"), ("--mount", "type=odd,dst=/x"),
                            ("--tmpfs", "/x:size=much"), ("-v", "/tmp:/")):
            self.assert_one_diagnostic(self.sh("true", "--rm", flag, value, status=125))

    def test_read_only_root(self):
        found = self.sh("echo x > /file || echo refused; echo y > /mem/f && echo fine", "--rm", "--read-only", "--tmpfs", "/mem")
        self.assertEqual(found.out, "refused\nfine\n")

    def test_capabilities_limits_and_network(self):
        count = "grep CapEff /proc/self/status; ulimit -n; grep -c : /proc/net/dev"
        found = self.sh(count, "--rm", "--cap-drop", "ALL", "--cap-add", "chown", "--ulimit", "nofile=50", "--network", "none")
        self.assertEqual(found.out, "CapEff:\t0000000000000001\n50\n1\n")
        self.sh("true", "--rm", "-p", "8080:8080")
        self.assertIn("cannot be had", self.sh("true", "--rm", "-p", "80:8080", status=125).err)
        self.assertIn("names no capability", self.sh("true", "--rm", "--cap-add", "FLY", status=125).err)


if __name__ == "__main__":
    harness.main()

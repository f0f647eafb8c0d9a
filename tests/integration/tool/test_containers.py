"""Containers that stay: run, create, start, stop, exec, ps, logs, cp, diff, rm."""

import concurrent.futures
import io
import json
import os
import pty
import select
import signal
import subprocess
import tarfile
import time

import container_harness
import harness


class Containers(container_harness.ContainerTest):
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
        unknown = self.slipway("run", "--no-such-flag", "base", status=125)
        self.assertIn("unknown flag '--no-such-flag'", unknown.err)
        self.assertEqual(self.ps(), [])

    def test_state_and_log_stay(self):
        self.sh("echo out; echo err >&2; printf end; exit 4", "--name", "box", status=4)
        logs = self.slipway("logs", "box")
        self.assertEqual((logs.out, logs.err), ("out\nend", "err\n"))
        self.assertEqual(self.slipway("logs", "--tail", "1", "box").out, "end")
        self.assertRegex(self.slipway("logs", "-t", "box").out, r"^\d{4}-\d\d-\d\dT[\d:.]+Z out\n")
        row = json.loads(self.slipway("ps", "-a", "--format", "json").out)
        self.assertRegex(row["Status"], r"^Exited \(4\) ")
        self.assertEqual((row["Image"], row["Names"], row["State"]), ("base", "box", "exited"))

    def test_many_that_remove_themselves_at_once(self):
        """Each sees what the others are removing."""
        def run_one(number):
            self.assertEqual(self.slipway("run", "--rm", "base", "echo", str(number)).out, f"{number}\n")
            self.slipway("ps", "-a")

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            list(pool.map(run_one, range(60)))
        self.assertEqual(self.folders(), [])

    def test_restart_goes_on_where_it_was(self):
        self.sh("echo x >> /count; cat /count | wc -l", "--name", "box")
        self.assertEqual(self.slipway("start", "-a", "box").out, "2\n")
        self.assertEqual(self.slipway("start", "box").out, "box\n")
        self.assertEqual(self.slipway("wait", "box").out, "0\n")
        self.assertEqual(self.slipway("logs", "box").out, "1\n2\n3\n")

    def test_create_runs_nothing_yet(self):
        name = self.slipway("create", "--name", "box", "base", "echo", "now").out.strip()
        self.assertEqual(self.ps(), ["box created"])
        self.assertEqual(self.slipway("start", "-a", name[:12]).out, "now\n")

    def test_detached(self):
        name = self.detached("echo first; sleep 1000", "--name", "box")
        self.assertEqual(len(name), 64)
        self.until(lambda: self.slipway("logs", "box").out == "first\n")
        self.assertEqual(self.slipway("ps", "-q").out, name[:12] + "\n")
        refused = self.slipway("rm", "box", status=1)
        self.assertIn("it runs", refused.err)
        self.assertEqual(self.slipway("stop", "-t", "5", "box").out, "box\n")
        self.assertEqual(self.ps("--filter", "exited=143"), ["box exited"])
        failed = self.slipway("run", "-d", "base", "missing", status=127)
        self.assertIn("run 'missing' in the container", failed.err)

    def test_stop_kills_what_does_not_listen(self):
        self.detached("trap '' TERM; echo deaf; while true; do sleep 1; done", "--name", "box")
        self.until(lambda: self.slipway("logs", "box").out == "deaf\n")
        self.slipway("stop", "-t", "0", "box")
        self.assertEqual(self.slipway("wait", "box").out, "137\n")

    def test_stop_signal(self):
        self.detached("trap 'exit 9' USR1; echo ready; while true; do sleep 0.1; done", "--name", "box", "--stop-signal", "SIGUSR1")
        self.until(lambda: self.slipway("logs", "box").out == "ready\n")
        self.slipway("stop", "box")
        self.assertEqual(self.slipway("wait", "box").out, "9\n")

    def test_logs_follow(self):
        self.detached("for i in 1 2 3; do echo $i; sleep 0.2; done", "--name", "box")
        self.assertEqual(self.slipway("logs", "-f", "box").out, "1\n2\n3\n")

    def test_exec(self):
        self.detached("touch /there; sleep 1000", "--name", "box", "-w", "/tmp", "-e", "OF=run")
        self.until(lambda: self.slipway("exec", "box", "ls", "/there", status=None).status == 0)
        self.assertEqual(self.slipway("exec", "box", "sh", "-c", "pwd; echo $OF$FROM_IMAGE; ls /there").out, "/tmp\nrun1\n/there\n")
        with_flags = self.slipway("exec", "-w", "/old", "-e", "A=b", "-u", "5:6", "box", "sh", "-c", "pwd; echo $A; id -u; id -g")
        self.assertEqual(with_flags.out, "/old\nb\n5\n6\n")
        self.slipway("exec", "box", "sh", "-c", "exit 5", status=5)
        self.slipway("exec", "box", "missing", status=127)
        self.slipway("stop", "-t", "0", "box")
        self.assertIn("it does not run", self.slipway("exec", "box", "true", status=125).err)

    def test_exec_detached(self):
        self.detached("sleep 1000", "--name", "box")
        self.assertEqual(self.slipway("exec", "-d", "-e", "A=1", "box", "sh", "-c", "echo $A > /f; sleep 0.1; echo 2 >> /f").out, "")
        self.until(lambda: self.slipway("exec", "box", "cat", "/f", status=None).out == "1\n2\n")
        missing = self.slipway("exec", "-d", "box", "missing", status=127)
        self.assertIn("run 'missing' in the container", missing.err)
        self.assertIn("is no absolute path", self.slipway("exec", "-w", "etc", "box", "true", status=125).err)
        self.slipway("exec", "-d", "box", "sleep", "1000")
        self.slipway("kill", "box")
        self.slipway("wait", "box")
        self.assertIn("it does not run", self.slipway("exec", "-d", "box", "true", status=125).err)

    def test_inspect(self):
        name = self.slipway("create", "--name", "box", "-e", "A=1", "-v", f"{self.work}:/m:ro", "--network", "none", "-l", "k=v",
                            "base", "sh", "-c", "exit 4").out.strip()
        (box,) = json.loads(self.slipway("inspect", name[:10]).out)
        self.assertEqual((box["Id"], box["Name"], box["Path"], box["Args"]), (name, "/box", "sh", ["-c", "exit 4"]))
        self.assertEqual((box["State"]["Status"], box["State"]["StartedAt"]), ("created", "0001-01-01T00:00:00Z"))
        self.assertEqual((box["Config"]["Cmd"], box["Config"]["Image"]), (["sh", "-c", "exit 4"], "base"))
        self.assertIn("A=1", box["Config"]["Env"])
        self.assertEqual(box["Config"]["Labels"], {"of": "image", "k": "v"})
        self.assertEqual((box["HostConfig"]["NetworkMode"], box["HostConfig"]["Binds"]), ("none", [f"{self.work}:/m:ro"]))
        self.assertEqual(box["Mounts"][0]["RW"], False)
        self.assertEqual(box["Image"], json.loads(self.slipway("inspect", "base").out)[0]["Id"])
        self.slipway("start", "-a", "box", status=4)
        self.assertEqual(self.slipway("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}} {{json .Args}} {{.Args}}", "box").out,
                         'exited 4 ["-c","exit 4"] [-c exit 4]\n')
        self.slipway("tag", "base", "box")
        self.assertIn("RootFS", self.slipway("inspect", "--type", "image", "box").out)
        self.assertIn("no such container", self.slipway("inspect", "--type", "container", "base", status=1).err)
        self.assertIn("there are: .Status", self.slipway("inspect", "-f", "{{.State.None}}", "box", status=2).err)

    def test_removed_however_it_ends(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
            process = subprocess.Popen([harness.tool(), "run", "--rm", "--name", "box", "base", "sh", "-c", "echo up; sleep 1000"],
                                       env=self.environment(), stdout=subprocess.PIPE)
            self.assertEqual(process.stdout.readline(), b"up\n")
            process.send_signal(number)
            process.wait(timeout=30)
            process.stdout.close()
            self.assertEqual(self.ps(), [])
            self.assertEqual(self.folders(), [])

    def test_supervisor_that_is_killed(self):
        process = subprocess.Popen([harness.tool(), "run", "--name", "box", "base", "sh", "-c", "echo up; sleep 1000"],
                                   env=self.environment(), stdout=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), b"up\n")
        process.kill()
        process.wait(timeout=30)
        process.stdout.close()
        self.assertEqual(self.ps(), ["box exited"])
        self.assertEqual(self.slipway("wait", "box").out, "137\n")

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
        status, shown = self.on_terminal("run", "-it", "--name", "box", "base", "sh", "-c", script, keys=b"word\r", until=b"ready")
        self.assertEqual(status, 6, shown)
        self.assertIn("/dev/pts/0\n", shown)
        self.assertIn("got word\n", shown)
        self.assertIn("got word", self.slipway("logs", "box").out)

    def test_keys_become_signals(self):
        status, shown = self.on_terminal("run", "--rm", "-it", "base", "sh", "-c", "echo ready; sleep 1000", keys=b"\x03", until=b"ready")
        self.assertEqual(status, 130, shown)

    def test_terminal_of_exec(self):
        self.detached("sleep 1000", "--name", "box")
        status, shown = self.on_terminal("exec", "-it", "box", "sh", "-c", "test -t 0 && ls -l /proc/self/fd/0; echo ready; read x; exit $x",
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
        self.sh("mkdir -p /d/e; echo x > /d/e/f; chmod 751 /d; ln -s e /d/l; echo top > /top", "--name", "box")
        self.slipway("cp", "box:/d", self.work)
        self.assertEqual(((self.work / "d/e/f").read_text(), os.readlink(self.work / "d/l")), ("x\n", "e"))
        self.assertEqual((self.work / "d").stat().st_mode & 0o7777, 0o751)
        self.slipway("cp", "box:/d/.", self.work / "new")
        self.assertTrue((self.work / "new/e/f").exists())
        self.slipway("cp", "box:top", "renamed")
        self.assertEqual((self.work / "renamed").read_text(), "top\n")
        self.slipway("cp", self.work / "d", "box:/tmp")
        self.slipway("cp", "renamed", "box:/tmp/other")
        self.slipway("start", "-a", "box", status=None)
        back = self.slipway("cp", "box:/tmp/d/e/f", "f")
        self.assertEqual((back.out, (self.work / "f").read_text()), ("", "x\n"))
        archive = subprocess.run([harness.tool(), "cp", "box:/tmp/d", "-"], env=self.environment(), check=True, capture_output=True)
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
            self.assertEqual(sorted(member.name for member in tar), ["d", "d/e", "d/e/f", "d/l"])
            self.assertEqual({(member.uid, member.gid) for member in tar}, {(0, 0)})
        subprocess.run([harness.tool(), "cp", "-", "box:/old"], env=self.environment(), check=True, input=archive.stdout)
        self.slipway("cp", "box:/old/d/e/f", "g")
        for wrong in (("box:/none", "x"), ("none", "box:/tmp"), ("box:/d", self.work / "f"), ("a", "b"), ("box:/top", self.work / "no/place/x")):
            self.assert_one_diagnostic(self.slipway("cp", *wrong, status=None))

    def test_copies_of_a_running_one_stay_inside(self):
        outside = self.work / "outside"
        outside.mkdir()
        self.detached(f"ln -s '{outside}' /escape; sleep 1000", "--name", "box")
        self.until(lambda: "A /escape" in self.slipway("diff", "box").out)
        self.write("file", "text")
        self.slipway("cp", self.context / "file", "box:/tmp/file")
        self.assertEqual(self.slipway("exec", "box", "cat", "/tmp/file").out, "text")
        self.slipway("cp", self.context / "file", "box:/escape/file", status=None)
        self.assertEqual(list(outside.iterdir()), [])

    def test_diff(self):
        self.sh("echo n > /new; rm /gone; echo a > /old/a; mkdir /d; touch /d/f", "--name", "box", "-v", "/data", "--tmpfs", "/mem")
        self.assertEqual(self.slipway("diff", "box").out.splitlines(),
                         ["A /d", "A /d/f", "D /gone", "A /new", "C /old", "C /old/a"])

    # What the flags set

    def test_variables_labels_and_names(self):
        (self.work / "env").write_text("B=file\nC=file\n")
        found = self.sh("echo $A $B $C $FROM_IMAGE; hostname", "--rm", "-e", "A=1", "--env-file", "env", "-e", "C=flag", "-h", "here")
        self.assertEqual(found.out, "1 file flag 1\nhere\n")
        self.sh("true", "--name", "box", "-l", "own=2")
        self.assertEqual(self.ps("--filter", "label=own=2", "--filter", "label=of"), ["box exited"])
        self.assertEqual(self.ps("--filter", "label=own=3"), [])

    def test_volumes(self):
        folder = self.work / "shared"
        self.sh("echo x > /v/file; echo y > /ro/z || echo refused; grep -c ' /mem tmpfs ' /proc/mounts; echo z > /named/f",
                "--rm", "-v", f"{folder}:/v", "-v", f"{self.context}:/ro:ro", "--tmpfs", "/mem:size=1m", "-v", "vol:/named", status=None)
        self.assertEqual((folder / "file").read_text(), "x\n")
        self.assertEqual(self.sh("cat /named/f", "--rm", "--mount", "type=volume,src=vol,dst=/named").out, "z\n")
        for flag, value in (("-v", "a:b:c:d"), ("-v", "x:y"), ("--mount", "type=bind,src=/none,dst=/x"), ("--mount", "type=odd,dst=/x"),
                            ("--tmpfs", "/x:size=much"), ("-v", "/tmp:/")):
            self.assert_one_diagnostic(self.sh("true", "--rm", flag, value, status=125))

    def test_bind_mount(self):
        (self.work / "here").mkdir()
        (self.work / "here/f").write_text("text\n")
        mount = f"type=bind,source={self.work}/here,target=/m"
        self.assertEqual(self.sh("cat /m/f; echo x > /m/g", "--rm", "--mount", mount).out, "text\n")
        self.assertEqual((self.work / "here/g").read_text(), "x\n")
        self.sh("echo x > /m/h", "--rm", "--mount", mount + ",readonly", status=1)

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

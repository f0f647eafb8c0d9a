"""slipway attach: coming to the streams of a container that runs detached."""

import os
import pty
import select
import signal
import subprocess
import time

import container_harness
import harness


class ContainerAttach(container_harness.ContainerTest):
    def start(self, script, *options):
        self.slipway("run", "-d", *options, "--name", "box", "base", "sh", "-c", script)

    def attach(self, *options, **how):
        return subprocess.Popen([harness.tool(), "attach", *options, "box"], env=self.environment(), **how)

    def test_output_and_status(self):
        self.start("while ! test -e /go; do sleep 0.02; done; echo out; echo err >&2; exit 6", "--rm")
        process = self.attach(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        other = self.attach("--no-stdin", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        self.slipway("exec", "box", "touch", "/go")
        self.assertEqual(process.communicate(timeout=20), (b"out\n", b"err\n"))
        self.assertEqual(other.communicate(timeout=20)[0], b"out\n")
        self.assertEqual((process.returncode, other.returncode), (6, 6))
        self.until(lambda: self.folders() == [])

    def test_input_and_signals(self):
        self.start("trap 'echo got it; exit 3' USR1; while read line; do echo =$line; done", "-i")
        process = self.attach(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdin.write(b"one\ntwo\n")
        process.stdin.flush()
        self.assertEqual([process.stdout.readline() for _ in range(2)], [b"=one\n", b"=two\n"])
        # Its end is not the container's: the next one may come.
        process.stdin.close()
        time.sleep(0.1)
        self.assertEqual(self.ps(), ["box running"])
        again = self.attach(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        again.stdin.write(b"three\n")
        again.stdin.flush()
        self.assertEqual((again.stdout.readline(), process.stdout.readline()), (b"=three\n", b"=three\n"))
        process.send_signal(signal.SIGUSR1)
        self.assertEqual(again.communicate(timeout=20)[0], b"got it\n")
        self.assertEqual(process.stdout.read(), b"got it\n")
        process.stdout.close()
        self.assertEqual((process.wait(20), again.returncode), (3, 3))
        self.assertEqual(self.slipway("logs", "box").out, "=one\n=two\n=three\ngot it\n")

    def test_much_input_that_nobody_reads(self):
        self.start("sleep 1000", "-i")
        process = self.attach(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        os.set_blocking(process.stdin.fileno(), False)
        for _ in range(100):
            try:
                os.write(process.stdin.fileno(), b"x" * 65536)
            except BlockingIOError:
                break
        self.assertEqual(self.slipway("exec", "box", "echo", "lives").out, "lives\n")
        self.slipway("kill", "box")
        self.assertEqual(process.wait(20), 137)
        process.stdout.close()
        os.set_blocking(process.stdin.fileno(), True)
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass

    def test_terminal_and_detaching(self):
        self.start("test -t 0 && echo terminal; while read line; do echo =$line; done", "-it")
        ours, theirs = pty.openpty()
        process = self.attach(stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        os.write(ours, b"word\r")
        self.assertIn(b"=word\r\n", self.read_until(ours, b"=word\r\n"))
        os.write(ours, b"\x10\x11")
        self.assertEqual(process.wait(20), 0)
        os.close(ours)
        self.assertEqual(self.ps(), ["box running"])
        self.assertIn("terminal", self.slipway("logs", "box").out)

    def read_until(self, file, text):
        found = b""
        while text not in found:
            self.assertTrue(select.select([file], [], [], 20)[0], found)
            found += os.read(file, 65536)
        return found

    def test_refusals(self):
        self.assertIn("no such container: 'none'", self.slipway("attach", "none", status=125).err)
        self.sh("true", "--name", "ended")
        self.assertIn("it does not run", self.slipway("attach", "ended", status=125).err)
        self.assertIn("--artifact-type is missing", self.slipway("attach", "image", "file", status=2).err)
        self.assertIn("they are missing", self.slipway("attach", "image", "--artifact-type", "a/b", status=2).err)


if __name__ == "__main__":
    harness.main()

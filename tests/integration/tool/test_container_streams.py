"""What flows in and out of containers, and what their commands have of the caller."""

import os
import signal
import subprocess
import time

import container_harness
import harness


class ContainerStreams(container_harness.ContainerTest):
    def start(self, *words, **how):
        return subprocess.Popen([harness.tool(), *words], cwd=self.work, env=self.environment(), stdin=subprocess.DEVNULL, **how)

    def test_output_without_a_pause_does_not_hold_up_signals(self):
        with open(os.devnull, "wb") as nowhere, \
                self.start("run", "--name", "flood", "base", "sh", "-c", "while :; do echo words words words; done", stdout=nowhere) as child:
            self.until(lambda: self.slipway("exec", "flood", "true", status=None).status == 0)
            child.send_signal(signal.SIGTERM)
            self.assertEqual(child.wait(timeout=20), 128 + signal.SIGTERM)

    def test_reader_that_does_not_wait_gets_all(self):
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        with self.start("run", "--rm", "base", "sh", "-c", "i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done",
                        stdout=writing) as child:
            os.close(writing)
            time.sleep(0.5)
            with open(reading, "rb") as all_of_it:
                self.assertEqual(len(all_of_it.read()), 20000 * 11)
            self.assertEqual(child.wait(timeout=20), 0)

    def test_what_the_caller_ignores_the_command_does_not(self):
        ignoring = ["sh", "-c", "trap '' INT TERM; exec \"$@\"", "sh"]
        found = self.sh("kill -INT $$; echo survived", "--rm", status=130, before=ignoring)
        self.assertEqual(found.out, "")

    def test_inside_a_container_masks_and_terminals_are_its_own(self):
        self.detached("sleep 1000", "--name", "box")
        strict = ["sh", "-c", "umask 077; exec \"$@\"", "sh"]
        self.assertEqual(self.slipway("exec", "box", "sh", "-c", "umask", before=strict).out, "0022\n")
        self.assertIn("TERM=xterm", self.slipway("exec", "-t", "box", "sh", "-c", "echo TERM=$TERM").out)

    def test_mounts_follow_links_of_the_image(self):
        self.dockerfile(*self.on_base("RUN mkdir -p /opt/app /run /var && ln -s /opt/app /app && ln -s ../run /var/run"))
        self.slipway("build", "-t", "linked", self.context)
        self.write("folder/file", "text\n")
        name = f"led-out-{os.getpid()}"
        found = self.slipway("run", "--rm", "-v", f"{self.context}/folder:/app", "-v", f"{self.context}/folder:/var/run/{name}",
                             "linked", "sh", "-c", f"cat /opt/app/file /run/{name}/file")
        self.assertEqual(found.out, "text\ntext\n")
        self.assertFalse(os.path.exists(f"/run/{name}"))


if __name__ == "__main__":
    harness.main()

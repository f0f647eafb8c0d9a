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

    def test_signals_by_any_name_reach_the_command(self):
        for name, number in (("ABRT", 6), ("SIGALRM", 14), ("12", 12), ("rtmax-1", signal.SIGRTMAX - 1)):
            self.detached("sleep 1000", "--name", "box")
            self.until(lambda: self.slipway("exec", "box", "true", status=None).status == 0)
            self.slipway("kill", "-s", name, "box")
            self.assertEqual(self.slipway("wait", "box").out, f"{128 + number}\n")
            self.slipway("rm", "box")
        self.assertIn("none of that name", self.sh("true", "--stop-signal", "SIGNONE", status=125).err)

    def test_full_disk_costs_lines_and_not_the_container(self):
        self.need_root()
        script = ('mount -t tmpfs -o size=4m none "$SLIPWAY_STORE/containers" && "$@"; echo "status $?"')
        self.sh("true", "--rm")
        (self.store / "containers").mkdir(exist_ok=True)
        found = self.sh("i=0; while [ $i -lt 300 ]; do echo $i; printf '%099999d\\n' 0; i=$((i+1)); done > /dev/stderr; sleep 0.1; exit 7",
                        "--name", "chatty", before=["unshare", "-m", "sh", "-c", script, "sh"])
        self.assertIn("status 7", found.out)

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

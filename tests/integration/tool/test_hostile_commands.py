"""Commands that try to harm: what they do stays in their layer, and the host is as it was."""

import os
import pathlib
import platform
import re
import shutil
import signal
import struct
import subprocess
import tarfile
import time

import harness
import host
from host import MARK

ELF_MACHINE = 18  # where an ELF header says whose program it is
S390 = 22


def kernel():
    """(6, 14) of the kernel's release."""
    return tuple(int(number) for number in re.findall(r"\d+", platform.release())[:2])


class HostileCommands(host.HostTest):
    def for_each_user(self, lines, *options, **how):
        """Build as each user and look at the host; the results."""
        results = []
        for user in self.users():
            with self.subTest(user):
                results.append(self.build_as(user, lines, *options, **how))
                self.assert_host_is_as_it_was()
        return results

    def layer(self, user, *lines, **how):
        """{path: member} of all that the build leaves in the image's filesystem."""
        file = self.place / f"{user}.tar"
        self.build_as(user, lines, "--output", f"type=tar,dest={file}", **how)
        with tarfile.open(file) as archive:
            return {member.name.rstrip("/"): member for member in archive}

    def compile(self, name, source):
        """A static program in the context."""
        self.need("cc")
        (self.place / f"{name}.c").write_text(source)
        built = subprocess.run(["cc", "-static", "-o", self.place / "context" / name, self.place / f"{name}.c"], check=False,
                               capture_output=True)
        if built.returncode != 0:
            self.skipTest("the C compiler cannot link statically")

    # Processes

    def test_forks_without_end(self):
        """A bounded one first: what follows is safe only where that was stopped."""
        if harness.is_root() and kernel() < (6, 14):
            self.skipTest("this kernel does not limit the processes of root's commands")
        many = f"i=0; while [ $i -lt 2000 ]; do sleep {MARK} & i=$((i+1)); done"
        for result in self.for_each_user([f"RUN {many}"], "--ulimit", "nproc=400", status=1):
            self.assertIn("can't fork", result.err)
        for user in self.users():
            with self.subTest(user):
                self.write_dockerfile([f"RUN bomb() {{ sleep {MARK} & bomb & bomb & wait; }}; bomb"])
                words, environment = self.build_words(user, "--ulimit", "nproc=400")
                with subprocess.Popen(words, env=environment, cwd=self.place, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True) as child:
                    time.sleep(1)
                    os.killpg(child.pid, signal.SIGINT)
                    self.assertNotEqual(child.wait(timeout=30), 0)
                self.assert_no_processes()
                self.build_as(user, ["RUN true"])
                self.assert_host_is_as_it_was()

    def test_daemons_end_with_their_command(self):
        self.for_each_user([f"RUN busybox setsid sleep {MARK} & (trap '' HUP INT TERM; busybox nohup sleep {MARK} &) ; true"])

    def test_kills_all_that_it_can(self):
        for result in self.for_each_user(["RUN kill -9 1; kill -9 -1; echo still here", "RUN true"], status=None):
            self.assertIn(result.status, (0, 1), result.err)

    def test_traces_its_parent(self):
        self.compile("trace", TRACE)
        for result in self.for_each_user(["COPY trace /", "RUN /trace"]):
            self.assertIn("attach refused, memory refused, environment refused, files refused", result.err)

    # Files of the host

    def test_writes_to_proc_and_sys(self):
        writes = ["1 /proc/sysrq-trigger", "x /proc/sys/kernel/domainname", "'|/x' /proc/sys/kernel/core_pattern",
                  "7 /proc/sys/vm/swappiness", "3 /proc/sys/vm/drop_caches", "-1000 /proc/1/oom_score_adj",
                  "never /sys/kernel/mm/transparent_hugepage/enabled", "1 /sys/power/state", "0 /proc/irq/default_smp_affinity"]
        lines = [f"RUN echo {text.split()[0]} > {text.split()[1]}; true" for text in writes]
        lines += ["RUN mkdir /sys/fs/cgroup/x /sys/x; rm -rf /sys/* /proc/*; hostname elsewhere; true"]
        self.for_each_user(["RUN " + "; ".join(line[4:] for line in lines)])

    def test_mounts(self):
        """As refused as in Docker; and where it is allowed, it is the sandbox's own."""
        work = ("mkdir /m; mount -t tmpfs none /m; mount -o bind /etc /m; mount -o remount,rw /proc/sys; umount /proc; "
                "umount -l /dev; umount -a; unshare -m true; busybox pivot_root / /m; echo tried")
        for result in self.for_each_user([f"RUN {work}"]):
            self.assertIn("tried", result.err)
        for user in self.users():
            with self.subTest(user):
                self.build_as(user, [f"RUN --security=insecure mkdir /m /n; mount -t tmpfs none /m && touch /m/x; "
                                     f"mount -o bind /m /n; umount -l /dev; sleep {MARK} & true"],
                              "--allow", "security.insecure")
                self.assert_host_is_as_it_was()

    def test_links_that_lead_out_where_directories_and_mounts_are_made(self):
        name = f"led-out-{os.getpid()}"
        (self.place / "context/led").write_text("text\n")
        lines = [f"RUN ln -s ../../../tmp /esc && ln -s ../etc /bin/up && mkdir -p /tmp && chmod 1777 /tmp", f"WORKDIR /esc/{name}",
                 "RUN echo x > f", f"RUN --mount=type=tmpfs,target=/esc/{name}/t --mount=type=cache,target=/bin/up/{name} true",
                 f"RUN --mount=type=bind,source=led,target=/esc/{name}.led cat /tmp/{name}.led && cat /tmp/{name}/f"]
        for result in self.for_each_user(lines):
            self.assertIn("text", result.err)
        for folder in ("/tmp", "/etc", "/usr/etc"):
            self.assertEqual([found for found in os.listdir(folder) if name in found] if os.path.isdir(folder) else [], [])

    def test_changes_of_devices(self):
        """Root's commands have nodes of their own, and others may not."""
        before = {name: os.stat(f"/dev/{name}") for name in ("null", "full", "tty")}
        for result in self.for_each_user(["RUN chmod 600 /dev/null /dev/full; chown 7:7 /dev/tty; touch /dev/null && echo x > /dev/null && "
                                          "busybox head -c 4 /dev/zero | busybox wc -c"], status=None):
            self.assertIn("4", result.err)
        for name, was in before.items():
            now = os.stat(f"/dev/{name}")
            self.assertEqual((now.st_mode, now.st_uid, now.st_gid), (was.st_mode, was.st_uid, was.st_gid))

    def test_removes_everything(self):
        (self.place / "context/kept").write_text("kept")
        (self.place / "secret").write_text("hush")
        (self.place / "secret").chmod(0o644)
        lines = ["RUN --mount=target=/bound,rw --mount=type=secret,id=s --mount=type=cache,target=/c "
                 "/bin/busybox rm -rf /bin/cat /etc /old /bound/* /run/secrets/s / 2>/dev/null; exit 0"]
        options = ["--secret", f"id=s,src={self.place / 'secret'}"]
        for user in self.users():
            with self.subTest(user):
                self.build_as(user, lines, *options, "--output", f"type=tar,dest={self.place / 'left.tar'}")
                with tarfile.open(self.place / "left.tar") as archive:
                    left = {name for name in archive.getnames() if not name.startswith(("etc", "run", "dev", "proc", "sys"))}
                self.assertEqual({name for name in left if "busybox" in name or "old" in name}, set())
                self.assert_host_is_as_it_was()
                self.assertEqual((self.place / "context/kept").read_text(), "kept")
                self.assertEqual((self.place / "secret").read_text(), "hush")
                # The base's tree is what it was.
                self.assertIn("old/a", self.layer(user, "RUN true"))

    def test_replaces_the_files_of_the_network(self):
        for name in ("resolv.conf", "hosts"):
            lines = [f"RUN rm -f /etc/{name}; mv -f /etc/passwd /etc/{name}; ln -sf /etc/passwd /etc/{name}; "
                     f"umount /etc/{name}; echo x > /etc/{name}; true",
                     f"RUN --security=insecure umount -l /etc/{name}; rm -f /etc/{name}; ln -s ../proc/1/root/etc/{name} /etc/{name}",
                     f"RUN --security=insecure echo x > /etc/{name}; umount -l /proc/1/root/etc/{name}; echo x > /etc/{name}; true",
                     f"RUN echo x > /etc/{name}; true"]
            self.for_each_user(lines, "--allow", "security.insecure")

    def test_fills_the_disk(self):
        self.need_root()
        script = ('mount -t tmpfs -o size=8m,mode=777 none "$SLIPWAY_STORE" || exit 99; "$@"; echo "first $?"; '
                  'ls "$SLIPWAY_STORE/scratch" "$SLIPWAY_STORE/tmp"; mount -o remount,size=32m "$SLIPWAY_STORE"; exec "$@"')
        for user in self.users():
            with self.subTest(user):
                self.store_of(user).mkdir()
                self.write_dockerfile(["RUN busybox dd if=/dev/zero of=/big bs=1M count=12"])
                words, environment = self.build_words(user)
                result = self.run_command(*words, before=["unshare", "-m", "sh", "-c", script, "sh"], env=environment)
                self.assertRegex(result.out, "first [14]")
                self.assertNotIn("step-", result.out)
                self.assertIn("No space left on device", result.err)
                self.assert_host_is_as_it_was()

    # Names and attributes

    def test_long_names_and_paths(self):
        name = "n" * 255
        folders = "/".join(["d" * 249] * 16)
        deep = "i=0; while [ $i -lt 1100 ]; do mkdir d && cd d || exit 1; i=$((i+1)); done"  # more than there are descriptors
        for user in self.users():
            with self.subTest(user):
                tree = self.layer(user, f"RUN echo x > /{name} && mkdir -p /{folders} && echo x > /{folders}/f && mkdir /deep && cd /deep && {deep}",
                                  f"RUN cat /{name} /{folders}/f && rm -r /{folders}")
                self.assertIn(name, tree)
                self.assertNotIn(f"{folders}/f", tree)
                self.assertIn("deep/" + "/".join(["d"] * 1100), tree)
                self.assert_host_is_as_it_was()

    def test_immutable_files(self):
        self.compile("immutable", IMMUTABLE)
        for user in self.users():
            with self.subTest(user):
                self.build_as(user, ["COPY immutable /", "RUN echo x > /f; /immutable /f; mkdir /d; echo > /d/f; /immutable /d; true",
                                     "RUN --security=insecure echo x > /g; /immutable /g; mkdir /e; echo > /e/f; /immutable /e; true",
                                     "RUN --security=insecure echo x > /h; /immutable /h; exit 1"],
                              "--allow", "security.insecure", status=1)
                self.assert_host_is_as_it_was()
                self.build_as(user, ["COPY immutable /", "RUN true"])

    # Bases that cannot run a shell

    def test_base_without_a_shell(self):
        lines = ["COPY Dockerfile /f", "RUN true"]
        for user in self.users():
            with self.subTest(user):
                (self.place / "context/Dockerfile").write_text("\n".join(["FROM scratch", *lines]) + "\n")
                words, environment = self.build_words(user)
                result = self.run_command(*words, env=environment, status=3)
                self.assertIn("Dockerfile:3:1: error: run '/bin/sh' in the container: No such file or directory", result.err)
                self.assertIn("the image has no such program", result.err)
                self.assert_one_diagnostic(result)

    def test_base_of_another_architecture(self):
        program = bytearray(pathlib.Path(shutil.which("busybox")).read_bytes())
        struct.pack_into("<H", program, ELF_MACHINE, S390)
        program[5] = 1
        (self.place / "context/other").write_bytes(program)
        (self.place / "context/other").chmod(0o755)
        for result in self.for_each_user(["COPY other /bin/busybox", "RUN true"], status=3):
            self.assertIn("run '/bin/sh' in the container: Exec format error", result.err)
            self.assertRegex(result.err, r"it is a program for s390x?, and this machine is \w+")
            self.assert_one_diagnostic(result)


TRACE = r"""
#include <fcntl.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <unistd.h>

static const char *tried(int done) { return done ? "done" : "refused"; }

int main(void) {
  int parent = getppid();
  printf("attach %s, ", tried(ptrace(PTRACE_ATTACH, parent, 0, 0) == 0));
  printf("memory %s, ", tried(open("/proc/1/mem", O_RDWR) >= 0));
  printf("environment %s, ", tried(open("/proc/1/environ", O_RDONLY) >= 0));
  printf("files %s\n", tried(access("/proc/1/fd/0", F_OK) == 0));
  return 0;
}
"""


IMMUTABLE = r"""
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>

int main(int count, char **names) {
  int flags = FS_IMMUTABLE_FL;
  int file = open(names[1], O_RDONLY);
  if (file < 0 || ioctl(file, FS_IOC_SETFLAGS, &flags) != 0) perror(names[1]);
  return count == 0;
}
"""


if __name__ == "__main__":
    harness.main()

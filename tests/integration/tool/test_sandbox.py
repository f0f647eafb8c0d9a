"""What a RUN's command may do and what it finds around it, as Docker has it."""

import pathlib
import re
import subprocess

import harness
import run_harness

# Each word is a call with its arguments: prints "<word> <errno>".
PROBE = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct { const char *name; long number, a, b, c; } calls[] = {
  {"mount", SYS_mount, 0, 0, 0}, {"umount2", SYS_umount2, 0, 0, 0}, {"keyctl", SYS_keyctl, 0, -3, 0},
  {"add_key", SYS_add_key, 0, 0, 0}, {"unshare", SYS_unshare, 0x10000000, 0, 0},
  {"setns", SYS_setns, -1, 0, 0}, {"bpf", SYS_bpf, 0, 0, 0}, {"perf", SYS_perf_event_open, 0, 0, 0},
  {"module", SYS_init_module, 0, 0, 0}, {"kexec", SYS_kexec_load, 0, 0, 0}, {"swapon", SYS_swapon, 0, 0, 0},
  {"uffd", SYS_userfaultfd, 0, 0, 0}, {"uring", SYS_io_uring_setup, 0, 0, 0}, {"reboot", SYS_reboot, 0, 0, 0},
  {"settime", SYS_clock_settime, 0, 0, 0}, {"acct", SYS_acct, 0, 0, 0}, {"kcmp", SYS_kcmp, 0, 0, 0},
  {"handle", SYS_open_by_handle_at, -1, 0, 0}, {"clone3", SYS_clone3, 0, 0, 0},
  {"clone_user", SYS_clone, 0x10000000, 0, 0}, {"alg", SYS_socket, 38, 5, 0}, {"vsock", SYS_socket, 40, 1, 0},
  {"inet", SYS_socket, 2, 1, 0}, {"aslr", SYS_personality, 0x0040000, 0, 0}, {"linux", SYS_personality, 0, 0, 0},
  {"fchmodat2", 452, -1, 0, 0}, {"unborn", 900, 0, 0, 0}, {"traceme", SYS_ptrace, 0, 0, 0},
};

int main(int count, char **words) {
  for (int i = 1; i < count; ++i)
    for (unsigned j = 0; j < sizeof calls / sizeof *calls; ++j)
      if (strcmp(words[i], calls[j].name) == 0) {
        long done = syscall(calls[j].number, calls[j].a, calls[j].b, calls[j].c, 0, 0);
        printf("%s %d\n", words[i], done < 0 ? errno : 0);
      }
  return 0;
}
"""
EPERM, ENOSYS = 1, 38


RESOLV_CONF = pathlib.Path("/etc/resolv.conf")


class Sandbox(run_harness.RunTest):
    # System calls

    def probe(self, *calls, flags="", options=()):
        """What the calls give in a RUN: {name: errno}."""
        self.need("cc")
        source = self.work / "probe.c"
        source.write_text(PROBE)
        built = subprocess.run(["cc", "-static", "-o", self.context / "probe", source], check=False,
                               capture_output=True)
        if built.returncode != 0:
            self.skipTest("no static program can be compiled")
        result = self.run_lines("COPY probe /probe", f"RUN {flags} /probe {' '.join(calls)}", options=options)
        return {name: int(error) for name, error in re.findall(r"^(?:#\d+ [\d.]+ )?(\w+) (\d+)$", result.err, re.MULTILINE)
                if name in calls}

    def test_calls_that_reach_out_are_refused(self):
        refused = ("mount umount2 keyctl add_key unshare setns bpf perf module kexec swapon uffd uring reboot settime "
                   "acct kcmp handle clone_user alg vsock aslr").split()
        self.assertEqual(self.probe(*refused), dict.fromkeys(refused, EPERM))

    def test_calls_that_programs_fall_back_from_are_unknown(self):
        self.assertEqual(self.probe("clone3", "unborn"), {"clone3": ENOSYS, "unborn": ENOSYS})

    def test_usual_calls_are_let_through(self):
        found = self.probe("inet", "linux", "fchmodat2", "traceme")
        self.assertEqual({name: found[name] for name in ("inet", "linux", "traceme")},
                         {"inet": 0, "linux": 0, "traceme": 0})
        self.assertNotEqual(found["fchmodat2"], EPERM)

    def test_insecure_commands_have_no_filter(self):
        found = self.probe("keyctl", "clone3", flags="--security=insecure", options=["--allow", "security.insecure"])
        self.assertNotEqual(found["keyctl"], EPERM)
        self.assertNotEqual(found["clone3"], ENOSYS)

    def test_capabilities_are_the_default_ones(self):
        result = self.run_lines("RUN grep -E 'Cap(Bnd|Eff|Inh)|^Seccomp:' /proc/self/status")
        self.assertEqual(re.findall(r"(\w+):\t([0-9a-f]+)", result.err),
                         [("CapInh", "0" * 16), ("CapEff", "00000000a80425fb"), ("CapBnd", "00000000a80425fb"),
                          ("Seccomp", "2")])

    # /proc, /sys, /dev

    def test_nodes_in_dev(self):
        result = self.run_lines("RUN cd /dev && echo nodes: $(ls) && readlink fd && readlink ptmx && stat -c %a shm")
        self.assertIn("nodes: fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero", result.err)
        self.assertRegex(result.err, r"/proc/self/fd\n.*pts/ptmx\n.*1777\n")

    def test_masked_and_read_only_paths(self):
        result = self.run_lines("RUN cat /proc/kcore | wc -c; ls /sys/firmware | wc -l; "
                                "echo 1 > /proc/sys/kernel/domainname || echo ro1; echo b > /proc/sysrq-trigger || echo ro2; "
                                "mkdir /sys/fs/x || echo ro3")
        self.assertEqual(re.findall(r"^(?:#\d+ [\d.]+ )?(0|ro\d)$", result.err, re.MULTILINE), ["0", "0", "ro1", "ro2", "ro3"])

    # What the flags set

    def test_limits(self):
        result = self.run_lines("RUN ulimit -n; ulimit -Hn; ulimit -c", options=["--ulimit", "nofile=100:200", "--ulimit", "core=0"])
        self.assertEqual(re.findall(r"^(?:#\d+ [\d.]+ )?(\d+)$", result.err, re.MULTILINE), ["100", "200", "0"])

    def test_limits_that_cannot_be_read(self):
        for text, why in (("nofile", "is not of the form NAME=SOFT[:HARD]"), ("nofile=1:2:3", "is not of the form NAME=SOFT[:HARD]"),
                          ("files=1", "names no resource that is limited"), ("nofile=2:1", "has a soft limit above the hard one")):
            result = self.run_lines("RUN true", options=["--ulimit", text], status=2)
            self.assertIn(f"error: --ulimit '{text}' {why}", result.err)

    def test_size_of_shared_memory(self):
        result = self.run_lines("RUN grep ' /dev/shm ' /proc/mounts", options=["--shm-size", "2m"])
        self.assertIn("size=2048k", result.err)
        self.assertIn("--shm-size 'big' is no size", self.run_lines("RUN true", options=["--shm-size", "big"], status=2).err)

    def test_isolation(self):
        (self.context / "f").write_text("text")
        # An ordinary user cannot make the devices of a copied root.
        look = "test -c /dev/null && cat /made" if harness.is_root() else "cat /made"
        lines = ("RUN ls /proc | wc -l; id -u; echo x > /made && rm -r /old", f"RUN {look}")
        inside = self.run_lines(*lines, options=["--isolation=namespaces"])
        self.assertNotRegex(inside.err, r"(?m)^0\n0\n")
        digest = self.digest(self.work / "image")
        result = self.run_lines(*lines, options=["--isolation=chroot", "--no-cache"])
        self.assertRegex(result.err, r"(?m)^0\n0\n")
        self.assertEqual(self.digest(self.work / "image"), digest)
        mounting = self.run_lines("RUN --mount=target=/m true", options=["--isolation=chroot"], status=2)
        self.assertIn("mount what the command asks for: --isolation=chroot mounts nothing", mounting.err)

    def test_hosts(self):
        result = self.run_lines("RUN cat /etc/hosts", options=["--add-host", "db:10.0.0.7", "--add-host", "six=[::9]"])
        self.assertIn("10.0.0.7\tdb\n", result.err)
        self.assertIn("::9\tsix\n", result.err)
        self.assertEqual(self.paths(), [])
        wrong = self.run_lines("RUN true", options=["--add-host", "db:host"], status=2)
        self.assertIn("--add-host 'db:host' has no IPv4 or IPv6 address behind the name", wrong.err)

    def test_host_name(self):
        line = "RUN hostname; grep -c 'localhost my-host' /etc/hosts"
        self.assertRegex(self.run_lines(line, options=["--hostname", "my-host"]).err, r"my-host\n.*1\n")
        named = self.run_lines("RUN hostname", options=["--hostname", "flag", "--build-arg", "BUILDKIT_SANDBOX_HOSTNAME=argument"])
        self.assertRegex(named.err, r"argument\n")

    def test_flags_reach_the_edges(self):
        self.dockerfile(*self.on_base("RUN ulimit -n > /n; hostname > /h"))
        folder = self.plan(options=["--ulimit", "nofile=77", "--hostname", "edge"])
        self.ninja(folder)
        self.slipway("build", "--ulimit", "nofile=77", "--hostname", "edge", "--output", f"type=local,dest={self.work / 'root'}",
                     self.context)
        self.assertIn("--ulimit=nofile=77", (folder / "build.ninja").read_text())
        self.assertEqual((self.work / "root/n").read_text(), "77\n")
        self.assertEqual((self.work / "root/h").read_text(), "edge\n")

    def test_network_of_the_whole_build(self):
        count = "RUN cat /proc/net/dev | grep -c :"
        none = self.run_lines(count, options=["--network", "none"])
        self.assertRegex(none.err, r"(?m)^(#\d+ [\d.]+ )?1$")

    # The names of the machine

    def test_files_of_the_network_stay_the_machines(self):
        before = RESOLV_CONF.read_bytes() if RESOLV_CONF.exists() else None
        self.run_lines("RUN rm -f /etc/resolv.conf; ln -sf /etc/passwd /etc/resolv.conf; echo x > /etc/resolv.conf; "
                       "mv /etc/passwd /etc/hosts; true")
        if before is not None:
            self.assertEqual(RESOLV_CONF.read_bytes(), before)
        self.assertNotIn("etc/resolv.conf", self.paths())
        self.assertNotIn("etc/hosts", self.paths())

    def test_image_whose_resolv_conf_is_a_link(self):
        (self.bases / "link/etc").mkdir(parents=True)
        (self.bases / "link/etc/resolv.conf").symlink_to("../run/resolve/stub.conf")
        self.make_base("linked", "COPY link /", start=f"oci:{self.bases / 'base'}")
        result = self.run_lines("RUN test -s /etc/resolv.conf && echo there; readlink /etc/resolv.conf", name="linked")
        if RESOLV_CONF.exists() and RESOLV_CONF.stat().st_size > 0:
            self.assertRegex(result.err, r"there\n")
        self.assertRegex(result.err, r"\.\./run/resolve/stub\.conf\n")
        self.assertEqual(self.paths(), [])


if __name__ == "__main__":
    harness.main()

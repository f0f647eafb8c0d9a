"""Builds after which the host must be as it was before: files, mounts, processes, and
the folders that a build works in."""

import os
import pathlib
import signal
import tempfile
import time

import users

MARK = f"86399.{os.getpid()}"  # sleeps of this length are ours, not those of tests beside us
FILES = ("/etc/resolv.conf", "/etc/hosts", "/etc/passwd", "/proc/sys/kernel/hostname", "/proc/sys/kernel/domainname",
         "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/pid_max", "/proc/sys/vm/swappiness",
         "/proc/sys/net/ipv4/ip_forward", "/proc/self/oom_score_adj", "/sys/kernel/mm/transparent_hugepage/enabled")


def read(path):
    try:
        return pathlib.Path(path).read_bytes()
    except OSError:
        return None


def processes(word):
    """The processes with that word on their command line."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        words = (read(folder / "cmdline") or b"").split(b"\0")
        if word.encode() in words:
            found.append(int(folder.name))
    return found


def mounts():
    return pathlib.Path("/proc/self/mountinfo").read_text().splitlines()


def state():
    """Other tests may mount something of theirs at the same time, in their folders."""
    temporary = tempfile.gettempdir() + "/"
    return {path: read(path) for path in FILES}, [line for line in mounts() if not line.split()[4].startswith(temporary)]


class HostTest(users.UsersTest):
    def setUp(self):
        super().setUp()
        self.host = state()
        self.addCleanup(self.end_ours)

    def end_ours(self):
        for pid in processes(MARK):
            os.kill(pid, signal.SIGKILL)

    def assert_host_is_as_it_was(self):
        self.assertEqual(state(), self.host)
        self.assertEqual([line for line in mounts() if self.place.name in line], [])
        self.assert_no_processes()
        for user in self.users():
            self.assertEqual(list((self.store_of(user) / "scratch").glob("*")), [])

    def assert_no_processes(self):
        """The kernel takes a moment for those that it kills."""
        for _ in range(100):
            if not processes(MARK):
                return
            time.sleep(0.05)
        self.fail(f"left running: {processes(MARK)}")

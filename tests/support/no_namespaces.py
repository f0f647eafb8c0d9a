#!/usr/bin/env python3
"""Runs a command that can make no namespaces, as inside of a container that forbids it.

    no_namespaces.py COMMAND [ARGUMENT...]

Exit status 77 where this machine's system calls have other numbers."""

import ctypes
import os
import platform
import struct
import sys

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, FILTER = 22, 38, 2
LOAD, EQUALS, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | 1  # EPERM
NEW_NAMESPACES = 0x7E020000
NUMBERS = {"x86_64": (0xC000003E, 56, 272), "aarch64": (0xC00000B7, 220, 97)}  # audit name, clone, unshare


def program(architecture, clone, unshare):
    """unshare() is refused, and clone() with one of those flags."""
    return [(LOAD, 0, 0, 4), (EQUALS, 0, 5, architecture),
            (LOAD, 0, 0, 0), (EQUALS, 4, 0, unshare), (EQUALS, 0, 2, clone),
            (LOAD, 0, 0, 16), (ANY_BIT, 1, 0, NEW_NAMESPACES),
            (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]


def main():
    if platform.machine() not in NUMBERS:
        sys.exit(77)
    steps = program(*NUMBERS[platform.machine()])
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    whole = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or libc.prctl(PR_SET_SECCOMP, FILTER, whole) != 0:
        sys.exit(f"no_namespaces: {os.strerror(ctypes.get_errno())}")
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Builds the build-cases of the conformance corpus and compares the results.

    build_cases.py [--run] [--as USER] [--jobs N] [--kind KIND] [NAME...]

$SLIPWAY is the program, $SLIPWAY_CORPUS the corpus (default: ../shared/corpus
beside the source tree). Cases with RUN are built with --run where commands can run, else
counted. --as (root may) builds as another user. Prints a line for each failure and a
count by kind. Exit status 77 where there is no corpus, 1 when a case fails.
"""

import argparse
import collections
import multiprocessing
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT / "tests/corpus")]

import image_files  # noqa: E402
import stand_in  # noqa: E402
from cases.case import Case, CaseBuilder  # noqa: E402
from cases import exceptions  # noqa: E402
from cases.verdict import Judge  # noqa: E402

SKIPPED = 77
# What the program ends with where the machine has no sandbox for commands.
NO_SANDBOX = 4
PASSED, FAILED, DIFFERS, UNSUPPORTED, NEEDS_RUN = "passed", "failed", "differ", "unsupported", "need RUN"


class Worker:
    """What a process needs to judge cases; made once in each."""

    current = None

    def __init__(self, tool, corpus, scratch, program, bash):
        self.scratch = scratch
        self.builder = CaseBuilder(tool, scratch / "base.tar", corpus, program,
                                   scratch / "bash.tar" if bash else None)
        base = image_files.Tree()
        with open(scratch / "base-layer.tar", "rb") as layer:
            base.add_layer(layer)
        self.judge = Judge(base, self.builder)

    @classmethod
    def start(cls, *arguments):
        cls.current = cls(*arguments)

    @classmethod
    def mistakes(cls, case):
        return case, cls.current.judged(case)

    def judged(self, case):
        work = pathlib.Path(tempfile.mkdtemp(prefix="case-", dir=self.scratch))
        try:
            with self.builder.built(case, work) as build:
                return self.judge.mistakes(case, build)
        except subprocess.TimeoutExpired as error:
            return [str(error)]
        except Exception:  # a case that cannot be read is one that fails
            return [traceback.format_exc(limit=-3)]
        finally:
            remove(work)


def remove(folder):
    """Away with a folder, modes of any kind in it."""
    subprocess.run(["chmod", "-R", "u+rwX", str(folder)], check=False, capture_output=True)
    shutil.rmtree(folder, ignore_errors=True)


class Score:
    def __init__(self, is_selection):
        self.is_selection = is_selection  # so it has no parts of a whole
        self.counts = collections.defaultdict(collections.Counter)
        self.good = True

    def add(self, case, mistakes):
        differs, unsupported = exceptions.difference(case), exceptions.unsupported(case)
        if not mistakes and case.name in exceptions.DIFFERS:
            self._count(case, FAILED)
            self._fail(case.name, f"passes, though it is listed: {differs}")
        elif not mistakes:
            self._count(case, PASSED)
        elif differs or unsupported:
            self._count(case, DIFFERS if differs else UNSUPPORTED)
            print(f"{'differs' if differs else 'unsupported'} {case.name}: {differs or unsupported}",
                  flush=True)
        else:
            self._count(case, FAILED)
            self._fail(case.name, "; ".join(mistakes))

    def leave_out(self, case):
        self._count(case, NEEDS_RUN)

    def finish(self):
        for kind in sorted(self.counts):
            count = self.counts[kind]
            print(f"{kind}: " + ", ".join(f"{count[word]} {word}" for word in
                                          (PASSED, FAILED, DIFFERS, UNSUPPORTED, NEEDS_RUN)))
        different = sum(count[DIFFERS] for count in self.counts.values())
        built = sum(count.total() - count[NEEDS_RUN] for count in self.counts.values())
        if not self.is_selection and different >= max(exceptions.LIMIT * built, 1):
            self._fail("exceptions", f"{different} of {built} are too many")
        return self.good

    def _count(self, case, word):
        self.counts[case.kind][word] += 1

    def _fail(self, name, why):
        self.good = False
        print(f"FAILED {name}: {why}", flush=True)


def become(name):
    """Another user, for good."""
    user = pwd.getpwnam(name)
    os.setgroups([])
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    os.environ["HOME"] = user.pw_dir
    os.environ.pop("XDG_RUNTIME_DIR", None)  # root's


def can_run(tool, scratch):
    """Whether a RUN runs here; says what is missing."""
    store = {"SLIPWAY_STORE": str(scratch / "store-of-probe"), "SLIPWAY_OFFLINE": "1"}
    folder = scratch / "probe"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM stand-in\nRUN true\n")
    for words in (["load", "-i", scratch / "base.tar", "-t", "stand-in"], ["build", folder]):
        process = subprocess.run([tool, *words], check=False, capture_output=True, text=True,
                                 env={**os.environ, **store})
    if process.returncode == NO_SANDBOX:
        print(f"skipped: cases with RUN: {process.stderr.strip().splitlines()[-1]}")
    return process.returncode != NO_SANDBOX


def skip(why):
    print(f"skipped: {why}")
    return 1 if os.environ.get("SLIPWAY_TEST_MUST_RUN") == "1" else SKIPPED


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--run", action="store_true")
    parser.add_argument("--as", dest="user", metavar="USER")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--kind", metavar="KIND")
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    if arguments.user:
        if os.geteuid() != 0:
            return skip("only root can become another user")
        become(arguments.user)
    corpus = pathlib.Path(os.environ.get("SLIPWAY_CORPUS") or ROOT.parent / "shared/corpus")
    corpus = corpus.resolve() / "build-cases"
    if not corpus.is_dir():
        return skip(f"there is no corpus in '{corpus.parent}' (see SLIPWAY_CORPUS)")
    program = stand_in.busybox()
    if program is None:
        return skip("there is no static busybox (Debian: busybox-static)")
    tool = os.environ.get("SLIPWAY") or shutil.which("slipway") or sys.exit("SLIPWAY is not set")

    cases = [Case(path.parent) for path in sorted(corpus.glob("*/expect.json"))]
    if arguments.kind:
        cases = [case for case in cases if case.kind == arguments.kind]
    if arguments.names:
        cases = [case for case in cases if case.name in arguments.names]
    score = Score(is_selection=bool(arguments.names or arguments.kind))
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="slipway-cases-"))
    try:
        bash = stand_in.bash()
        stand_in.write_archive(scratch / "base.tar", program)
        if bash:
            stand_in.write_archive(scratch / "bash.tar", program, shell=bash)
        (scratch / "base-layer.tar").write_bytes(stand_in.layer_tar(program))
        runs = arguments.run and can_run(tool, scratch)
        wanted = [case for case in cases if runs or not case.needs_run]
        for case in cases:
            if case not in wanted:
                score.leave_out(case)
        with multiprocessing.Pool(arguments.jobs, Worker.start, (tool, corpus, scratch, program, bash)) as pool:
            for case, mistakes in pool.imap(Worker.mistakes, wanted):
                score.add(case, mistakes)
    finally:
        remove(scratch)
    return 0 if score.finish() else 1


if __name__ == "__main__":
    sys.exit(main())

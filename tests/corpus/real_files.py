#!/usr/bin/env python3
"""Reads, lints and plans the Dockerfiles of real projects.

    real_files.py [NAME...]

$SLIPWAY is the program, $SLIPWAY_CORPUS the corpus (default: ../shared/corpus
beside the source tree). All of them are right, so every error is a false one.
Prints a line for each and a count. Exit status 77 where there is no corpus, 1 when
a file fails.
"""

import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77
TIMEOUT = 60

# What their projects pass: ARGs without a default that FROM needs.
ARGUMENTS = {"base": "debian:12", "arch": "amd64"}


class Reader:
    """Runs the program on one file after the other."""

    def __init__(self, tool, scratch):
        self.tool = tool
        self.scratch = scratch
        self.rules = collections.Counter()
        self.steps = 0

    def mistakes(self, file):
        options = ["--file", str(file)] + [f"--build-arg={name}={value}" for name, value in ARGUMENTS.items()]
        return [mistake for look in (self._lint, self._plan, self._check) for mistake in look(options)]

    def _lint(self, options):
        process = self._run("lint", "--format=json", *options)
        if process.returncode != 0:
            return [f"lint: exit status {process.returncode}: {process.stderr.strip()}"]
        self.rules.update(finding["rule"] for finding in json.loads(process.stdout)["findings"])
        return []

    def _plan(self, options):
        process = self._run("plan", "--emit=json", *options)
        if process.returncode != 0:
            return [f"plan: exit status {process.returncode}: {process.stderr.strip()}"]
        self.steps += len(json.loads(process.stdout)["steps"])
        return []

    def _check(self, options):
        process = self._run("build", "--check", *options)
        # Docker's, too, fails where there are warnings.
        good = process.returncode in (0, 1) and not re.search(r"\berror:", process.stderr)
        return [] if good else [f"check: exit status {process.returncode}: {process.stderr.strip()}"]

    def _run(self, *words):
        return subprocess.run([self.tool, *words, str(self.scratch)], check=False, capture_output=True,
                              text=True, timeout=TIMEOUT,
                              env={**os.environ, "SLIPWAY_STORE": str(self.scratch / "store")})


def skip(why):
    print(f"skipped: {why}")
    return 1 if os.environ.get("SLIPWAY_TEST_MUST_RUN") == "1" else SKIPPED


def main():
    corpus = pathlib.Path(os.environ.get("SLIPWAY_CORPUS") or ROOT.parent / "shared/corpus") / "real"
    if not corpus.is_dir():
        return skip(f"there is no corpus in '{corpus.parent}' (see SLIPWAY_CORPUS)")
    tool = os.environ.get("SLIPWAY") or shutil.which("slipway") or sys.exit("SLIPWAY is not set")
    files = sorted(path for path in corpus.iterdir() if path.name != "index.json")
    if len(sys.argv) > 1:
        files = [path for path in files if path.name in sys.argv[1:]]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="slipway-real-") as scratch:
        reader = Reader(tool, pathlib.Path(scratch))
        for file in files:
            found = reader.mistakes(file)
            failed += bool(found)
            print(f"FAILED {file.name}: {'; '.join(found)}" if found else f"passed {file.name}", flush=True)
    print(f"real: {len(files) - failed} passed, {failed} failed; {reader.steps} steps, "
          f"{reader.rules.total()} findings of {len(reader.rules)} rules")
    return 1 if failed or not files else 0


if __name__ == "__main__":
    sys.exit(main())

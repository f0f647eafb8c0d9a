"""What the tests of the tool share: a folder of their own, a store of their own,
the two drivers, and how a test says that it cannot run here."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest

import check_layout

SKIPPED = 77

# A test run in the background by a shell has it ignored, and so would what the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

CLOCK_TICK = 0.02  # seconds; files' times come from a clock that is as coarse


def tool():
    """The program under test."""
    return os.environ.get("SLIPWAY") or shutil.which("slipway") or sys.exit("SLIPWAY is not set")


def is_root():
    return os.geteuid() == 0


class Result:
    """What a command did: its status and what it printed, as text."""

    def __init__(self, process):
        self.status = process.returncode
        self.out = process.stdout.decode("utf-8", "replace")
        self.err = process.stderr.decode("utf-8", "replace")


class ToolTest(unittest.TestCase):
    """A test with a scratch folder (its path holds a space) and a store."""

    maxDiff = None

    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="slipway test "))
        self.addCleanup(self._remove, self.work)
        self.context = self.work / "context"
        self.context.mkdir()
        self.store = self.work / "store"
        self._written_at = 0

    @staticmethod
    def _remove(path):
        subprocess.run(["chmod", "-R", "u+rwX", str(path)], check=False, capture_output=True)
        shutil.rmtree(path, ignore_errors=True)

    def need(self, *programs):
        """Skip, by name, where a program that judges us is not installed."""
        for program in programs:
            if shutil.which(program) is None:
                self.skipTest(f"{program} is not installed")

    def need_root(self):
        if not is_root():
            self.skipTest("only root can do this")

    # Files of the context

    def write(self, path, content="", mode=0o644):
        """Make a file of the context, parents too."""
        file = self.context / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        file.chmod(mode)
        self._written_at = time.monotonic()
        return file

    def dockerfile(self, *lines):
        return self.write("Dockerfile", "".join(f"{line}\n" for line in lines))

    # Commands

    def environment(self, **changes):
        return {**os.environ, "SLIPWAY_STORE": str(self.store), **changes}

    def run_command(self, *argv, status=0, cwd=None, env=None, before=(), timeout=120):
        """Run to the end and compare the exit status; None accepts any."""
        # What changes while a build looks at it is looked at again by the next one.
        time.sleep(max(0, self._written_at + CLOCK_TICK - time.monotonic()))
        process = subprocess.run([*before, *(os.fspath(word) for word in argv)], check=False,
                                 cwd=cwd or self.work, env=self.environment(**(env or {})),
                                 stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
        result = Result(process)
        if status is not None:
            self.assertEqual(result.status, status,
                             f"{argv}\nstdout: {result.out}\nstderr: {result.err}")
        return result

    def slipway(self, *argv, **how):
        return self.run_command(tool(), *argv, **how)

    def build(self, layout="image", context=None, options=(), **how):
        """`slipway build` of the context; the manifest digest."""
        self.slipway("build", *options, "--output", f"oci:{self.work / layout}",
                     context or self.context, **how)
        return self.digest(self.work / layout)

    def plan(self, folder="ninja", context=None, options=(), **how):
        """A folder with build.ninja, written by `slipway plan --emit ninja`."""
        folder = self.work / folder
        folder.mkdir(exist_ok=True)
        context = context or self.context
        result = self.slipway("plan", "-f", context / "Dockerfile", *options, "--emit", "ninja",
                              context, cwd=folder, **how)
        (folder / "build.ninja").write_text(result.out)
        return folder

    def ninja(self, folder, *options, **how):
        return self.run_command("ninja", *options, cwd=folder, **how)

    def ninja_titles(self, folder):
        """Run Ninja; the titles of the edges that it ran."""
        return re.findall(r"^\[\d+/\d+\] (.*)$", self.ninja(folder).out, re.MULTILINE)

    def planned_layout(self, folder):
        """The layout that a folder made by plan() builds."""
        layouts = [path.parent for path in pathlib.Path(folder).rglob("index.json")]
        self.assertEqual(len(layouts), 1)
        return layouts[0]

    # Verdicts

    def assert_one_diagnostic(self, result):
        """One mistake, one message: nothing repeated, no trace of ours."""
        errors = [line for line in result.err.splitlines() if "error:" in line]
        self.assertEqual(len(errors), 1, result.err)

    def names(self, layer, layout):
        """The paths in a layer, directories left out, in its order."""
        blob = self.work / layout / "blobs/sha256" / layer["digest"].partition(":")[2]
        with tarfile.open(blob) as archive:
            return [member.name for member in archive if not member.isdir()]

    def digest(self, layout):
        """The manifest digest of a layout with one image."""
        manifests = json.loads((pathlib.Path(layout) / "index.json").read_text())["manifests"]
        self.assertEqual(len(manifests), 1)
        return manifests[0]["digest"]

    def image(self, layout):
        """The manifest and config of the only image of a layout that must be sound."""
        folder = check_layout.default_schemas()
        schemas = check_layout.Schemas(folder) if folder else None
        checker = check_layout.Checker(layout, schemas)
        self.assertEqual(checker.run(), [])
        self.assertEqual(len(checker.images), 1)
        return checker.images[0]


class _Verdict(unittest.TextTestResult):
    """Prints the reason of a skip on a line that tests/run.sh looks for."""

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        print(f"\nskipped: {reason}", flush=True)


def main():
    """Run the tests named on the command line; 77 when all of them were skipped.

    With SLIPWAY_TEST_MUST_RUN=1 a skip is a failure."""
    program = unittest.main(exit=False, testRunner=unittest.TextTestRunner(resultclass=_Verdict))
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    if result.skipped and os.environ.get("SLIPWAY_TEST_MUST_RUN") == "1":
        sys.exit(1)
    sys.exit(SKIPPED if len(result.skipped) == result.testsRun else 0)

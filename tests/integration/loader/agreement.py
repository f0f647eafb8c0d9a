#!/usr/bin/env python3
"""Does `slipway verify` say of real programs what the dynamic loader says?

    agreement.py [--programs N] [--jobs N] [--bases NAME,...] [NAME...]

Executables of this machine's Debian packages (N of them, the same ones each time; or
those with these names) are put into images, each with the libraries that the base lacks
(RUNTIME_DEPENDENCIES MISSING), and run there with LD_BIND_NOW=1. Bases: scratch; debian,
this machine's release with its C++ library; old, the release before. $SLIPWAY is the
program. Prints a line a disagreement and a count a base. Exit status 77 where no bases
can be made, 1 for a disagreement in a hundred or more.
"""

import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "tests/support")]

import debian  # noqa: E402

SKIPPED = 77
RELEASES = ["buster", "bullseye", "bookworm", "trixie"]
FOLDERS = ("/usr/bin", "/usr/sbin", "/bin", "/sbin")
# What the loader says when it gives up: of a library, a version or a symbol; and what we
# say where the kernel finds no loader.
GAVE_UP = re.compile(r"error while loading shared libraries|symbol lookup error|version `[^']*' not found|"
                     r"its interpreter is not|undefined symbol: ")
LIMIT = 0.01
SECONDS = 20


def is_dynamic_program(path):
    """An ELF file for this machine with an interpreter, that anybody may run as they are."""
    if path.is_symlink() or not path.is_file() or path.stat().st_mode & 0o6000:
        return False
    with open(path, "rb") as file:
        start = file.read(4096)
    return start.startswith(b"\x7fELF\x02\x01\x01") and start[18:20] == b"\x3e\x00" and b"ld-linux-x86-64" in start


def installed_programs():
    files = collections.OrderedDict()  # a merged /usr shows them twice
    for folder in FOLDERS:
        for path in sorted(pathlib.Path(folder).iterdir()):
            if is_dynamic_program(path):
                files[path.resolve()] = None
    listed = subprocess.run(["dpkg-query", "-S", *map(str, files)], check=False, capture_output=True, text=True).stdout
    packaged = {pathlib.Path(line.partition(": ")[2]).resolve() for line in listed.splitlines()}
    return [path for path in files if path in packaged]


class Base:
    """An image that programs are put on, and the file that says what is in it."""

    def __init__(self, name, tool, folder):
        self.name, self.tool = name, tool
        self.reference, self.layers, self.own = "scratch", [], set()
        self.folder = folder / name
        self.folder.mkdir()

    def fill(self, site, suite, packages):
        archive = self.folder / "tree.tar"
        debian.make_tree(archive, packages, "extract", site, suite)
        self._write("FROM scratch\nADD tree.tar /\n")
        self.reference = f"oci:{self.folder / 'image'}"
        self.tool("build", "-o", self.reference, self.folder)
        archive.unlink()
        self._write(f"FROM {self.reference}\n")
        steps = self.folder / "steps"
        self.tool("plan", "--emit", "steps", "--dir", steps, "-f", self.folder / "Dockerfile", self.folder)
        self.tool("step", steps / "0-base.step")
        self.layers = ["--base", steps / "0-base.layer"]
        self.own = problems_of(self.tool, self.reference)

    def _write(self, text):
        (self.folder / "Dockerfile").write_text(text)


def problems_of(tool, image):
    found = json.loads(tool("verify", "--json", "--no-warnings", image, status=None).stdout)
    return {(problem["file"], problem["needs"], problem["message"]) for problem in found}


class Tool:
    def __init__(self, program, store):
        self.program = program
        self.environment = {**os.environ, "SLIPWAY_STORE": str(store), "SLIPWAY_OFFLINE": "1"}

    def __call__(self, *words, status=0, timeout=None):
        process = subprocess.run([self.program, *map(str, words)], check=False, capture_output=True, text=True,
                                 errors="replace", stdin=subprocess.DEVNULL, env=self.environment, timeout=timeout)
        if status is not None and process.returncode != status:
            raise RuntimeError(f"{words}: {process.stderr}")
        return process


class Trial:
    """One program on one base."""

    def __init__(self, tool, base, scratch):
        self.tool, self.base, self.scratch = tool, base, scratch

    def judge(self, program):
        """What verify says, what the loader says: texts, empty for "nothing"."""
        work = pathlib.Path(tempfile.mkdtemp(dir=self.scratch))
        try:
            image = self._build(program, work)
            told = sorted(problem[2] for problem in problems_of(self.tool, image) - self.base.own)
            return "; ".join(told), self._run(program, image)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _build(self, program, work):
        (work / "root/programs").mkdir(parents=True)
        shutil.copy(program, work / "root/programs")
        self.tool("stage", "closure", *self.base.layers, "--library-dir", "/usr/lib", "--into", work / "libraries",
                  "--stamp", work / "stamp", "--depfile", work / "stamp.d", "--", program)
        (work / "Dockerfile").write_text(f"FROM {self.base.reference}\nCOPY root libraries /\n")
        image = f"oci:{work / 'image'}"
        self.tool("build", "--compression", "none", "-o", image, work)
        return image

    def _run(self, program, image):
        try:
            result = self.tool("run", "--rm", "--network", "none", "-e", "LD_BIND_NOW=1", image,
                               f"/programs/{program.name}", "--version", status=None, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return ""  # it runs
        said = result.stderr + result.stdout
        return next((line for line in said.splitlines() if GAVE_UP.search(line)), "")


def make_bases(names, tool, folder):
    site, suite = debian.mirror()
    bases = []
    for name in names:
        base = Base(name, tool, folder)
        if name == "debian":
            base.fill(site, suite, ["libc6", "libstdc++6"])
        elif name == "old":
            base.fill(site, RELEASES[RELEASES.index(suite) - 1], ["libc6", "libstdc++6"])
        bases.append(base)
    return bases


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--programs", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--bases", default="scratch,debian,old")
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    program = os.environ.get("SLIPWAY") or shutil.which("slipway") or sys.exit("SLIPWAY is not set")
    if os.geteuid() != 0 or debian.mirror() is None or shutil.which("mmdebstrap") is None:
        print("skipped: it takes root, mmdebstrap and a Debian whose mirror apt knows")
        return SKIPPED
    programs = sorted(installed_programs(), key=lambda path: hashlib.sha256(path.name.encode()).digest())
    if arguments.names:
        programs = [path for path in programs if path.name in arguments.names]
    programs = programs[:arguments.programs]

    scratch = pathlib.Path(tempfile.mkdtemp(prefix="slipway-loader-"))
    disagreements = 0
    try:
        tool = Tool(program, scratch / "store")
        try:
            bases = make_bases(arguments.bases.split(","), tool, scratch)
        except subprocess.CalledProcessError as error:
            print(f"skipped: {error}")
            return SKIPPED
        for base in bases:
            broken = 0
            trial = Trial(tool, base, scratch)
            with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
                for path, (told, said) in zip(programs, pool.map(trial.judge, programs)):
                    broken += bool(said)
                    if bool(told) != bool(said):
                        disagreements += 1
                        print(f"{base.name}: {path}: verify: {told or 'nothing'}; loader: {said or 'nothing'}", flush=True)
            print(f"{base.name}: {len(programs)} programs, {broken} of them broken", flush=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    tried = len(programs) * len(bases)
    print(f"{disagreements} disagreements in {tried}")
    return 1 if disagreements >= max(LIMIT * tried, 1) else 0


if __name__ == "__main__":
    sys.exit(main())

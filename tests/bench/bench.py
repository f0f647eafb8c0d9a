#!/usr/bin/env python3
"""Measures slipway beside other builders on the same inputs, in turn, and the
floors below which no builder can be. Prints a Markdown table a row of work.

    bench.py --slipway PROGRAM [--prefix DIR] [--quick] [--rounds N] [--rows 1,2] [--work DIR]

--prefix is where `cmake --install` put Slipway; without it cmake --build is left
out. --quick takes small inputs, to see that the scripts work."""

import argparse
import datetime
import os
import pathlib
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

import engines
import workloads

MIB = workloads.MIB
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, os.fspath(HERE.parent / "support"))
import stand_in  # noqa: E402
import toolchain  # noqa: E402
import transfers  # noqa: E402


class Sizes:
    """How much each row is given; rows where linearity matters have two sizes."""

    def __init__(self, quick):
        self.layer = MIB if quick else 20 * MIB
        self.big = [16 * MIB, 32 * MIB] if quick else [256 * MIB, 1024 * MIB]
        self.many = [500, 1000] if quick else [12_500, 50_000]
        self.commands = [3, 6] if quick else [20, 40]
        self.sources = 3 if quick else 20


class Bench:
    def __init__(self, all_engines, work, rounds):
        self.engines = all_engines
        self.work = work
        self.rounds = rounds
        self.floor_program = work / "floor"
        subprocess.run(["cc", "-O2", HERE / "floor.c", "-o", self.floor_program, "-lcrypto",
                        "-lisal"], check=True)
        engines.Timing.launcher = self.floor_program

    # Running in turn

    def cold(self, work):
        """Every round: all caches dropped and the input new; then each engine once."""
        def before(engine):
            engine.forget()
            engine.prepare(work.context)
        return self._in_turn(work, work.refresh, before)

    def warm(self, work, change, engine_before=None):
        """Every round: one change (or none) to what every engine has built before."""
        engines_of_row = [engine for engine in self.engines if engine.runs_commands or not work.base]
        for engine in engines_of_row:
            engine.forget()
            if work.base:
                engine.load(*work.base)
            engine.prepare(work.context)
            engine.build(work.context)
            engine.build(work.context)
        return self._in_turn(work, change, engine_before or (lambda engine: None), engines_of_row)

    def _in_turn(self, work, each_round, before, engines_of_row=None):
        engines_of_row = engines_of_row or self.engines
        timings = {engine.name: [] for engine in engines_of_row}
        for _ in range(self.rounds):
            each_round()
            for engine in engines_of_row:
                before(engine)
                timings[engine.name].append(engine.build(work.context))
        return timings

    # Floors

    def floor(self, *words):
        return statistics.median(engines.Timing([self.floor_program, *words]).seconds
                                 for _ in range(self.rounds))

    def floors_of(self, work, numbers=None):
        files = work.files if numbers is None else [work.files[number] for number in numbers]
        listed = [os.fspath(file) for file in files]
        if len(listed) > 1000:
            joined = self.work / "joined"
            with open(joined, "wb") as out:
                for file in files:
                    out.write(file.read_bytes())
            listed = [os.fspath(joined)]
        found = {"SHA-256, one core": self.floor("sha256", *listed),
                 "gzip by ISA-L, one core": self.floor("gzip", *listed)}
        if numbers is None:
            tar = ["tar", "-C", work.context, "-cf", self.work / "floor.tar", "."]
            found["tar to a file"] = statistics.median(engines.Timing(tar).seconds
                                                       for _ in range(self.rounds))
        return found

    # Reporting

    def report(self, title, timings, floors):
        print(f"\n### {title}\n\n| builder | median | range | peak memory of a process | to slipway |")
        print("|---|---|---|---|---|")
        medians = {name: statistics.median(timing.seconds for timing in all_of)
                   for name, all_of in timings.items()}
        ours = min(median for name, median in medians.items() if name.startswith("slipway"))
        for name, all_of in timings.items():
            seconds = [timing.seconds for timing in all_of]
            peak = max(timing.peak_mib for timing in all_of)
            memory = "(in a daemon)" if name.startswith("docker") else f"{peak:.0f} MiB"
            print(f"| {name} | {medians[name]:.3f} s | {min(seconds):.3f} - {max(seconds):.3f} | "
                  f"{memory} | {medians[name] / ours:.1f}x |")
        for name, seconds in floors.items():
            print(f"| *floor: {name}* | {seconds:.3f} s | | | {seconds / ours:.2f}x |")
        sys.stdout.flush()

    # Rows

    def row_1(self, sizes):
        work = workloads.layers(self.work / "context", 11, sizes.layer)
        timings = self.warm(work, lambda: None)
        nothing = self.work / "nothing"
        nothing.mkdir(exist_ok=True)
        (nothing / "build.ninja").write_text("build all: phony\n")
        ninja = statistics.median(engines.Timing(["ninja", "-C", nothing]).seconds
                                  for _ in range(self.rounds))
        self.report(f"1. Nothing changed, 11 layers of {sizes.layer // MIB} MiB", timings,
                    {"ninja with nothing to know": ninja})

    def row_2(self, sizes):
        work = workloads.layers(self.work / "context", 11, sizes.layer)
        for word, number in (("last", 10), ("first", 0)):
            timings = self.warm(work, lambda number=number: work.change(number))
            self.report(f"2. The {word} of 11 layers of {sizes.layer // MIB} MiB changed", timings,
                        self.floors_of(work, [number]))

    def row_3(self, sizes):
        work = workloads.layers(self.work / "context", 1, sizes.layer)
        self.report(f"3. Cold, one COPY of {sizes.layer // MIB} MiB", self.cold(work),
                    self.floors_of(work))

    def row_4(self, sizes):
        for size in sizes.big:
            work = workloads.big(self.work / "context", size, 64)
            self.report(f"4. Cold, {size // MIB} MiB in 64 files", self.cold(work),
                        self.floors_of(work))

    def row_5(self, sizes):
        for count in sizes.many:
            work = workloads.many(self.work / "context", count)
            volume = f"{count} files of 1 to 8 KiB, {work.size() // MIB} MiB"
            self.report(f"5. Cold, {volume}", self.cold(work), self.floors_of(work))
            self.report(f"5. Nothing changed, {volume}", self.warm(work, lambda: None),
                        {"lstat of every entry": self.floor("stat", work.context)})


    def row_6(self, sizes):
        base = self.busybox()
        for count in sizes.commands:
            work = workloads.commands(self.work / "context", base, count)
            self.report(f"6. {count} trivial RUN steps", self.warm(work, lambda work=work: work.change(0)),
                        {"the calls of so many, in C": self.floor("run", self.root_of(base), str(count))})

    def row_7(self, sizes):
        work = workloads.Project(self.work / "context", self.toolchain(), sizes.sources)
        title = f"{sizes.sources + 1} .cpp compiled in a stage"
        host = self.work / "host build"
        shutil.rmtree(host, ignore_errors=True)

        def on_host():
            configure = f"cmake -S '{work.context / 'src'}' -B '{host}' -G Ninja && ninja -C '{host}'"
            return engines.Timing(["sh", "-c", configure]).seconds
        every = self.warm(work, work.new_cache, lambda engine: engine.prepare(work.context))
        self.report(f"7. {title}, all", every, {"the same on the host": on_host()})
        one = self.warm(work, lambda: work.change(0))
        work.change(0)
        self.report(f"7. {title}, one changed", one, {"the same on the host": on_host()})

    def row_8(self, sizes):
        compared = transfers.available(self.work)
        if not compared:
            return
        size = sizes.big[-1]
        print(f"\n{compared[-1].version()}")
        for title, work in (("one layer", workloads.big(self.work / "context", size, 64)),
                            ("8 layers", workloads.layered(self.work / "layers", size, 8))):
            layout = self.work / "transferred"
            self.slipway("build", "-o", f"oci:{layout}", work.context)
            pushes, pulls = transfers.measure(compared, layout, self.work, self.rounds)
            hashed = {"SHA-256 of what is sent, one core": self.floor("sha256", *transfers.blobs(layout))}
            sent = {"the registry alone: the same bytes from the page cache, one blob after the other":
                    statistics.median(transfers.send(layout, self.work) for _ in range(self.rounds))}
            self.report(f"8. Push of {size // MIB} MiB, {title}", pushes, {**hashed, **sent})
            self.report(f"8. Pull of {size // MIB} MiB, {title}", pulls, hashed)

    def row_containers(self, _):
        """A container that does nothing."""
        archive, name = base = self.busybox()
        runners = [engine for engine in self.engines if hasattr(engine, "run")][:1]
        runners += [engine for engine in self.engines if engine.name.startswith("docker")]
        if shutil.which("podman"):
            runners.append(engines.Podman(self.work / "podman"))
        timings = {}
        for engine in runners:
            engine.load(archive, name)
            engine.run(name, "true")
        for _ in range(self.rounds):
            for engine in runners:
                label = engine.name.replace("build (BuildKit)", "run").replace("slipway build", "slipway run")
                timings.setdefault(label, []).append(engine.run(name, "true"))
        for engine in runners[1:]:
            if engine not in self.engines:
                engine.close()
        self.report("A container that does nothing", timings,
                    {"the calls of one, in C": self.floor("run", self.root_of(base), "1")})

    # Bases

    def slipway(self, *words):
        subprocess.run([engines.Slipway.tool, *words], check=True, capture_output=True,
                       env={**os.environ, "SLIPWAY_STORE": str(self.work / "base store")})

    def busybox(self):
        name, archive = "localhost/bench-busybox:1", self.work / "busybox.tar"
        if not archive.exists():
            program = stand_in.busybox() or sys.exit("there is no static busybox (Debian: busybox-static)")
            stand_in.write_archive(self.work / "busybox.oci.tar", program, stand_in.PLATFORMS[:1])
            self.slipway("load", "-i", self.work / "busybox.oci.tar", "-t", name)
            self.slipway("save", "-o", archive, "--format", "docker-archive", "-t", name, name)
        return archive, name

    def toolchain(self):
        name, archive = "localhost/bench-toolchain:1", self.work / "toolchain.tar"
        if not archive.exists():
            toolchain.make(self.work / "toolchain")
            self.slipway("save", "-o", archive, "--format", "docker-archive", "-t", name, f"oci:{self.work / 'toolchain'}")
        return archive, name

    def root_of(self, base):
        root = self.work / "root"
        if not root.exists():
            dockerfile = self.work / "root.Dockerfile"
            (self.work / "context").mkdir(exist_ok=True)
            dockerfile.write_text(f"FROM {base[1]}\n")
            self.slipway("build", "-f", dockerfile, "-o", f"type=local,dest={root}", self.work / "context")
        return root


def machine():
    model = next((line.partition(":")[2].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {os.cpu_count()} CPUs, {memory:.0f} GiB, Linux {platform.release()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--slipway", required=True)
    parser.add_argument("--prefix")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", default="1,2,3,4,5,6,7,8,containers")
    parser.add_argument("--work", help="an empty folder on the disk to measure")
    arguments = parser.parse_args()

    # However it ends, daemons and mounts go away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    work = pathlib.Path(arguments.work or tempfile.mkdtemp(prefix="slipway-bench-")).resolve()
    work.mkdir(parents=True, exist_ok=True)
    slipway = os.path.abspath(arguments.slipway)
    compared = engines.available(work, slipway, arguments.prefix and os.path.abspath(arguments.prefix))
    try:
        print(f"{datetime.date.today()}, {machine()}; medians of {arguments.rounds} rounds, in turn")
        print("; ".join(dict.fromkeys(engine.version() for engine in compared)))
        bench = Bench(compared, work, arguments.rounds)
        for row in arguments.rows.split(","):
            getattr(bench, f"row_{row}")(Sizes(arguments.quick))
    finally:
        for engine in compared:
            engine.close()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()

"""The inputs of the benchmarks: folders with a Dockerfile, the same bytes every
time, and the one change that is made to them."""

import os
import pathlib
import random
import shutil

MIB = 1 << 20


class Content:
    """Bytes that compress to about 55 %, as programs do: half of each 4 KiB is
    random, half comes from a small pool."""

    def __init__(self, seed):
        self._random = random.Random(seed)
        self._pool = self._random.randbytes(1 << 16)

    def take(self, size):
        pieces = []
        for _ in range(0, size, 4096):
            start = self._random.randrange(len(self._pool) - 2048)
            pieces.append(self._random.randbytes(2048) + self._pool[start:start + 2048])
        return b"".join(pieces)[:size]


class Workload:
    """A context, and how to make it different for a cold and a warm build. `base`:
    a docker archive that every builder has to load before, and the image's name."""

    def __init__(self, folder, lines, base=None):
        self.base = base
        self.context = pathlib.Path(folder)
        self.files = []
        self._changes = 0
        shutil.rmtree(self.context, ignore_errors=True)
        self.context.mkdir(parents=True)
        self.write_dockerfile(lines)

    def add(self, path, content):
        file = self.context / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        self.files.append(file)

    def write_dockerfile(self, lines):
        (self.context / "Dockerfile").write_text("".join(f"{line}\n" for line in lines))

    def change(self, number):
        """Overwrite the start of one file with bytes never seen before."""
        self._changes += 1
        with open(self.files[number], "r+b") as file:
            file.write(f"{os.getpid()} {self._changes} ".encode())

    def refresh(self):
        """Every layer's first file differs: no cache of any engine can help."""
        for number in self.first_of_each_layer():
            self.change(number)

    def first_of_each_layer(self):
        seen = {}
        for number, file in enumerate(self.files):
            seen.setdefault(file.relative_to(self.context).parts[0], number)
        return seen.values()

    def size(self):
        return sum(file.stat().st_size for file in self.files)


def layers(folder, count, size):
    """`count` COPY lines, each of one file of `size` bytes."""
    names = [f"layer{number}" for number in range(count)]
    work = Workload(folder, ["FROM scratch", *(f"COPY {name}/file /{name}/" for name in names)])
    content = Content(1)
    for name in names:
        work.add(f"{name}/file", content.take(size))
    return work


def big(folder, total, count):
    """One COPY of `total` bytes in `count` files."""
    work = Workload(folder, ["FROM scratch", "COPY data /data/"])
    content = Content(2)
    for number in range(count):
        work.add(f"data/file{number:03}", content.take(total // count))
    return work


def layered(folder, total, count):
    """`total` bytes in `count` files, each a COPY of its own."""
    work = Workload(folder, ["FROM scratch", *(f"COPY data/file{number} /data/" for number in range(count))])
    content = Content(2)
    for number in range(count):
        work.add(f"data/file{number}", content.take(total // count))
    return work


def many(folder, count):
    """One COPY of `count` files of 1 to 8 KiB, a hundred in a directory."""
    work = Workload(folder, ["FROM scratch", "COPY data /data/"])
    content = Content(3)
    sizes = random.Random(4)
    for number in range(count):
        work.add(f"data/dir{number // 100:04}/file{number:06}", content.take(sizes.randint(1, 8) << 10))
    return work


def commands(folder, base, count):
    """`count` trivial RUN lines over a file that decides whether they run."""
    work = Workload(folder, [f"FROM {base[1]}", "COPY seed/file /seed",
                             *(f"RUN echo {number} > /made{number}" for number in range(count))], base)
    work.add("seed/file", b" " * 64)
    return work


SOURCE = """#include <map>
#include <regex>
#include <string>
std::size_t part_{number}(const std::string& text) {{
  std::map<std::string, int> counts;
  const std::regex word("[a-z]+{number}");
  for (std::sregex_iterator it(text.begin(), text.end(), word), end; it != end; ++it) ++counts[it->str()];
  return counts.size();
}}
"""


class Project(Workload):
    """`count` .cpp and a main.cpp, compiled in a stage, in a build folder that is kept."""

    def __init__(self, folder, base, count):
        super().__init__(folder, [], base)
        self._caches = 0
        names = [f"part_{number}" for number in range(count)]
        for number, name in enumerate(names):
            self.add(f"src/{name}.cpp", (" " * 64 + "\n" + SOURCE.format(number=number)).encode())
        declared = "".join(f"std::size_t {name}(const std::string&);\n" for name in names)
        calls = " + ".join(f'{name}("text")' for name in names)
        self.add("src/main.cpp", f"#include <string>\n{declared}int main() {{ return static_cast<int>({calls}); }}\n".encode())
        self.add("src/CMakeLists.txt", ("cmake_minimum_required(VERSION 3.25)\nproject(app LANGUAGES CXX)\n"
                                        f"add_executable(app main.cpp {' '.join(name + '.cpp' for name in names)})\n").encode())
        self.new_cache()

    def new_cache(self):
        """The next build compiles all: an empty build folder alone would run nothing again."""
        self._caches += 1
        self.change(0)
        cache = f"bench-{os.getpid()}-{self._caches}"
        self.write_dockerfile([f"FROM {self.base[1]} AS build",
                               f"RUN --mount=type=bind,source=src,target=/src --mount=type=cache,id={cache},target=/out "
                               "cmake -S /src -B /out -G Ninja && ninja -C /out && cp /out/app /app",
                               "FROM scratch", "COPY --from=build /app /app"])

    def change(self, number):
        """As an editor does: other bytes, and the time of now."""
        self._changes += 1
        text = self.files[number].read_text().splitlines()
        self.files[number].write_text("\n".join([f"// {os.getpid()} {self._changes}", *text[1:]]) + "\n")

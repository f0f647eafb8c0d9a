// Pages of the rules on C++.
#include "lint/rule.hpp"

namespace slipway::lint {

const std::vector<Rule>& cpp_rules() {
  constexpr auto group = Group::cpp;
  static const std::vector<Rule> table = {
      {.name = "CppReleaseMismatch",
       .group = group,
       .page =
           {"A program is compiled on another distribution, or release of it, than it runs on.",
            "The C library of the older one lacks symbol versions of the newer, and musl is not glibc: it crashes at its start.",
            "FROM debian:13 AS build\nRUN make\nFROM debian:12\nCOPY --from=build /app /app\n",
            "FROM debian:12 AS build\nRUN make\nFROM debian:12-slim\nCOPY --from=build /app /app\n"}},
      {.name = "CppBuildTreeInContext",
       .group = group,
       .page =
           {"The whole context is copied for a build, and .dockerignore does not name build/.",
            "The build tree of the machine, with its absolute paths and its compiler, disturbs the one in the image.",
            "FROM debian:12\nCOPY . /src/\nRUN cmake --build /src/build\n",
            "FROM debian:12\nCOPY src CMakeLists.txt /src/\nRUN cmake --build /src/build\n"}},
      {.name = "CppResultInCacheMount",
       .group = group,
       .page =
           {"COPY --from names a file that was made inside a cache mount.",
            "A cache mount is not part of the stage: the file is not there.",
            "FROM debian:12 AS build\nRUN --mount=type=cache,target=/build cmake --build /build\nFROM debian:12\nCOPY --from=build /build/app /app\n",
            "FROM debian:12 AS build\nRUN --mount=type=cache,target=/build cmake --build /build && cp /build/app /app\nFROM debian:12\nCOPY --from=build /app /app\n"}},
      {.name = "CppNoCompilerCache",
       .group = group,
       .page =
           {"A RUN compiles without a cache mount.",
            "Each change compiles everything again; with ccache in a mount, only what changed.",
            "FROM debian:12\nRUN cmake --build /build\n",
            "FROM debian:12\nRUN --mount=type=cache,target=/root/.cache/ccache cmake --build /build\n"}},
      {.name = "CppCompilerInFinalImage",
       .group = group,
       .page =
           {"The image that runs a program has compilers or headers installed.",
            "They are most of its size, and help who breaks in.",
            "FROM debian:12\nRUN apt-get install -y g++\nCMD [\"app\"]\n",
            "FROM debian:12 AS build\nRUN apt-get install -y g++\nFROM debian:12\nCOPY --from=build /app /app\nCMD [\"/app\"]\n"}},
      {.name = "CppNoBuildType",
       .group = group,
       .page = {"cmake configures without CMAKE_BUILD_TYPE or a preset.",
                "By default CMake gives no -O flag at all.",
                "FROM debian:12\nRUN cmake -S /src -B /build\n",
                "FROM debian:12\nRUN cmake -S /src -B /build -DCMAKE_BUILD_TYPE=Release\n"}},
      {.name = "CppDebugInfoInImage",
       .group = group,
       .page =
           {"RelWithDebInfo is built, and nothing strips it.",
            "Debug information makes programs many times as large.",
            "FROM debian:12\nRUN cmake -B /build -DCMAKE_BUILD_TYPE=RelWithDebInfo && cmake --install /build\n",
            "FROM debian:12\nRUN cmake -B /build -DCMAKE_BUILD_TYPE=RelWithDebInfo && cmake --install /build --strip\n"}},
      {.name = "CppNativeInstructions",
       .group = group,
       .page = {"Code is compiled with -march=native.",
                "On an older processor than the builder's it dies of an illegal instruction.",
                "FROM debian:12\nENV CXXFLAGS=-march=native\n",
                "FROM debian:12\nENV CXXFLAGS=-march=x86-64-v2\n"}},
      {.name = "CppLibraryPathInImage",
       .group = group,
       .page =
           {"ENV sets LD_LIBRARY_PATH in the image.",
            "It reaches every program, the shell and its tools too, before their own libraries.",
            "FROM debian:12\nENV LD_LIBRARY_PATH=/opt/app/lib\n",
            "FROM debian:12\nENV APP_HOME=/opt/app\n"}},
      {.name = "CppUnboundedJobs",
       .group = group,
       .page = {"make has -j without a number.",
                "It starts as many compilers as there are files, and runs out of memory.",
                "FROM debian:12\nRUN make -j\n", "FROM debian:12\nRUN make -j\"$(nproc)\"\n"}},
      {.name = "CppCloneWithoutKey",
       .group = group,
       .page = {"git fetches over SSH in a RUN without --mount=type=ssh.",
                "The step fails, or works by a key that was copied into a layer.",
                "FROM debian:12\nRUN git clone git@github.com:example/lib.git\n",
                "FROM debian:12\nRUN --mount=type=ssh git clone git@github.com:example/lib.git\n"}},
      {.name = "CppStaticGlibc",
       .group = group,
       .page =
           {"A program is linked statically with glibc.",
            "It still loads libraries of that very glibc at run time, for host names and users, and crashes where they differ.",
            "FROM debian:12\nRUN g++ -static main.cpp\n",
            "FROM alpine:3.20\nRUN g++ -static main.cpp\n"}},
  };
  return table;
}

}  // namespace slipway::lint

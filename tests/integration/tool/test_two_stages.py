"""The classic Dockerfile of two stages, one with a toolchain and one with the program,
for Go and for C++, on bases made of Debian packages."""

import debian
import harness
import run_harness

GO = {
    "go.mod": "module example.org/server\n\ngo 1.19\n",
    "src/main.go": 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("served by Go") }\n',
    "README.md": "The server\n",
}
GO_LINES = """FROM oci:{toolchain} AS build
ENV GOFLAGS=-trimpath CGO_ENABLED=0 GOCACHE=/cache HOME=/root
WORKDIR /work
COPY go.mod ./
RUN go mod download && echo fetched
COPY src/ src/
RUN --mount=type=cache,target=/cache go build -o /out/server ./src && echo compiled
FROM oci:{runtime}
COPY README.md /usr/share/doc/server/
COPY --from=build /out/server /usr/bin/server
EXPOSE 8080
ENTRYPOINT ["/usr/bin/server"]"""

CPP = {
    "third_party/language.hpp": "#include <string>\nstd::string language();\n",
    "third_party/language.cpp": '#include "language.hpp"\nstd::string language() { return "C++"; }\n',
    "src/main.cpp": '#include <iostream>\n#include "language.hpp"\nint main() { std::cout << "served by " << language() << "\\n"; }\n',
    "README.md": "The server\n",
}
CPP_LINES = """FROM oci:{toolchain} AS build
WORKDIR /work
COPY third_party/ third_party/
RUN g++ -O1 -c third_party/language.cpp -o language.o && echo fetched
COPY src/ src/
RUN mkdir /out && g++ -O1 -Ithird_party src/main.cpp language.o -o /out/server && echo compiled
FROM oci:{runtime}
COPY README.md /usr/share/doc/server/
COPY --from=build /out/server /usr/bin/server
EXPOSE 8080
ENTRYPOINT ["/usr/bin/server"]"""


class TwoStages(run_harness.RunTest):
    def make_bases(self):
        for name, packages in {"toolchain": ["dash", "coreutils", "g++", "golang-go"],
                               "runtime": ["libstdc++6"]}.items():
            debian.write_tree(self, self.bases / f"{name}.tar", packages, "extract")
            file = self.bases / f"{name}.Dockerfile"
            file.write_text(f"FROM scratch\nADD {name}.tar /\n")
            self.slipway("build", "-f", file, "--compression", "none", "--output", f"oci:{self.bases / name}",
                         self.bases, timeout=300)
            (self.bases / f"{name}.tar").unlink()

    def check(self, files, lines, greeting, changed):
        for path, text in files.items():
            self.write(path, text)
        self.dockerfile(lines.format(toolchain=self.bases / "toolchain", runtime=self.bases / "runtime"))
        folder = self.plan(folder=f"ninja-{changed.partition('.')[2]}")
        first = self.ninja(folder, timeout=600).out
        self.assertIn("fetched\n", first)
        self.assertIn("compiled\n", first)
        layout = self.planned_layout(folder)
        self.check_image(layout, greeting)
        self.assertEqual(self.digest(layout), self.build("one-process", timeout=600))

        self.write("README.md", "The server, described at more length\n")
        titles = "\n".join(self.ninja_titles(folder))
        self.assertIn("README.md", titles)
        self.assertNotIn("RUN", titles)
        self.assertNotIn("COPY src", titles)

        self.write(changed, files[changed].replace("served", "served anew"))
        again = self.ninja(folder, timeout=600).out
        self.assertIn("compiled\n", again)
        self.assertNotIn("fetched\n", again)
        self.check_image(layout, greeting.replace("served", "served anew"))

    def check_image(self, layout, greeting):
        manifest, config = self.image(layout)
        base, _ = self.image(self.bases / "runtime")
        added = manifest["layers"][len(base["layers"]):]
        self.assertEqual([name for layer in added for name in self.names(layer, layout)],
                         ["usr/share/doc/server/README.md", "usr/bin/server"])
        self.assertEqual(config["config"]["ExposedPorts"], {"8080/tcp": {}})
        self.assertEqual(config["config"]["Entrypoint"], ["/usr/bin/server"])
        self.assertEqual(self.slipway("run", "--rm", f"oci:{layout}").out, greeting + "\n")

    def test_go_and_cpp(self):
        self.make_bases()
        self.check(GO, GO_LINES, "served by Go", "src/main.go")
        self.check(CPP, CPP_LINES, "served by C++", "src/main.cpp")


if __name__ == "__main__":
    harness.main()

"""--build-context: other places for COPY --from and FROM."""

import json

import harness
import servers


class NamedContexts(harness.ToolTest):
    def setUp(self):
        super().setUp()
        self.other = self.work / "other"
        self.other.mkdir()
        (self.other / "a").write_text("a")
        (self.other / "b").write_text("b")

    def names_with(self, *contexts, **how):
        options = [word for context in contexts for word in ("--build-context", context)]
        self.build(options=["--compression", "none", *options], **how)
        manifest, _ = self.image(self.work / "image")
        return [name for layer in manifest["layers"] for name in self.names(layer, "image")]

    def test_directory(self):
        self.dockerfile("FROM scratch", "COPY --from=other . /o/")
        self.assertEqual(self.names_with(f"other={self.other}"), ["o/a", "o/b"])

    def test_its_own_ignore_file_and_no_other(self):
        (self.other / ".dockerignore").write_text("b\n.dockerignore\n")
        self.write(".dockerignore", "a\n")
        self.write("Dockerfile.dockerignore", "a\n")
        self.dockerfile("FROM scratch", "COPY --from=other . /o/")
        self.assertEqual(self.names_with(f"other={self.other}"), ["o/a"])

    def test_it_stands_before_a_stage(self):
        self.write("mine", "x")
        self.dockerfile("FROM scratch AS other", "COPY mine /mine", "FROM scratch", "COPY --from=other / /o/")
        self.assertEqual(self.names_with(), ["o/mine"])
        self.assertEqual(self.names_with(f"other={self.other}"), ["o/a", "o/b"])

    def test_layout_as_base_and_as_source(self):
        self.dockerfile("FROM scratch", "COPY . /base/")
        self.write("f", "x")
        self.build("layout")
        context = self.work / "second"
        context.mkdir()
        (context / "Dockerfile").write_text("FROM debian:12\nCOPY --from=img /base/f /copied\n")
        layout = f"oci-layout://{self.work / 'layout'}"
        digest = json.loads((self.work / "layout/index.json").read_text())["manifests"][0]["digest"]
        names = self.names_with(f"debian:12={layout}", f"img={layout}@{digest}", context=context)
        self.assertEqual(names[-1], "copied")
        self.assertIn("base/f", names)

    def test_image_of_the_store(self):
        self.write("f", "x")
        self.dockerfile("FROM scratch", "COPY f /")
        self.slipway("build", "-t", "mine:1", "--compression", "none", self.context)
        self.dockerfile("FROM base")
        self.assertEqual(self.names_with("base=docker-image://mine:1"), ["f"])

    def test_edges_follow_its_files(self):
        self.dockerfile("FROM scratch", "COPY --from=other . /o/")
        option = f"--build-context=other={self.other}"
        folder = self.plan(options=[option])
        self.ninja(folder)
        self.assertEqual(self.ninja_titles(folder), [])
        (self.other / "c").write_text("c")
        self.assertIn("COPY --from=other . /o/", self.ninja_titles(folder))
        self.assertEqual(self.digest(self.planned_layout(folder)), self.build(options=[option]))

    def test_archive_and_file_of_a_server(self):
        served = self.work / "served"
        served.mkdir()
        server = servers.FileServer(served)
        self.addCleanup(server.close)
        self.run_command("tar", "-C", self.other, "-czf", served / "t.tgz", ".")
        (served / "plain").write_text("x")
        self.dockerfile("FROM scratch", "COPY --from=other . /o/")
        self.assertEqual(self.names_with(f"other={server.url}/t.tgz"), ["o/a", "o/b"])
        self.assertEqual(self.names_with(f"other={server.url}/plain"), ["o/context"])

    def test_repository(self):
        self.need("git")
        served = self.work / "served"
        served.mkdir()
        server = servers.FileServer(served)
        self.addCleanup(server.close)
        servers.Repository(self.work / "source", served / "r.git").commit("v1", top="1", sub__inner="1")
        self.dockerfile("FROM scratch", "COPY --from=other . /o/")
        self.assertEqual(self.names_with(f"other={server.url}/r.git"), ["o/sub/inner", "o/top"])
        self.assertEqual(self.names_with(f"other={server.url}/r.git#v1:sub"), ["o/inner"])

    def test_mistakes(self):
        self.dockerfile("FROM other")
        result = self.slipway("build", "--build-context", f"other={self.other}", self.context, status=3)
        self.assertIn("is a directory and no image", result.err)
        result = self.slipway("build", "--build-context", "x", self.context, status=2)
        self.assertIn("--build-context 'x' is not of the form name=context", result.err)


if __name__ == "__main__":
    harness.main()

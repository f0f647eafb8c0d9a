"""The flags of `slipway build`: where results go, what is made again, what is told."""

import io
import json
import os
import tarfile

import harness


class Build(harness.ToolTest):
    def setUp(self):
        super().setUp()
        self.write("app", "program\n", 0o755)
        self.dockerfile("FROM scratch", "COPY --chown=5:6 app /usr/bin/")

    def output_of(self, *options, **how):
        return self.run_command(harness.tool(), "build", *options, self.context, **how)

    # --output

    def test_directory(self):
        self.output_of("-o", self.work / "root")
        program = self.work / "root/usr/bin/app"
        self.assertEqual(program.read_text(), "program\n")
        self.assertEqual(program.stat().st_mode & 0o7777, 0o755)
        self.assertEqual(program.stat().st_uid, os.geteuid())
        (self.work / "root/mine").write_text("stays")
        self.output_of("--output", f"type=local,dest={self.work / 'root'}")
        self.assertEqual((self.work / "root/mine").read_text(), "stays")

    def members(self, data):
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            return {member.name: member for member in archive}

    def test_tar(self):
        self.output_of("-o", f"type=tar,dest={self.work / 'root.tar'}")
        members = self.members((self.work / "root.tar").read_bytes())
        self.assertEqual(sorted(members), ["usr", "usr/bin", "usr/bin/app"])
        self.assertEqual((members["usr/bin/app"].uid, members["usr/bin/app"].gid), (5, 6))

    def test_tar_on_standard_output(self):
        result = self.run_command("sh", "-c", '"$0" build -o - "$1" > root.tar', harness.tool(), self.context)
        self.assertEqual(result.out, "")
        self.assertIn("usr/bin/app", self.members((self.work / "root.tar").read_bytes()))

    def test_archives(self):
        for kind, inside in (("oci", "index.json"), ("docker", "manifest.json")):
            path = self.work / f"{kind}.tar"
            self.output_of("-t", "app:1", "--output", f"type={kind},dest={path}")
            self.assertIn(inside, self.members(path.read_bytes()))

    def test_layout_and_several_at_once(self):
        self.output_of("--output", f"type=oci,tar=false,dest={self.work / 'one'}",
                       "--output", f"oci:{self.work / 'two'}", "-o", self.work / "three")
        self.assertEqual(self.digest(self.work / "one"), self.digest(self.work / "two"))
        self.assertTrue((self.work / "three/usr/bin/app").exists())

    def test_names(self):
        self.output_of("-o", "type=image,name=example.org/app:2")
        self.assertIn("example.org/app", self.slipway("images").out)

    def test_bad_outputs(self):
        for output, message in (
                ("type=oc,dest=x", "--output 'type=oc,dest=x': unknown type 'oc'"),
                ("type=local", "--output 'type=local': dest is missing"),
                ("type=tar,dst=x", "--output 'type=tar,dst=x': unknown attribute 'dst'"),
                ("type=oci,tar=no,dest=x", "--output 'type=oci,tar=no,dest=x': tar is neither true nor false"),
                ("type=local,dest=-", "a directory cannot be written to the standard output"),
                ("type=registry", "the image has no name"),
                ("oci:dir:v1", "a name of the image does not belong here")):
            result = self.output_of("-o", output, status=2)
            self.assertIn(message, result.err)
            self.assert_one_diagnostic(result)

    # What is told

    def test_files_with_digests(self):
        result = self.output_of("-q", "-t", "app:1", "--iidfile", "id", "--metadata-file", "meta.json")
        metadata = json.loads((self.work / "meta.json").read_text())
        self.assertEqual(metadata["containerimage.digest"], result.out.strip())
        self.assertEqual(metadata["containerimage.descriptor"]["digest"], result.out.strip())
        self.assertEqual(metadata["containerimage.config.digest"], (self.work / "id").read_text())
        self.assertEqual(metadata["image.name"], "docker.io/library/app:1")
        self.assertEqual(result.err, "")

    def test_plain_progress(self):
        first = self.output_of("--progress=plain").err.splitlines()
        self.assertEqual(first[0], "#1 [1/1] COPY --chown=5:6 app /usr/bin/")
        self.assertRegex(first[1], r"^#1 DONE \d+\.\ds$")
        self.assertEqual(self.output_of().err.splitlines()[1], "#1 CACHED")

    def test_json_progress(self):
        lines = [json.loads(line) for line in self.output_of("--progress", "rawjson").err.splitlines()]
        started, completed = (line["vertexes"][0] for line in lines)
        self.assertEqual(started["name"], "[1/1] COPY --chown=5:6 app /usr/bin/")
        self.assertNotIn("completed", started)
        self.assertIn("completed", completed)
        self.assertEqual(started["digest"], completed["digest"])

    def test_progress_on_a_terminal(self):
        result = self.run_command("script", "-qec", f"'{harness.tool()}' build '{self.context}'", "/dev/null")
        self.assertIn(" => [1/1] COPY", result.out)
        self.assertIn("sha256:", result.out)

    def test_quiet_prints_the_digest_and_nothing_else(self):
        self.dockerfile("# warned of", "FROM scratch as s", "COPY app /")
        for flag in ("-q", "--progress=quiet"):
            result = self.slipway("build", flag, "--no-cache", self.context)
            self.assertEqual(result.err, "")
            self.assertRegex(result.out, r"^sha256:[0-9a-f]{64}\n$")
        self.dockerfile("# check=error=true", "FROM scratch as s", "COPY app /")
        self.assertIn("FromAsCasing", self.slipway("build", "-q", self.context, status=3).err)

    def test_the_dockerfile_is_found_or_missed_clearly(self):
        (self.context / "Dockerfile").unlink()
        missing = self.slipway("build", self.context, status=3).err
        self.assertIn(f"error: there is no Dockerfile in the build context '{self.context}'", missing)
        for name in ("Containerfile", "dockerfile"):
            self.write(name, f"FROM scratch\nLABEL name={name}\n")
            self.slipway("build", "-t", "found", self.context)
            labels = json.loads(self.slipway("inspect", "found").out)[0]["Config"]["Labels"]
            self.assertEqual(labels, {"name": name})
        result = self.slipway("build", self.context / "dockerfile", status=3).err
        self.assertIn(f"'{self.context}/dockerfile' is a file, not a directory\n  hint: a Dockerfile is named by -f", result)
        result = self.slipway("build", "-f", "dockerfile", self.context, status=3).err
        self.assertIn(f"the Dockerfile 'dockerfile' does not exist\n  hint: -f is relative to where you are", result)
        result = self.slipway("build", "-f", self.context / "dockerfile", self.context / "no", status=3).err
        self.assertIn(f"the build context '{self.context}/no' does not exist", result)
        result = self.slipway("build", "-f", self.context, status=3).err
        self.assertIn("is a directory", result)

    def test_empty_values(self):
        """`--name=` has an empty value; the next word is a word of its own."""
        self.dockerfile("FROM scratch", "ARG WORD=default", "LABEL word=[$WORD]")
        self.slipway("build", "--target=", "--platform=", "--build-arg=WORD=", "-t", "empty", self.context)
        described = json.loads(self.slipway("inspect", "empty").out)
        self.assertEqual(described[0]["Config"]["Labels"], {"word": "[]"})
        self.assertIn("--push", self.slipway("build", "--push=", self.context, status=2).err)

    def test_unknown_flags_get_a_hint(self):
        self.assertIn("--no-cache", self.output_of("--nocache", status=2).err)
        self.assertIn("'plan'", self.slipway("plam", status=2).err)

    # What is made again

    def test_no_cache(self):
        self.dockerfile("FROM scratch AS one", "COPY app /one", "FROM scratch", "COPY app /two",
                        "COPY --from=one /one /three")
        self.output_of()

        def cached(*options):
            return self.output_of(*options).err.count(" CACHED")
        self.assertEqual(cached(), 3)
        self.assertEqual(cached("--no-cache"), 0)
        self.assertEqual(cached("--no-cache-filter", "one"), 2)
        self.assertEqual(cached("--no-cache-filter=1"), 1)

    def test_argument_files(self):
        self.dockerfile("FROM scratch", "ARG A=0", "ARG B=0", "LABEL a=$A b=$B", "COPY app /")
        (self.work / "args").write_text("# two\nA=1\nB=2\n")
        self.build(options=("--build-arg-file", "args", "--build-arg", "B=3"))
        _, config = self.image(self.work / "image")
        self.assertEqual(config["config"]["Labels"], {"a": "1", "b": "3"})

    # Stages

    def test_stages_keep_owners_and_links(self):
        self.dockerfile("FROM scratch AS one", "COPY --chown=7:8 pair /pair", "FROM scratch",
                        "COPY --from=one /pair /pair")
        self.write("pair/a", "same")
        os.link(self.context / "pair/a", self.context / "pair/b")
        self.output_of("-o", f"type=tar,dest={self.work / 'root.tar'}")
        members = self.members((self.work / "root.tar").read_bytes())
        self.assertEqual((members["pair/a"].uid, members["pair/a"].gid), (7, 8))
        self.assertTrue(members["pair/b"].islnk())

    def test_failures_in_parallel_stages(self):
        self.dockerfile("FROM scratch AS one", "COPY absent-1 /", "FROM scratch AS two", "COPY app /",
                        "FROM scratch", "COPY --from=one / /1/", "COPY --from=two / /2/")
        result = self.output_of("-o", self.work / "root", status=3)
        self.assertIn("Dockerfile:2:6: error: copy 'absent-1': not found", result.err)
        self.assert_one_diagnostic(result)
        self.assertFalse((self.work / "root").exists())


if __name__ == "__main__":
    harness.main()

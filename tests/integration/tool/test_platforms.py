"""--platform: one, several, and stages of their own."""

import json
import platform
import struct
import subprocess
import tarfile
import unittest

import harness
import run_harness

INDEX = "application/vnd.oci.image.index.v1+json"


def foreign_program():
    """An ELF file that says it is for arm64."""
    header = struct.pack("<HHIQQQIHHHHHH", 2, 183, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 120, 120, 4096)
    return b"\x7fELF\x02\x01\x01" + bytes(9) + header + segment


class Platforms(harness.ToolTest):
    def setUp(self):
        super().setUp()
        self.write("a", "for amd64")
        self.write("b", "for arm64")
        self.dockerfile("FROM scratch AS stage-amd64", "COPY a /file", "FROM scratch AS stage-arm64",
                        "COPY b /file", "FROM stage-$TARGETARCH", "ARG TARGETPLATFORM",
                        "LABEL platform=$TARGETPLATFORM")

    def blob(self, digest):
        return (self.work / "image/blobs/sha256" / digest.partition(":")[2]).read_bytes()

    def build_both(self, *options):
        return self.slipway("build", "--platform=linux/amd64,linux/arm64", *options, self.context)

    def test_index_over_both(self):
        digest = self.build_both("-t", "app:1", "-o", f"oci:{self.work}/image", "--iidfile", "id",
                                 "--metadata-file", "meta.json").out.strip()
        top = json.loads((self.work / "image/index.json").read_text())["manifests"]
        self.assertEqual([(entry["mediaType"], entry["digest"]) for entry in top], [(INDEX, digest)])
        index = json.loads(self.blob(digest))
        self.assertEqual(index["mediaType"], INDEX)
        self.assertEqual([entry["platform"] for entry in index["manifests"]],
                         [{"os": "linux", "architecture": "amd64"}, {"os": "linux", "architecture": "arm64"}])
        labels = []
        for entry in index["manifests"]:
            config = json.loads(self.blob(json.loads(self.blob(entry["digest"]))["config"]["digest"]))
            self.assertEqual(config["architecture"], entry["platform"]["architecture"])
            labels.append(config["config"]["Labels"]["platform"])
        self.assertEqual(labels, ["linux/amd64", "linux/arm64"])
        self.assertEqual((self.work / "id").read_text(), digest)
        metadata = json.loads((self.work / "meta.json").read_text())
        self.assertEqual(metadata["containerimage.digest"], digest)
        self.assertNotIn("containerimage.config.digest", metadata)
        out = self.slipway("inspect", "--platform=linux/arm64", "app:1").out
        self.assertEqual(json.loads(out)[0]["Architecture"], "arm64")

    def test_each_is_what_it_is_alone(self):
        digest = self.build_both("-o", f"oci:{self.work}/image").out.strip()
        index = json.loads(self.blob(digest))
        alone = [self.slipway("build", f"--platform=linux/{name}", self.context).out.strip()
                 for name in ("amd64", "arm64")]
        self.assertEqual([entry["digest"] for entry in index["manifests"]], alone)
        self.assertEqual(self.slipway("build", "--platform=linux/amd64,amd64", self.context).out.strip(), alone[0])

    def test_archive(self):
        self.build_both("-o", f"type=oci,dest={self.work}/image.tar")
        self.build_both("-o", f"oci:{self.work}/image")
        with tarfile.open(self.work / "image.tar") as archive:
            packed = {member.name for member in archive if not member.isdir()}
        folder = self.work / "image"
        self.assertEqual(packed, {str(path.relative_to(folder)) for path in folder.rglob("*")
                                  if path.is_file() and path.suffix != ".lock"})

    def test_filesystems_have_a_folder_each(self):
        self.build_both("-o", f"type=local,dest={self.work}/out")
        for name in ("amd64", "arm64"):
            self.assertEqual((self.work / f"out/linux_{name}/file").read_text(), f"for {name}")
        self.build_both("-o", f"type=tar,dest={self.work}/out.tar")
        with tarfile.open(self.work / "out.tar") as archive:
            self.assertEqual(sorted(member.name for member in archive if not member.isdir()),
                             ["linux_amd64/file", "linux_arm64/file"])

    def test_docker_archives_hold_one(self):
        result = self.slipway("build", "--platform=linux/amd64,linux/arm64",
                              "-o", f"type=docker,dest={self.work}/x.tar", self.context, status=2)
        self.assertIn("type=docker takes an image of one platform", result.err)
        self.assertFalse((self.work / "x.tar").exists())

    def test_progress_names_the_platform(self):
        lines = self.build_both().err.splitlines()
        self.assertIn("#1 [linux/amd64 1/1] COPY a /file", lines)
        self.assertIn("#2 [linux/arm64 1/1] COPY b /file", lines)

    def test_mistakes(self):
        for options, message in [(["--platform=linux/amd64,linux/none"], "parse platform 'linux/none'"),
                                 (["--platform=linux/amd64,"], "parse platform ''")]:
            self.assertIn(message, self.slipway("build", *options, self.context, status=3).err)
        result = self.slipway("plan", "--platform=linux/amd64,linux/arm64", self.context, status=2)
        self.assertIn("only build takes several platforms", result.err)

    def test_asked_platform_wins_over_the_base(self):
        self.dockerfile("FROM --platform=linux/amd64 scratch AS base", "COPY a /file", "FROM base")
        self.build("image", options=["--platform=linux/arm64"])
        self.assertEqual(self.image(self.work / "image")[1]["architecture"], "arm64")
        self.build("image")
        self.assertEqual(self.image(self.work / "image")[1]["architecture"], "amd64")

    def test_windows_has_another_shell(self):
        self.dockerfile("FROM scratch", "COPY a /file", "CMD run it")
        self.build("image", options=["--platform=windows/amd64"])
        config = self.image(self.work / "image")[1]["config"]
        self.assertEqual(config["Cmd"], ["cmd", "/S", "/C", "run it"])
        self.assertNotIn("Env", config)

    def test_run_of_another_machine(self):
        machine = subprocess.run(["uname", "-m"], check=True, capture_output=True, text=True).stdout.strip()
        if machine != "x86_64":
            self.skipTest("the foreign program is foreign to x86_64")
        self.write("sh", foreign_program(), 0o755)
        self.dockerfile("FROM scratch", "COPY sh /bin/sh", "RUN true")
        result = self.slipway("build", "--platform=linux/arm64", self.context, status=None)
        if result.status == 4 or result.status == 1:
            self.skipTest("commands cannot run here, or an emulator runs them")
        self.assertEqual(result.status, 3)
        self.assertIn("Dockerfile:3:1: error: run '/bin/sh' in the container: Exec format error", result.err)
        self.assertIn("this stage is for linux/arm64 and this machine is linux/amd64", result.err)


@unittest.skipUnless(platform.machine() == "x86_64", "its two platforms are of another machine")
class RunOnPlatforms(run_harness.RunTest):
    def test_commands_run_side_by_side(self):
        """Each waits for the other: neither would end if they came one after the other."""
        meet = ("touch /meet/$TARGETVARIANT; i=0; until test -e /meet/ -a $(ls /meet | wc -l) = 2; "
                "do i=$((i+1)); test $i -lt 600 || exit 9; sleep 0.05; done")
        self.dockerfile(*self.on_base("ARG TARGETVARIANT", f"RUN --mount=type=cache,target=/meet {meet}"))
        self.slipway("build", "--platform", "linux/amd64/v2,linux/amd64/v3", "--output", f"oci:{self.work / 'both'}",
                     self.context)

    def test_equal_commands_run_once(self):
        self.dockerfile(*self.on_base("RUN --mount=type=cache,target=/count echo x >> /count/runs && cat /count/runs > /runs",
                                      name="base"),
                        "FROM scratch", "ARG TARGETVARIANT", "COPY --from=0 /runs /$TARGETVARIANT")
        text = (self.context / "Dockerfile").read_text().replace("FROM oci", "FROM --platform=$BUILDPLATFORM oci", 1)
        (self.context / "Dockerfile").write_text(text)
        self.slipway("build", "--platform", "linux/amd64/v2,linux/amd64/v3", "--output", f"type=local,dest={self.work / 'out'}",
                     self.context)
        found = sorted((self.work / "out").rglob("v[23]"))
        self.assertEqual([file.read_text() for file in found], ["x\n", "x\n"])


if __name__ == "__main__":
    harness.main()

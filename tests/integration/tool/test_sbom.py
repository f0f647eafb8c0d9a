"""SBOMs and provenance: of images that anybody made, and of projects that bring what
projects bring, all of it made for the test."""

import json
import os
import shutil
import subprocess

import check_sbom
import harness
import registry_test

VCPKG_PORT = {"SPDXID": "SPDXRef-DOCUMENT", "packages": [
    {"SPDXID": "SPDXRef-port", "name": "ported", "versionInfo": "1.4.0#2", "licenseConcluded": "BSD-3-Clause",
     "licenseDeclared": "NOASSERTION", "downloadLocation": "git+https://example.org/vcpkg@1", "homepage": "https://example.org/ported"},
    {"SPDXID": "SPDXRef-binary", "name": "ported:x64-linux", "versionInfo": "abi", "downloadLocation": "NONE"},
    {"SPDXID": "SPDXRef-resource-1", "name": "org/ported", "downloadLocation": "git+https://example.org/ported@v1.4.0",
     "checksums": [{"algorithm": "SHA512", "checksumValue": "ab" * 64}]}]}

PROJECT = """cmake_minimum_required(VERSION 3.25)
project(demo VERSION 2.5.0 LANGUAGES C)
include("{module}")
include(FetchContent)
FetchContent_Declare(greeting GIT_REPOSITORY "file://{work}/greeting" GIT_TAG v1.2.3)
FetchContent_Declare(archived URL "{work}/archived.tar" URL_HASH SHA256={hash})
FetchContent_MakeAvailable(greeting archived)
find_package(ported REQUIRED CONFIG PATHS "{work}/vcpkg_installed/x64-linux" NO_DEFAULT_PATH)
find_package(packed REQUIRED CONFIG PATHS "{work}/generators" NO_DEFAULT_PATH)
add_library(own SHARED own.c)
set_target_properties(own PROPERTIES VERSION 3.1 SOVERSION 3)
add_library(demo::own ALIAS own)
add_executable(app app.c)
target_link_libraries(app PRIVATE greeting demo::own ported::ported packed::packed archived
                                  $<$<CONFIG:Debug>:never_built>)
add_library(never_built STATIC EXCLUDE_FROM_ALL own.c)
add_container_image(image TARGETS app FROM scratch SBOM on PROVENANCE on ALL)
file(GENERATE OUTPUT where CONTENT
  "$<TARGET_PROPERTY:image,CONTAINER_SBOM_FILES>;$<TARGET_PROPERTY:image,CONTAINER_PROVENANCE_FILE>")
"""

GREETING = """project(greeting_project VERSION 1.2.9 LANGUAGES C)
find_package(ZLIB REQUIRED)
add_library(greeting STATIC greeting.c)
target_link_libraries(greeting PRIVATE ZLIB::ZLIB)
"""

APP = """int greeting(void); int own(void); int ported(void); int packed(void); int archived(void);
int main(void) { return greeting() + own() + ported() + packed() + archived(); }
"""


class SbomTest(harness.ToolTest):
    def sbom(self, *words, **how):
        document = json.loads(self.slipway("sbom", *words, **how).out)
        self.assertEqual(check_sbom.check(document), [])
        return check_sbom.Sbom(document)


class Images(SbomTest):
    def both(self, image):
        return [self.sbom("--format", name, image) for name in ("spdx", "cyclonedx")]

    def test_debian_image(self):
        self.need("dpkg-query")
        self.write("root/etc/os-release", 'NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="12"\n')
        self.write("root/var/lib/dpkg/status",
                   "Package: tool\nStatus: install ok installed\nVersion: 1:2.0+b1\nArchitecture: amd64\n"
                   "Source: toolbox (1:2.0)\nMaintainer: A <a@example.org>\nDescription: x\n y\n\n"
                   "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: all\n")
        self.write("root/var/lib/dpkg/info/tool.list", "/.\n/bin/true\n")
        self.write("root/usr/share/doc/tool/copyright",
                   "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"
                   "Files: *\nCopyright: A\nLicense: GPL-2+ or Artistic\n\nFiles: debian/*\nLicense: Expat\n")
        self.write("root/usr/bin/true", open("/usr/bin/true", "rb").read(), 0o755)
        self.dockerfile("FROM scratch", "COPY root /")
        digest = self.build()
        for sbom in self.both(f"oci:{self.work}/image"):
            self.assertEqual(sbom.components["image"]["version"], digest)
            self.assertEqual(sbom.components["debian"]["version"], "12")
            self.assertNotIn("gone", sbom.components)
            tool = sbom.components["tool"]
            self.assertEqual(tool["purl"],
                             "pkg:deb/debian/tool@1%3A2.0%2Bb1?arch=amd64&distro=debian-12&upstream=toolbox")
            self.assertEqual(tool["licence"], "(GPL-2.0-or-later OR Artistic-1.0)")
            self.assertTrue(sbom.related("tool", "CONTAINS", "/usr/bin/true"))
            self.assertRegex(sbom.components["/usr/bin/true"]["build_id"], "^[0-9a-f]{40}$")
        self.assertEqual(self.slipway("sbom", f"oci:{self.work}/image").out,
                         self.slipway("sbom", f"oci:{self.work}/image", env={"SLIPWAY_STORE": str(self.work / "b")}).out)

    def test_other_databases(self):
        self.write("alpine/lib/apk/db/installed", "P:musl\nV:1.2.4-r2\nA:x86_64\nL:MIT\no:musl\nF:lib\nR:ld-musl.so\n\n"
                                                  "P:odd\nV:1\nA:x86_64\nL:custom: own\no:other\n\n"
                                                  "P:mixed\nV:1\nA:x86_64\nL:mit AND BSD\n")
        self.write("alpine/etc/os-release", "ID=alpine\nVERSION_ID=3.18.4\n")
        self.write("distroless/var/lib/dpkg/status.d/base-files", "Package: base-files\nVersion: 12.4\nArchitecture: amd64\n")
        self.write("distroless/var/lib/dpkg/status.d/base-files.md5sums", "0123  usr/bin/true\n")
        self.write("distroless/usr/bin/true", open("/usr/bin/true", "rb").read(), 0o755)
        for folder, name, purl in (
                ("alpine", "musl", "pkg:apk/alpine/musl@1.2.4-r2?arch=x86_64&distro=alpine-3.18.4"),
                ("distroless", "base-files", "pkg:deb/debian/base-files@12.4?arch=amd64")):
            self.dockerfile("FROM scratch", f"COPY {folder} /")
            self.build(folder)
            for sbom in self.both(f"oci:{self.work}/{folder}"):
                self.assertEqual(sbom.components[name]["purl"], purl)
        self.assertTrue(sbom.related("base-files", "CONTAINS", "/usr/bin/true"))
        components = self.sbom("oci:alpine").components
        self.assertEqual(components["odd"]["licence"], "LicenseRef-custom--own")
        self.assertEqual(components["mixed"]["licence"], "MIT AND LicenseRef-BSD")

    def test_library_of_a_toolchain_image(self):
        """What a closure took out of an image comes from the packages of that image."""
        self.need("cc", "ninja")
        self.write("app.c", "#include <zlib.h>\nint main(void) { return zlibVersion()[0] != '1'; }\n")
        (self.context / "root/out").mkdir(parents=True)
        made = self.run_command("cc", self.context / "app.c", "-o", self.context / "root/out/app", "-lz", status=None)
        if made.status != 0:
            self.skipTest("no C compiler with zlib")
        for line in self.run_command("ldd", self.context / "root/out/app").out.splitlines():
            path = next((word for word in line.split() if word.startswith("/")), None)
            if path:
                self.write("root" + path, open(path, "rb").read(), 0o755)
                if "libz" in path:
                    library = path
        self.write("root/var/lib/dpkg/status", "Package: zlib1g\nStatus: install ok installed\nVersion: 9.9\nArchitecture: any\n")
        self.write("root/var/lib/dpkg/info/zlib1g.list", f"/.\n{library}\n")
        self.dockerfile("FROM scratch", "COPY root /")
        toolchain = self.build("toolchain")
        self.dockerfile(f'ARG FROM="oci:{self.work}/toolchain"', "FROM $FROM", "COPY app.c /")
        folder = self.plan()
        self.ninja(folder)
        (layer,) = folder.rglob("0-base.layer")
        files = [word for name in ("stamp", "depfile", "origins") for word in (f"--{name}", self.work / name)]
        self.slipway("stage", "closure", "/out", "--of-step", layer, "--into", self.work / "context/staged", *files)
        self.dockerfile("FROM scratch", "COPY staged /")
        self.build()
        facts = self.write("facts", f"slipway-facts 1\norigins {self.work}/origins\ntoolchain {layer}\n")
        sbom = self.sbom(f"oci:{self.work}/image", "--facts", facts)
        self.assertEqual(sbom.components["zlib1g"]["version"], "9.9")
        self.assertEqual(sbom.components["toolchain"]["version"], toolchain)
        self.assertTrue(any(owner == "zlib1g" and "/libz.so" in file for owner, _, file in sbom.relations))

    def test_provenance(self):
        self.dockerfile("ARG A=1", "FROM scratch AS one", "ARG A", "COPY Dockerfile /")
        folder = self.plan(options=["--build-arg", "A=https://me:secret@example.org/"])
        self.ninja(folder)
        (step,) = folder.rglob("image.step")
        layout = self.planned_layout(folder)
        said = [self.slipway("provenance", "--step", step, f"oci:{layout}", env=env).out
                for env in ({}, {}, {"SOURCE_DATE_EPOCH": "60", "SLIPWAY_BUILDER_ID": "https://ci.example.org/1"})]
        self.assertEqual(said[0], said[1])
        plain, timed = json.loads(said[0]), json.loads(said[2])
        self.assertEqual(check_sbom.check(plain) + check_sbom.check(timed), [])
        self.assertEqual("sha256:" + plain["subject"][0]["digest"]["sha256"], self.digest(layout))
        parameters = plain["predicate"]["buildDefinition"]["externalParameters"]
        self.assertEqual((parameters["dockerfile"], parameters["buildArgs"]), ("Dockerfile", {"A": "https://example.org/"}))
        self.assertNotIn("metadata", plain["predicate"]["runDetails"])
        self.assertEqual(timed["predicate"]["runDetails"]["metadata"]["startedOn"], "1970-01-01T00:01:00Z")
        self.assertEqual(timed["predicate"]["runDetails"]["builder"]["id"], "https://ci.example.org/1")

    def test_mistakes(self):
        self.dockerfile("FROM scratch", "COPY Dockerfile /")
        self.build()
        self.write("facts", "something else\n")
        self.write("cut", "slipway-facts 1\nversion 1\n")
        image = f"oci:{self.work}/image"
        for words, said in ((["sbom", "oci:nowhere"], "open image layout 'nowhere'"),
                            (["sbom", image, "--format", "xml"], "--format"),
                            (["sbom", image, "--facts", "context/facts"], "line 1: 'something else' is not"),
                            (["sbom", image, "--facts", "context/cut"], "line 2: 'version 1' belongs to no record"),
                            (["sbom", image, "--facts", "absent"], "read 'absent'"),
                            (["provenance", image, "--step", "context/cut"], "read 'context/cut'"),
                            (["push", image, "-t", "127.0.0.1:1/x", "--attach", "absent:a/b"], "open 'absent'")):
            result = self.slipway(*words, status=None)
            self.assertNotEqual(result.status, 0)
            self.assertIn(said, result.err)
            self.assert_one_diagnostic(result)
        result = self.slipway("sbom", image, status=None, env={"SOURCE_DATE_EPOCH": "today"})
        self.assertIn("SOURCE_DATE_EPOCH 'today' is no number of seconds", result.err)


class Projects(SbomTest):
    """A program that links a library of each way of getting one."""

    def setUp(self):
        super().setUp()
        self.need("cmake", "ninja", "git", "cc", "ar", "dpkg-query")
        if not os.path.exists("/usr/include/zlib.h"):
            self.skipTest("zlib1g-dev is not installed")

    def put(self, path, text):
        file = self.work / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def archive(self, path, name):
        """A static library with one function."""
        self.put("function.c", f"int {name}(void) {{ return 0; }}\n")
        self.run_command("cc", "-c", self.work / "function.c", "-o", self.work / "function.o")
        (self.work / path).parent.mkdir(parents=True, exist_ok=True)
        self.run_command("ar", "rcsD", self.work / path, self.work / "function.o")

    def commit(self, folder):
        """All of a folder as a commit; its name."""
        git = ["git", "-C", self.work / folder, "-c", "user.name=A", "-c", "user.email=a@example.org"]
        for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"], ["tag", "v1.2.3"]):
            self.run_command(*git, *words)
        return self.run_command(*git, "rev-parse", "HEAD").out.strip()

    def make_repository(self):
        self.put("greeting/CMakeLists.txt", GREETING)
        self.put("greeting/greeting.c", "#include <zlib.h>\nint greeting(void) { return zlibVersion()[0] != '1'; }\n")
        self.put("greeting/LICENSE", "MIT License\n\nCopyright\n")
        return self.commit("greeting")

    def make_archive(self):
        self.put("archived/CMakeLists.txt", "project(archived VERSION 0.9)\nadd_library(archived STATIC a.c)\n")
        self.put("archived/a.c", "int archived(void) { return 0; }\n")
        self.run_command("tar", "--sort=name", "--mtime=@0", "-cf", "archived.tar", "archived")
        return self.run_command("sha256sum", "archived.tar").out.split()[0]

    def make_vcpkg(self):
        self.archive("vcpkg_installed/x64-linux/lib/libported.a", "ported")
        self.put("vcpkg_installed/vcpkg/status", "Package: ported\nVersion: 1.4.0\nPort-Version: 2\nStatus: install ok installed\n")
        self.put("vcpkg_installed/vcpkg/info/ported_1.4.0_x64-linux.list",
                 "x64-linux/\nx64-linux/lib/\nx64-linux/lib/libported.a\n")
        self.put("vcpkg_installed/x64-linux/share/ported/vcpkg.spdx.json", json.dumps(VCPKG_PORT))
        self.put("vcpkg_installed/x64-linux/share/ported/portedConfig.cmake",
                 "add_library(ported::ported STATIC IMPORTED)\nset_target_properties(ported::ported PROPERTIES "
                 'IMPORTED_LOCATION "${CMAKE_CURRENT_LIST_DIR}/../../lib/libported.a")\n')

    def make_conan(self):
        self.archive("conan/p/packed0123/p/lib/libpacked.a", "packed")
        self.put("conan/p/packed0123/p/licenses/LICENSE", "SPDX-License-Identifier: Apache-2.0\n")
        self.put("generators/packed-release-x86_64-data.cmake",
                 f'set(packed_PACKAGE_FOLDER_RELEASE "{self.work}/conan/p/packed0123/p")\n')
        self.put("generators/packed-config-version.cmake",
                 'set(PACKAGE_VERSION "5.6.7")\nset(PACKAGE_VERSION_COMPATIBLE TRUE)\n')
        self.put("generators/packed-config.cmake",
                 'include("${CMAKE_CURRENT_LIST_DIR}/packed-release-x86_64-data.cmake")\n'
                 "add_library(packed::packed STATIC IMPORTED)\nset_target_properties(packed::packed PROPERTIES "
                 'IMPORTED_LOCATION "${packed_PACKAGE_FOLDER_RELEASE}/lib/libpacked.a")\n')

    def make_project(self):
        commit = self.make_repository()
        digest = self.make_archive()
        self.make_vcpkg()
        self.make_conan()
        self.put("source/CMakeLists.txt", PROJECT.format(module=registry_test.MODULE, work=self.work, hash=digest))
        self.put("source/app.c", APP)
        self.put("source/own.c", "int own(void) { return 0; }\n")
        self.put("source/LICENSE", "SPDX-License-Identifier: GPL-3.0-only\n")
        self.source_commit = self.commit("source")
        return commit, digest

    def configure_and_build(self, tree, **how):
        self.run_command("cmake", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", f"-DSlipway_EXECUTABLE={harness.tool()}",
                         "-S", self.work / "source", "-B", tree)
        self.ninja(tree, **how)
        return [self.work / name for name in (tree / "where").read_text().split(";")]

    def test_project(self):
        commit, digest = self.make_project()
        tree = self.work / "tree"
        files = self.configure_and_build(tree)
        self.assertEqual([file.name for file in files], ["image.spdx.json", "image.cdx.json", "image.provenance.json"])
        for file in files[:2]:
            document = json.loads(file.read_text())
            self.assertEqual(check_sbom.check(document), [])
            self.assert_components(check_sbom.Sbom(document), commit, digest)
        self.assert_kinds(check_sbom.Sbom(json.loads(files[0].read_text())))
        self.assert_provenance(json.loads(files[2].read_text()), commit, digest)
        for file in files:
            self.assertNotIn(str(self.work), file.read_text())
        self.assertEqual(self.ninja_titles(tree), [])
        before = [file.read_text() for file in files]
        # What git would not call the commit is not told as the commit.
        self.put("source/LICENSE", "SPDX-License-Identifier: MIT\n")
        self.run_command("git", "-C", self.work / "source", "add", ".")
        self.assertEqual(set(self.ninja_titles(tree)), {f"Writing {document} of image image"
                                                        for document in ("spdx", "cyclonedx", "provenance")})
        self.assertNotIn(self.source_commit, files[2].read_text())
        self.assertIn('"MIT"', files[0].read_text())
        self.run_command("git", "-C", self.work / "source", "reset", "-q", "--hard")
        self.ninja(tree)
        self.assertEqual([file.read_text() for file in files], before)
        # In another folder, of another store: the same bytes.
        again = self.configure_and_build(self.work / "other" / "tree",
                                         env={"SLIPWAY_STORE": str(self.work / "other store")})
        self.assertEqual([file.read_text() for file in again], [file.read_text() for file in files])

    def test_static_program(self):
        """What the compiler links unasked is in a static program, too."""
        self.put("source/CMakeLists.txt", f"""cmake_minimum_required(VERSION 3.25)
project(demo C)
include("{registry_test.MODULE}")
add_executable(app app.c)
target_link_options(app PRIVATE -static)
add_container_image(image TARGETS app FROM scratch SBOM spdx ALL)
file(GENERATE OUTPUT where CONTENT "$<TARGET_PROPERTY:image,CONTAINER_SBOM_FILES>")
""")
        self.put("source/app.c", "int main(void) { return 0; }\n")
        (file,) = self.configure_and_build(self.work / "tree")
        sbom = check_sbom.Sbom(json.loads(file.read_text()))
        version = self.run_command("dpkg-query", "-W", "-f", "${Version}", "libc6-dev").out
        self.assertEqual(sbom.components["libc6-dev"]["version"], version)
        self.assertIn(("app", "STATIC_LINK", "libc6-dev"), sbom.relations)

    def assert_components(self, sbom, commit, digest):
        parts = sbom.components
        self.assertEqual((parts["app"]["version"], parts["app"]["licence"]), ("2.5.0", "GPL-3.0-only"))
        self.assertEqual(parts["own"]["version"], "3.1")
        # The static library of FetchContent, and the repository that it comes from.
        self.assertEqual(parts["ported"], {
            "version": "1.4.0#2", "purl": "pkg:vcpkg/ported@1.4.0%232", "licence": "BSD-3-Clause",
            "download": "git+https://example.org/ported@v1.4.0", "build_id": None, "hashes": {"SHA512": "ab" * 64}})
        self.assertEqual((parts["packed"]["version"], parts["packed"]["licence"], parts["packed"]["purl"]),
                         ("5.6.7", "Apache-2.0", "pkg:conan/packed@5.6.7"))
        self.assertNotIn("never_built", parts)
        for name in ("zlib1g", "libc6"):
            installed = subprocess.run(["dpkg-query", "-W", "-f", "${Version}\t${Architecture}\n", name], check=True,
                                       capture_output=True, text=True).stdout.split("\n")[0].split("\t")
            self.assertEqual(parts[name]["version"], installed[0])
            self.assertIn(f"?arch={installed[1]}&distro=", parts[name]["purl"])
            self.assertTrue(sbom.related("image", "CONTAINS", name))
        for file in [name for name in parts if "/libz.so" in name]:
            self.assertTrue(sbom.related("zlib1g", "CONTAINS", file))
        self.assertTrue(sbom.related("app", "CONTAINS", "/usr/bin/app"))
        self.assertTrue(sbom.related("app", "STATIC_LINK", "ported"))
        self.assertTrue(any(name in parts for name in ("GCC", "Clang")))

    def assert_kinds(self, sbom):
        """What SPDX alone tells apart."""
        expected = {("app", "STATIC_LINK", "greeting"), ("app", "DYNAMIC_LINK", "own"), ("app", "STATIC_LINK", "packed"),
                    ("app", "STATIC_LINK", "archived"), ("greeting", "DYNAMIC_LINK", "zlib1g"),
                    ("CMake", "BUILD_TOOL_OF", "app"), ("own", "CONTAINS", "/usr/lib/libown.so.3.1")}
        self.assertEqual(expected - sbom.relations, set())
        purls = {reference["referenceLocator"] for package in sbom.document["packages"]
                 for reference in package.get("externalRefs", [])}
        self.assertIn("pkg:generic/greeting@1.2.9", purls)
        sources = {package["name"]: package for package in sbom.document["packages"]
                   if package["primaryPackagePurpose"] == "SOURCE"}
        self.assertEqual(sources["greeting"]["versionInfo"], "v1.2.3")
        self.assertEqual(sources["greeting"]["licenseDeclared"], "MIT")
        self.assertRegex(sources["greeting"]["downloadLocation"], "^git[+]file:greeting@[0-9a-f]{40}$")
        ids = {(relation["spdxElementId"], relation["relationshipType"], relation["relatedSpdxElement"])
               for relation in sbom.document["relationships"]}
        self.assertIn(("SPDXRef-Library-greeting", "GENERATED_FROM", "SPDXRef-Source-greeting"), ids)

    def assert_provenance(self, document, commit, digest):
        self.assertEqual(check_sbom.check(document), [])
        digests = [dependency["digest"] for dependency in
                   document["predicate"]["buildDefinition"]["resolvedDependencies"]]
        self.assertIn({"gitCommit": commit}, digests)
        self.assertIn({"gitCommit": self.source_commit}, digests)
        self.assertIn({"sha256": digest}, digests)


class Pushes(registry_test.ProjectTest):
    def test_push(self):
        name = f"{self.registry.name}/org/app:1"
        base = self.publish_base()
        base_digest = self.registry.manifest("base", "1")[1]
        tree = self.configure("set(SLIPWAY_SBOM on)", "set(SLIPWAY_PROVENANCE ON)",
                              f"add_container_image(image FILES data DESTINATION /data FROM {base} TAGS {name})")
        self.ninja(tree, "image_push")
        manifest = self.registry.manifest("org/app", "1")[0]
        self.assertNotIn("manifests", manifest)  # an image, not an index with what is none
        types = {"application/spdx+json", "application/vnd.cyclonedx+json", "application/vnd.in-toto+json"}
        entries = json.loads(self.slipway("referrers", name, "--json").out)
        self.assertEqual({entry["artifactType"] for entry in entries}, types)
        for entry in entries:
            artifact = self.registry.manifest("org/app", entry["digest"])[0]
            (layer,) = artifact["layers"]
            self.assertEqual(layer["mediaType"], entry["artifactType"])
            document = json.loads(self.registry.blob_file(layer["digest"]).read_text())
            self.assertEqual(check_sbom.check(document), [])
            self.assert_base(document, name, base, base_digest)
        # Beside one image of an index.
        tree = self.configure("add_container_image(image FILES data DESTINATION /data FROM scratch SBOM spdx)",
                              f"add_container_index(index IMAGES image TAGS {self.registry.name}/org/index:1)")
        self.ninja(tree, "index_push")
        (inner,) = self.registry.manifest("org/index", "1")[0]["manifests"]
        self.assertEqual(json.loads(self.slipway("referrers", f"{self.registry.name}/org/index:1", "--json").out), [])
        (entry,) = json.loads(self.slipway("referrers", f"{self.registry.name}/org/index@{inner['digest']}", "--json").out)
        self.assertEqual(entry["artifactType"], "application/spdx+json")
        # What says nothing of an SBOM is not asked for one.
        shutil.rmtree(tree)
        tree = self.configure("add_container_image(image FILES data DESTINATION /data FROM scratch ALL)")
        self.ninja(tree)
        self.assertEqual(list(tree.rglob("*.spdx.json")), [])


    def assert_base(self, document, name, base, digest):
        if "_type" in document:
            (dependency,) = document["predicate"]["buildDefinition"]["resolvedDependencies"]
            self.assertEqual(dependency["digest"], {"sha256": digest.partition(":")[2]})
            return
        sbom = check_sbom.Sbom(document)
        self.assertTrue(sbom.related(name, "DESCENDANT_OF", base))
        self.assertEqual(sbom.components[base]["version"], digest)
        self.assertTrue(sbom.components[base]["purl"].startswith("pkg:oci/base@sha256%3A"))


if __name__ == "__main__":
    harness.main()

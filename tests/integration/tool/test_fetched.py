"""ADD from web servers and git repositories, and contexts that are fetched."""

import hashlib
import io
import os
import subprocess
import tarfile

import harness
import servers


class Fetched(harness.ToolTest):
    def setUp(self):
        super().setUp()
        self.served = self.work / "served"
        self.served.mkdir()
        self.server = servers.FileServer(self.served)
        self.addCleanup(self.server.close)

    def serve(self, name, content):
        (self.served / name).write_bytes(content)
        return f"{self.server.url}/{name}"

    def members(self, *lines, **how):
        self.dockerfile("FROM scratch", *lines)
        self.build(options=["--compression", "none"], **how)
        return self.last_layer()

    def last_layer(self):
        manifest, _ = self.image(self.work / "image")
        digest = manifest["layers"][-1]["digest"].partition(":")[2]
        with tarfile.open(self.work / "image/blobs/sha256" / digest) as archive:
            return {member.name: member for member in archive if not member.isdir()}

    def error(self, *lines, status=3):
        self.dockerfile("FROM scratch", *lines)
        result = self.slipway("build", self.context, status=status)
        self.assertIn("Dockerfile:2:1: error: ", result.err)
        self.assert_one_diagnostic(result)
        return result.err


class Downloads(Fetched):
    def test_name_mode_and_owner(self):
        url = self.serve("a.txt", b"content")
        file = self.members(f"ADD {url}?x=1 /d/")["d/a.txt"]
        self.assertEqual((file.mode, file.uid, file.size, file.mtime), (0o600, 0, 7, 0))
        file = self.members(f"ADD --chmod=644 --chown=5:6 {url} /other")["other"]
        self.assertEqual((file.mode, file.uid, file.gid), (0o644, 5, 6))

    def test_name_from_the_server(self):
        url = self.serve("download", b"x")
        self.server.extra["/download"] = {"Content-Disposition": 'attachment; filename="real.txt"'}
        self.assertIn("d/real.txt", self.members(f"ADD {url} /d/"))

    def test_time_of_the_server_up_to_the_epoch(self):
        url = self.serve("a", b"x")
        os.utime(self.served / "a", (100, 100))
        early = self.members(f"ADD {url} /d/", env={"SOURCE_DATE_EPOCH": "1000"})
        self.assertEqual(early["d/a"].mtime, 100)
        late = self.members(f"ADD {url} /e/", env={"SOURCE_DATE_EPOCH": "50"})
        self.assertEqual(late["e/a"].mtime, 50)

    def test_archives_stay_whole_unless_asked(self):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as archive:
            archive.addfile(tarfile.TarInfo("inner"), io.BytesIO())
        url = self.serve("a.tgz", out.getvalue())
        self.assertEqual(list(self.members(f"ADD {url} /d/")), ["d/a.tgz"])
        self.assertEqual(list(self.members(f"ADD --unpack=true {url} /d/")), ["d/inner"])

    def test_unchanged_file_is_not_sent_again(self):
        url = self.serve("a", b"x")
        self.server.extra["/a"] = {"ETag": '"1"'}
        self.members(f"ADD {url} /d/")
        first = self.digest(self.work / "image")
        self.assertEqual(self.build(options=["--compression", "none"]), first)
        self.assertEqual(self.server.statuses, [200, 304])
        self.serve("a", b"y")
        self.server.extra["/a"] = {"ETag": '"2"'}
        self.assertNotEqual(self.build(options=["--compression", "none"]), first)

    def test_checksum_needs_no_server_twice(self):
        url = self.serve("a", b"x")
        line = f"ADD --checksum=sha256:{hashlib.sha256(b'x').hexdigest()} {url} /d/"
        self.members(line)
        self.assertEqual(len(self.server.requests), 1)
        self.server.close()
        folder = self.plan()
        self.ninja(folder)
        self.assertEqual(self.build(), self.digest(self.planned_layout(folder)))

    def test_what_goes_wrong(self):
        url = self.serve("a", b"x")
        wrong = "sha256:" + "0" * 64
        self.assertIn("digest mismatch", self.error(f"ADD --checksum={wrong} {url} /d/"))
        self.assertIn("the server answered 404", self.error(f"ADD {url}/none /d/", status=5))
        self.assertIn("error: fetch 'http://127.0.0.1:1/x': ",
                      self.error("ADD http://user:secret@127.0.0.1:1/x /d/", status=5))
        self.assertIn("COPY takes no URLs", self.error(f"COPY {url} /d/"))
        self.assertIn("--checksum goes with exactly one source", self.error(f"ADD --checksum={wrong} {url} Dockerfile /d/"))
        self.assertIn("--checksum requires HTTP(S) or Git sources", self.error(f"ADD --checksum={wrong} Dockerfile /d/"))


class Library(Fetched):
    """libcurl, which is loaded when something is fetched."""

    def test_start_without_it(self):
        loaded = self.slipway("--version", env={"LD_TRACE_LOADED_OBJECTS": "1"}).out
        self.assertIn("libcrypto", loaded)
        self.assertNotIn("curl", loaded)

    def test_missing(self):
        broken = self.work / "broken"
        broken.mkdir()
        for name in ["libcurl.so.4", "libcurl-gnutls.so.4"]:
            (broken / name).write_bytes(b"")
        self.dockerfile("FROM scratch", "COPY Dockerfile /")
        self.build(env={"LD_LIBRARY_PATH": str(broken)})
        self.dockerfile("FROM scratch", f"ADD {self.serve('a', b'x')} /")
        result = self.slipway("build", self.context, status=4, env={"LD_LIBRARY_PATH": str(broken)})
        self.assertIn("slipway: error: load libcurl, which fetching needs: ", result.err)
        self.assertIn("install libcurl4 (Debian's name)", result.err)


class Redirections(Fetched):
    def test_credentials_stay_with_their_host(self):
        other = servers.FileServer(self.served)
        self.addCleanup(other.close)
        (self.served / "a").write_bytes(b"x")
        self.server.redirections["/start"] = "/next"
        self.server.redirections["/next"] = f"{other.url}/a"
        url = f"{self.server.url}/start".replace("//", "//user:secret@")
        self.assertIn("d/start", self.members(f"ADD {url} /d/"))
        self.assertIn("Authorization", self.server.headers[0])
        self.assertNotIn("Authorization", other.headers[0])

    def test_without_end(self):
        self.server.redirections["/a"] = "/a"
        self.assertIn("it redirects again and again", self.error(f"ADD {self.server.url}/a /d/", status=5))
        self.server.redirections["/a"] = "file:///etc/passwd"
        self.assertIn("file", self.error(f"ADD {self.server.url}/a /d/", status=5))


class Repositories(Fetched):
    def setUp(self):
        super().setUp()
        self.need("git")
        self.repository = servers.Repository(self.work / "source", self.served / "r.git")
        (self.repository.folder / "tool").write_text("x")
        (self.repository.folder / "tool").chmod(0o775)
        self.first = self.repository.commit("v1", top="1", sub__inner="1")
        self.url = f"{self.server.url}/r.git"

    def test_files_of_a_commit(self):
        members = self.members(f"ADD {self.url} /src/")
        self.assertEqual(sorted(members), ["src/sub/inner", "src/tool", "src/top"])
        self.assertEqual((members["src/tool"].mode, members["src/top"].mode), (0o755, 0o644))

    def test_ref_and_folder(self):
        self.repository.commit(sub__inner="changed")
        for name in [f"{self.url}#v1:sub", f"{self.url}?tag=v1&subdir=sub", f"{self.url}#{self.first}:sub"]:
            members = self.members(f"ADD {name} /src/")
            self.assertEqual([(name, file.size) for name, file in members.items()], [("src/inner", 1)], name)

    def test_keep_git_dir(self):
        self.assertIn("src/.git/HEAD", self.members(f"ADD --keep-git-dir=true {self.url} /src/"))
        self.assertIn("differ", self.error(f"ADD --keep-git-dir=true {self.url}?keep-git-dir=false /src/"))

    def test_new_commit_is_seen_and_an_old_one_kept(self):
        self.members(f"ADD {self.url} /src/")
        before = self.digest(self.work / "image")
        self.assertEqual(self.build(options=["--compression", "none"]), before)
        self.repository.commit(top="longer")
        self.assertNotEqual(self.build(options=["--compression", "none"]), before)

    def test_checksum(self):
        self.assertIn("checksum mismatch", self.error(f"ADD --checksum=abcd {self.url} /src/"))
        self.members(f"ADD --checksum={self.first} {self.url}#v1 /src/")
        self.server.close()
        self.members(f"ADD --checksum={self.first} {self.url}#v1 /other/")

    def test_hostile_folder(self):
        (self.repository.folder / "out").symlink_to("/etc")
        self.repository.commit()
        self.assertIn("there is no 'out/ssl'", self.error(f"ADD {self.url}#:out/ssl /src/"))

    def test_no_hook_and_no_configuration_of_the_user_runs(self):
        home = self.work / "home"
        (home / "hooks").mkdir(parents=True)
        hook = home / "hooks/post-checkout"
        hook.write_text(f"#!/bin/sh\ntouch '{self.work}/ran'\n")
        hook.chmod(0o755)
        (home / ".gitconfig").write_text(f"[core]\nhooksPath = {home}/hooks\n")
        self.members(f"ADD {self.url} /src/", env={"HOME": str(home), "GIT_DIR": str(self.work)})
        self.assertFalse((self.work / "ran").exists())

    def test_unknown_ref(self):
        self.assertIn("the repository has no ref 'none'", self.error(f"ADD {self.url}#none /src/"))
        self.assertIn("git: ", self.error(f"ADD {self.server.url}/none.git /src/", status=5))


class Contexts(Fetched):
    """The main context, wherever it comes from, gives the same image."""

    def setUp(self):
        super().setUp()
        self.write("file", "content")
        self.dockerfile("FROM scratch", "COPY file /file")
        self.expected = self.slipway("build", self.context).out

    def tar(self):
        return subprocess.run(["tar", "-C", str(self.context), "-cz", "."], check=True,
                              capture_output=True).stdout

    def build_from(self, *words, given=b"", status=0):
        process = subprocess.run([harness.tool(), "build", *map(str, words)], input=given, check=False,
                                 capture_output=True, env=self.environment(), cwd=self.work, timeout=120)
        self.assertEqual(process.returncode, status, process.stderr)
        self.assertEqual(list((self.store / "tmp").iterdir()), [])
        return process.stdout.decode() if status == 0 else process.stderr.decode()

    def test_tar_on_standard_input(self):
        self.assertEqual(self.build_from("-", given=self.tar()), self.expected)

    def test_dockerfile_on_standard_input(self):
        text = (self.context / "Dockerfile").read_bytes()
        self.assertEqual(self.build_from("-f", "-", self.context, given=text), self.expected)
        self.build_from("-", given=b"FROM scratch\nLABEL a=b\n")
        self.assertIn("not found", self.build_from("-", given=text, status=3))
        self.assertIn("cannot both come from standard input",
                      self.build_from("-f", "-", "-", given=text, status=2))

    def test_tar_of_a_server(self):
        self.assertEqual(self.build_from(self.serve("context.tgz", self.tar())), self.expected)
        self.assertIn("'none': not found in the build context",
                      self.build_from("-f", "none", self.serve("context.tgz", self.tar()), status=3))

    def test_repository(self):
        self.need("git")
        repository = servers.Repository(self.work / "source", self.served / "r.git")
        text = (self.context / "Dockerfile").read_text()
        repository.commit(file="content", Dockerfile="FROM scratch\n", sub__file="content", sub__Dockerfile=text)
        (repository.folder / "escape").symlink_to("/etc")
        repository.commit()
        self.assertEqual(self.build_from(f"{self.server.url}/r.git#main:sub"), self.expected)
        self.assertIn("'escape': not found in the build context",
                      self.build_from(f"{self.server.url}/r.git#main:escape", status=3))

    def test_ignore_file_of_one_s_own(self):
        self.write("my.ignore", "file\n")
        self.assertIn("not found", self.build_from("--ignorefile", self.context / "my.ignore", self.context, status=3))


if __name__ == "__main__":
    harness.main()

"""ADD from web servers and git repositories, and contexts that are fetched."""

import base64
import datetime
import hashlib
import io
import json
import os
import shutil
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
        self.assertRegex(result.err, r"Dockerfile:2:\d+: error: ")
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

    def test_progress_in_bytes(self):
        self.dockerfile("FROM scratch", f"ADD {self.serve('a', b'x' * 2_000_000)} /d/")
        self.assertIn("\n#1 2MB / 2MB\n", self.slipway("build", self.context).err)
        result = self.slipway("build", "--progress=rawjson", self.context).err
        self.assertEqual([json.loads(line) for line in result.splitlines() if "statuses" in line], [])
        self.server.extra["/a"] = {"ETag": "2"}
        (self.store / "downloads").rename(self.work / "gone")
        lines = self.slipway("build", "--progress=rawjson", self.context).err.splitlines()
        status = [json.loads(line)["statuses"][0] for line in lines if "statuses" in line][-1]
        self.assertEqual((status["current"], status["total"]), (2_000_000, 2_000_000))

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


class Credentials(Fetched):
    """Users and passwords of URLs are used, and shown nowhere."""

    def url(self, name):
        return f"{self.serve(name, b'x')}".replace("http://", "http://me:hush@")

    def assert_hidden(self, text):
        self.assertNotIn("hush", text)

    def test_progress_history_and_records(self):
        self.dockerfile("FROM scratch", "ARG HTTP_PROXY", f"ADD {self.url('a.txt')} /d/")
        proxy = "HTTP_PROXY=http://me:hush@127.0.0.1:1"
        for mode in ("plain", "rawjson"):
            result = self.slipway("build", "--no-cache", f"--progress={mode}", f"--build-arg={proxy}",
                                  "-o", f"oci:{self.work}/image", self.context,
                                  env={"NO_PROXY": "127.0.0.1"})
            self.assert_hidden(result.out + result.err)
        _, config = self.image(self.work / "image")
        self.assert_hidden(json.dumps(config))
        self.assertIn(f"ADD {self.server.url}/a.txt /d/ # buildkit", config["history"][-1]["created_by"])
        records = list((self.store / "builds").rglob("*.record"))
        self.assertEqual(len(records), 1)
        self.assert_hidden(records[0].read_text())
        result = self.slipway("explain", f"--build-arg={proxy}", self.context, env={"NO_PROXY": "127.0.0.1"})
        self.assert_hidden(result.out)
        self.assertIn(f"ADD {self.server.url}/a.txt /d/: up to date", result.out)

    def test_messages_and_source_lines(self):
        self.dockerfile("FROM scratch", f"ADD {self.url('a')}.none /d/")
        result = self.slipway("build", self.context, status=5)
        self.assert_hidden(result.err)
        self.assertIn("the server answered 404", result.err)
        self.assertIn("ADD http://*******@127", result.err)

    def test_names_of_edges(self):
        self.dockerfile("FROM scratch", f"ADD {self.url('a')} /d/")
        self.assert_hidden((self.plan() / "build.ninja").read_text())


class Locked(Fetched):
    """Servers that want to know who asks: secrets as BuildKit names them."""

    def secret(self, name, value):
        (self.work / name).write_text(value + "\n")
        return f"--secret=id={name},src={self.work / name}"

    def build_with(self, *secrets, status=0):
        return self.slipway("build", *secrets, self.context, status=status)

    def test_locked_file(self):
        self.server.locked["/a"] = "Bearer hush"
        self.dockerfile("FROM scratch", f"ADD {self.serve('a', b'x')} /d/")
        self.assertIn("the server answered 401", self.build_with(status=5).err)
        self.assertIn("the server answered 401",
                      self.build_with(self.secret("HTTP_AUTH_TOKEN_other", "hush"), status=5).err)
        self.build_with(self.secret("HTTP_AUTH_TOKEN_127.0.0.1", "hush"))
        self.server.locked["/a"] = "Token: hush"
        self.build_with(self.secret("HTTP_AUTH_HEADER_127.0.0.1", "Token: hush"), "--no-cache")

    def test_locked_file_by_edges(self):
        self.server.locked["/a"] = "Bearer hush"
        self.dockerfile("FROM scratch", f"ADD {self.serve('a', b'x')} /d/")
        folder = self.plan(options=[self.secret("HTTP_AUTH_TOKEN_127.0.0.1", "hush")])
        self.ninja(folder)

    def test_locked_repository(self):
        self.need("git")
        repository = servers.Repository(self.work / "source", self.served / "r.git")
        repository.commit(top="1")
        self.dockerfile("FROM scratch", f"ADD {self.server.url}/r.git /src/")
        basic = base64.b64encode(b"x-access-token:hush").decode()
        self.server.locked["/r.git"] = f"Basic {basic}"
        self.assertIn("git: ", self.build_with(status=5).err)
        host = self.server.url.removeprefix("http://")
        for name in ("GIT_AUTH_TOKEN", f"GIT_AUTH_TOKEN.{host}"):
            self.build_with(self.secret(name, "hush"), "--no-cache")
        self.build_with(self.secret("GIT_AUTH_HEADER", f"Basic {basic}"), "--no-cache")

    def test_locked_repository_with_a_password_in_its_url(self):
        self.need("git")
        repository = servers.Repository(self.work / "source", self.served / "r.git")
        repository.commit(top="1")
        self.server.locked["/r.git"] = "Basic " + base64.b64encode(b"me:hu sh").decode()
        wrapper = self.work / "bin/git"
        wrapper.parent.mkdir()
        wrapper.write_text(f"#!/bin/sh\necho \"$@\" >>'{self.work}/commands'\nexec {shutil.which('git')} \"$@\"\n")
        wrapper.chmod(0o755)
        url = self.server.url.replace("//", "//me:hu%20sh@")
        self.members(f"ADD {url}/r.git /src/", env={"PATH": f"{wrapper.parent}:{os.environ['PATH']}"})
        commands = (self.work / "commands").read_text()
        self.assertIn("ls-remote", commands)
        self.assertNotIn("hu%20sh", commands)
        self.assertNotIn("aHUgc2g", commands)


class Epochs(Fetched):
    """SOURCE_DATE_EPOCH as the time of what the image is made of."""

    def tar(self, **times):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as archive:
            for name, mtime in times.items():
                member = tarfile.TarInfo(name)
                member.mtime = mtime
                member.size = 1
                archive.addfile(member, io.BytesIO(b"x"))
        return out.getvalue()

    def without_times(self, name, content):
        self.server.untimed.add(f"/{name}")
        return self.serve(name, content)

    def created(self, *words, status=0):
        result = self.slipway("build", "-f", self.context / "Dockerfile", "-o", f"oci:{self.work}/image", *words,
                              status=status)
        return self.image(self.work / "image")[1]["created"] if status == 0 else result.err

    def test_number_as_build_argument(self):
        self.dockerfile("ARG SOURCE_DATE_EPOCH=7", "FROM scratch", "ARG SOURCE_DATE_EPOCH", "WORKDIR /w",
                        "LABEL e=$SOURCE_DATE_EPOCH")
        self.assertEqual(self.created(self.context), "1970-01-01T00:00:07Z")
        self.assertEqual(self.created("--build-arg=SOURCE_DATE_EPOCH=9", self.context), "1970-01-01T00:00:09Z")
        self.assertEqual(self.image(self.work / "image")[1]["config"]["Labels"], {"e": "9"})
        err = self.created("--build-arg=SOURCE_DATE_EPOCH=soon", self.context, status=3)
        self.assertIn("SOURCE_DATE_EPOCH 'soon' is not a number of seconds since 1970", err)

    def test_context(self):
        self.dockerfile("FROM scratch", "ARG SOURCE_DATE_EPOCH", "WORKDIR /w", "LABEL e=${SOURCE_DATE_EPOCH-none}")
        argument = "--build-arg=SOURCE_DATE_EPOCH=context"
        self.assertEqual(self.created(argument, self.context), "1970-01-01T00:00:00Z")
        self.assertEqual(self.image(self.work / "image")[1]["config"]["Labels"], {"e": "none"})
        text = (self.context / "Dockerfile").read_text()
        archive = self.tar(a=1000, b=2000)
        url = self.without_times("c.tgz", archive)
        result = subprocess.run([harness.tool(), "build", "-f", "-", argument, "-o", f"oci:{self.work}/image", url],
                                input=text.encode(), check=True, capture_output=True, env=self.environment())
        self.assertEqual(result.returncode, 0)
        config = self.image(self.work / "image")[1]
        self.assertEqual((config["created"], config["config"]["Labels"]), ("1970-01-01T00:33:20Z", {"e": "2000"}))

    def test_repository_as_named_context(self):
        self.need("git")
        repository = servers.Repository(self.work / "source", self.served / "r.git")
        repository.commit(top="1")
        time = int(repository.git("show", "--no-patch", "--format=%ct"))
        self.dockerfile("FROM scratch", "COPY --from=src top /")
        options = ["--build-arg=SOURCE_DATE_EPOCH=SRC", f"--build-context=src={self.server.url}/r.git"]
        expected = datetime.datetime.fromtimestamp(time, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.assertEqual(self.created(*options, self.context), expected)

    def test_stage(self):
        url = self.without_times("s.tgz", self.tar(a=3000))
        self.dockerfile("ARG SOURCE_DATE_EPOCH=source", "FROM scratch AS source", f"ADD {url} /", "FROM scratch",
                        "WORKDIR /w")
        self.assertEqual(self.created(self.context), "1970-01-01T00:50:00Z")
        folder = self.plan()
        self.ninja(folder)
        self.assertEqual(self.digest(self.planned_layout(folder)), self.digest(self.work / "image"))

    def test_wrong_stages(self):
        for line, message in [("COPY a /", "does not meet source-only requirements: unsupported COPY instruction"),
                              ("ADD a /", "source must be a single HTTP(S) or Git ADD"),
                              ("ARG X", "must contain exactly one remote ADD")]:
            self.dockerfile("ARG SOURCE_DATE_EPOCH=source", "FROM scratch AS source", line, "FROM scratch")
            self.assertIn(f"error: SOURCE_DATE_EPOCH stage {message}\n", self.created(self.context, status=3))


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

"""RUN: what a command sees, what layer it leaves, and when it runs again."""

import json
import os
import pathlib
import subprocess
import tarfile

import harness
import run_harness


class RunSteps(run_harness.RunTest):
    # What the command sees

    def test_environment(self):
        result = self.run_lines("ARG A=1", "ENV E=2", "ARG E=3", "RUN echo [$A $E $HOME $L $PATH]", "ARG L=4")
        self.assertIn("[1 3 /root /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin]", result.err)

    def test_shell_and_exec_form(self):
        result = self.run_lines('RUN ["/bin/echo", "$HOME"]', 'SHELL ["/bin/sh", "-xc"]', "RUN echo traced")
        self.assertIn("\n$HOME\n", result.err)
        self.assertIn("+ echo traced", result.err)

    def test_working_directory_and_user(self):
        result = self.run_lines("WORKDIR /w", "USER app", "RUN pwd; id -u; echo $HOME")
        self.assertIn("/w\n0\n", result.err)

    def test_heredocs(self):
        result = self.run_lines("RUN <<EOF", "echo one", "echo $0", "EOF",
                                "RUN cat <<A - <<'B'", "first $HOME", "A", "B",
                                "RUN <<EOF", "#!/bin/cat", "in a script", "EOF")
        self.assertIn("one\n/bin/sh\n", result.err)
        self.assertIn("in a script", result.err)

    def test_no_input_and_names_of_the_sandbox(self):
        result = self.run_lines("RUN cat; hostname; cat /etc/hosts")
        self.assertIn("buildkitsandbox\n127.0.0.1\tlocalhost buildkitsandbox\n", result.err)

    def test_network_none(self):
        result = self.run_lines("RUN --network=none cat /proc/net/dev | grep -c :", "RUN ls -d /sys")
        self.assertIn("\n1\n", result.err)

    # The layer

    def test_layer_holds_the_changes_alone(self):
        self.run_lines("RUN echo x > /tmp/f && ln /tmp/f /tmp/g && ln -s f /tmp/l && chmod 4755 /tmp/f && rm /gone")
        members = self.members()
        self.assertEqual(sorted(members), [".wh.gone", "tmp/f", "tmp/g", "tmp/l"])
        self.assertEqual(members["tmp/f"].mode, 0o4755)
        self.assertTrue(members["tmp/g"].islnk())
        self.assertEqual(members["tmp/g"].linkname, "tmp/f")
        self.assertEqual({member.mtime for member in members.values()}, {0})

    def test_directory_made_anew_hides_the_old_one(self):
        result = self.run_lines("RUN rm -r /old && mkdir /old && touch /old/c", "RUN ls /old; echo .")
        self.assertIn("\nc\n.\n", result.err)
        self.assertIn("old/c", self.paths(-2))

    def test_removed_by_one_made_by_the_next(self):
        result = self.run_lines("RUN rm -r /old", "RUN mkdir /old", "RUN ls -A /old; echo empty", "RUN rm -r /old",
                                "RUN ls /old || echo gone")
        self.assertIn("\nempty\n", result.err)
        self.assertIn("\ngone\n", result.err)

    def test_nothing_of_the_sandbox_is_left(self):
        self.run_lines("RUN --mount=type=tmpfs,target=/t/u --mount=type=cache,target=/c touch /t/u/x /c/x /dev/shm/x")
        self.assertEqual(self.paths(), [])

    def test_parents_keep_their_modes(self):
        self.write("f")
        result = self.run_lines("COPY f /tmp/deep/f", "RUN stat -c %a /tmp")
        self.assertIn("\n1777\n", result.err)

    def test_copy_over_a_command(self):
        self.write("f", "text")
        result = self.run_lines("RUN mkdir -p /usr/lib && rm -r /old && ln -s usr/lib /old", "COPY f /old/f",
                                "RUN cat /usr/lib/f")
        self.assertIn("text", result.err)
        self.assertIn("usr/lib/f", self.paths(-2))

    def test_many_layers(self):
        self.write("f")
        lines = [f"COPY f /many/{i}" for i in range(150)]
        result = self.run_lines(*lines, "RUN ls /many | wc -l; stat -c %a /tmp; ls /bin/cat", timeout=300)
        self.assertIn("\n150\n1777\n/bin/cat\n", result.err)

    # Mounts

    def test_bind_of_the_context(self):
        self.write("dir/f", "text\n")
        self.write("dir/secret", "ignored")
        self.write(".dockerignore", "dir/secret\n")
        result = self.run_lines("RUN --mount=target=/m,source=dir ls /m; cat /m/f; touch /m/x || echo refused",
                                "RUN --mount=target=/m,source=dir,rw touch /m/x && ls /m")
        self.assertIn("\nf\ntext\n", result.err)
        self.assertIn("refused", result.err)
        self.assertEqual(self.paths(), [])
        self.assertFalse((self.context / "dir/x").exists())

    def test_bind_of_a_stage(self):
        result = self.run_lines("RUN mkdir /out && echo made > /out/f",
                                *self.on_base("RUN --mount=from=0,source=/out,target=/m,rw cat /m/f && touch /m/g"))
        self.assertIn("made", result.err)
        self.assertEqual(self.paths(), [])

    def test_bind_of_a_named_directory(self):
        other = self.work / "other"
        (other / "sub").mkdir(parents=True)
        (other / "sub/f").write_text("one\n")
        (other / "hidden").write_text("x")
        (other / ".dockerignore").write_text("hidden\n.dockerignore\n")
        self.dockerfile(*self.on_base("RUN --mount=from=named,target=/m ls -A /m; cat /m/sub/f",
                                      "RUN --mount=from=named,source=sub,target=/m,rw echo x > /m/new; ls /m"))
        options = ["--build-context", f"named={other}"]
        folder = self.plan(options=options)
        printed = self.ninja(folder).out
        self.assertRegex(printed, r"(?m)^sub\none\n")
        self.assertRegex(printed, r"(?m)^f\nnew\n")
        self.assertEqual(self.ninja_titles(folder), [])
        (other / "sub/f").write_text("two\n")
        self.assertIn("two\n", self.ninja(folder).out)
        self.assertFalse((other / "sub/new").exists())

    def test_bind_of_nothing(self):
        result = self.run_lines("RUN --mount=from=scratch,target=/m,rw ls -A /m; touch /m/f && ls /m")
        self.assertIn("\nf\n", result.err)
        self.assertNotIn("Dockerfile\n", result.err)

    def test_cache_of_a_named_directory(self):
        result = self.run_lines("RUN --mount=type=cache,from=named,target=/c true", status=3,
                                options=["--build-context", f"named={self.work}"])
        self.assertIn("Dockerfile:2:13: error: a cache cannot begin with a directory given by --build-context", result.err)

    def test_cache_lives_on(self):
        line = "RUN --mount=type=cache,id=c,target=/c,mode=0700 echo x >> /c/f; wc -l < /c/f; stat -c %a /c"
        self.run_lines(line)
        result = self.run_lines(line, options=["--no-cache"])
        self.assertIn("\n2\n700\n", result.err)

    def test_secrets_are_seen_and_not_kept(self):
        (self.work / "s").write_text("hush-hush")
        result = self.run_lines("RUN --mount=type=secret,id=s --mount=type=secret,id=v,env=V "
                                "stat -c %a /run/secrets/s; wc -c < /run/secrets/s; echo ${#V}",
                                options=["--secret", f"id=s,src={self.work / 's'}", "--secret", "id=v,env=HUSH"],
                                env={"HUSH": "hush-hush"})
        self.assertIn("400\n9\n9\n", result.err)
        self.assertEqual(self.paths(), [])
        found = subprocess.run(["grep", "-rl", "hush-hush", str(self.store), str(self.work / "image")],
                               check=False, capture_output=True)
        self.assertEqual(found.stdout, b"")

    def test_required_secret_that_is_missing(self):
        result = self.run_lines("RUN --mount=type=secret,id=s,required true", status=3)
        self.assertIn("Dockerfile:2:1: error: secret 's' is required and was not given", result.err)

    def test_keys_of_ssh(self):
        """An agent of the build's own has them; it ends with the command."""
        self.need("ssh-agent", "ssh-keygen")
        keys = [self.work / name for name in ("one", "two")]
        for key in keys:
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", key.name, "-f", key], check=True)
        line = "RUN --mount=type=ssh test -S $SSH_AUTH_SOCK && echo $SSH_AUTH_SOCK"
        named = "default=" + ",".join(map(str, keys))
        self.assertIn("/run/buildkit/ssh_agent.0\n", self.run_lines(line, options=["--ssh", named]).err)
        self.assertEqual(self.paths(), [])
        self.assertNotIn(b"ssh-agent\0-D\0-a\0agent", b"".join(path.read_bytes() for path in pathlib.Path("/proc").glob("[0-9]*/cmdline")))

        (self.work / "bad").write_text("no key\n")
        (self.work / "bad").chmod(0o600)
        wrong = self.run_lines(line, options=["--no-cache", "--ssh", f"default={self.work / 'bad'}"], status=3)
        self.assertIn(f"Dockerfile:2:1: error: add the ssh key '{self.work / 'bad'}'", wrong.err)
        self.assert_one_diagnostic(wrong)
        missing = self.run_lines(line, options=["--no-cache", "--ssh", "default=/no/such/key"], status=3)
        self.assertIn("open ssh key or socket '/no/such/key': No such file or directory", missing.err)

    # When it runs, and when it fails

    def test_runs_once(self):
        self.run_lines("ARG A=1", "RUN echo ran")
        again = self.run_lines("ARG A=1", "RUN echo ran", "ARG B=2", "LABEL l=1")
        self.assertNotIn("\nran\n", again.err)
        other = self.run_lines("ARG A=1", "RUN echo ran", options=["--build-arg", "A=2"])
        self.assertIn("\nran\n", other.err)

    def test_context_of_a_bind_decides(self):
        self.write("f", "1")
        line = "RUN --mount=target=/m,source=f echo ran"
        self.run_lines(line)
        os.utime(self.context / "f", (1, 1))
        self.assertNotIn("\nran\n", self.run_lines(line).err)
        self.write("f", "2")
        self.assertIn("\nran\n", self.run_lines(line).err)

    def test_same_result_stops_the_build_there(self):
        self.write("src", "1")
        self.dockerfile(*self.on_base("COPY src /src", "RUN echo same > /out", name="base AS one"),
                        *self.on_base("COPY --from=one /out /out", "RUN echo above > /top"))
        folder = self.plan()
        self.ninja(folder)
        self.write("src", "2")
        titles = self.ninja_titles(folder)
        self.assertIn("RUN echo same > /out", titles)
        self.assertNotIn("RUN echo above > /top", titles)
        self.assertEqual(self.ninja_titles(folder), [])

    def test_two_builds_give_the_same_bytes(self):
        lines = ("RUN mkdir /a && touch /a/b && rm -r /old", "RUN echo x > /c")
        self.run_lines(*lines)
        first = self.digest(self.work / "image")
        self.run_lines(*lines, options=["--no-cache"])
        self.assertEqual(self.digest(self.work / "image"), first)

    def test_no_cache_filter_runs_again(self):
        (base,) = self.on_base()
        self.dockerfile(f"{base} AS one", "RUN cat /proc/uptime /proc/self/stat > /one", base, "COPY --from=one /one /one",
                        "RUN cat /proc/uptime /proc/self/stat > /two")

        def made(*options):
            self.slipway("build", *options, "-o", self.work / "root", self.context)
            return [(self.work / "root" / name).read_text() for name in ("one", "two")]
        first = made()
        self.assertEqual(made(), first)
        again = made("--no-cache-filter", "one")
        self.assertNotEqual(again[0], first[0])
        self.assertNotEqual(made("--no-cache")[1], again[1])

    def test_failing_command(self):
        result = self.run_lines("RUN true", "RUN echo why; exit 7", status=1)
        self.assertIn("Dockerfile:3:1: error: the command exited with status 7", result.err)
        self.assertIn("\nwhy\n", result.err)
        self.assert_one_diagnostic(result)
        quiet = self.run_lines("RUN echo why; exit 7", options=["-q"], status=1)
        self.assertIn("  | why\n", quiet.err)

    def test_shell_that_is_not_there(self):
        self.write("f")
        self.dockerfile("FROM scratch", "COPY f /f", "RUN true")
        result = self.slipway("build", self.context, status=3)
        self.assertIn("Dockerfile:3:1: error: run '/bin/sh' in the container: No such file or directory", result.err)

    # ONBUILD

    def test_triggers_of_a_base(self):
        self.make_base("trigger", "ONBUILD ARG V=1", "ONBUILD RUN echo $V > /v", "ONBUILD COPY f /f",
                       "ONBUILD ENV T=t", start=f"oci:{self.bases / 'base'}")
        self.write("f", "text")
        result = self.run_lines("RUN cat /v /f; echo $T", options=["--build-arg", "V=2"], name="trigger")
        self.assertIn("2\ntextt\n", result.err)
        _, config = self.image(self.work / "image")
        self.assertNotIn("OnBuild", config["config"])
        self.assertIn("RUN |1 V=2 /bin/sh -c echo $V > /v # buildkit",
                      [entry["created_by"] for entry in config["history"]])

    def test_triggers_define_what_the_stage_sees(self):
        self.make_base("trigger", "ENV B=base", "ONBUILD ARG A=1", "ONBUILD ARG B=arg", "ONBUILD ENV E=env",
                       "ONBUILD ARG NONE", 'ONBUILD CMD ["kept"]', start=f"oci:{self.bases / 'base'}")
        self.write("f", "text")
        lines = ("COPY f /$A/$B/$E/${NONE:-none}", "RUN echo [$A $B $E]", "LABEL l=$A-$B-$E", 'ENTRYPOINT ["/e"]',
                 "FROM one", "COPY f /two/$A/$B", "RUN echo [$A $B]")
        for given, a in (((), "1"), (("--build-arg", "A=given"), "given")):
            self.dockerfile(*self.on_base(*lines, name="trigger AS one"))
            folder = self.plan(options=("--compression", "none", *given))
            planned = self.ninja(folder).out
            built = self.run_lines(*lines, options=("--no-cache", *given), name="trigger AS one").err
            self.assertEqual(self.digest(self.planned_layout(folder)), self.digest(self.work / "image"))
            for printed in (planned, built):
                self.assertIn(f"[{a} arg env]", printed)
                # ENV goes before ARGs again in a stage on a stage.
                self.assertIn(f"[{a} base]", printed)
            _, config = self.image(self.work / "image")
            self.assertEqual(config["config"]["Labels"]["l"], f"{a}-arg-env")
            self.assertEqual(config["config"]["Cmd"], ["kept"])
            self.assertNotIn("OnBuild", config["config"])
            self.assertIn(f"RUN |3 A={a} B=arg NONE= /bin/sh -c echo [$A $B $E] # buildkit",
                          [entry["created_by"] for entry in config["history"]])
            self.assertEqual([self.paths(-4)[-1], self.paths(-2)[-1]], [f"{a}/arg/env/none", f"two/{a}/base"])

    def test_triggers_of_a_stage(self):
        result = self.run_lines("ONBUILD RUN echo triggered", *("FROM one AS two", "RUN true"), name="base AS one")
        self.assertIn("triggered", result.err)

    # The peer

    def test_same_files_as_buildah(self):
        self.need("buildah", "skopeo")
        self.need_root()
        lines = ("RUN rm -r /old && mkdir -p /old/new && touch /old/new/f && rm /gone",
                 "WORKDIR /w", "RUN touch here && ln here there && chmod 600 here && ln -s there link")
        self.run_lines(*lines)
        ours = self.flat_tree(self.work / "image")
        storage = self.work / "buildah storage"
        buildah = ["buildah", "--root", storage, "--runroot", self.work / "buildah run", "--storage-driver", "vfs"]
        built = self.run_command(*buildah, "bud", "--isolation", "chroot", "-t", "x", "-f", self.context / "Dockerfile",
                                 self.context, status=None)
        if built.status != 0:
            self.skipTest(built.err)
        self.run_command(*buildah, "push", "x", f"oci:{self.work / 'theirs'}")
        theirs = self.flat_tree(self.work / "theirs")
        self.assertEqual(ours, theirs)

    def flat_tree(self, layout):
        """path -> (type, mode, owner, link) of an image's filesystem, but what engines mount on."""
        index = json.loads((layout / "index.json").read_text())
        blob = lambda digest: layout / "blobs/sha256" / digest.partition(":")[2]
        manifest = json.loads(blob(index["manifests"][0]["digest"]).read_text())
        tree = {}
        for layer in manifest["layers"]:
            with tarfile.open(blob(layer["digest"])) as archive:
                members = list(archive)
            for member in members:
                path = pathlib.PurePosixPath("/", member.name)
                if path.name == ".wh..wh..opq":
                    self.drop(tree, path.parent, itself=False)
                elif path.name.startswith(".wh."):
                    self.drop(tree, path.parent / path.name[4:], itself=True)
            for member in members:
                path = pathlib.PurePosixPath("/", member.name)
                if not path.name.startswith(".wh."):
                    kind = "link" if member.issym() else "dir" if member.isdir() else "file"
                    tree[path] = (kind, kind == "link" or member.mode & 0o7777, member.uid, member.gid,
                                  member.linkname if member.issym() else "")
        for path in ("/", "/dev", "/proc", "/sys", "/run", "/etc", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"):
            tree.pop(pathlib.PurePosixPath(path), None)
        return tree

    @staticmethod
    def drop(tree, path, itself):
        for known in list(tree):
            if path in known.parents or (itself and known == path):
                del tree[known]


if __name__ == "__main__":
    harness.main()

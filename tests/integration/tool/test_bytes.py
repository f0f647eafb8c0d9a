"""An image is a function of its inputs: who builds it, where and when has no part
in the bytes."""

import os
import pathlib
import shutil
import tarfile
import time

import harness

OTHER_USER = 61234


class Bytes(harness.ToolTest):
    def setUp(self):
        super().setUp()
        for name in ("b", "a", "z/y", "z/ä", "Z", "z/x"):
            self.write(f"data/{name}", f"content of {name}\n" * 1000)
        self.write("data/run", "#!/bin/sh\n", 0o755)
        (self.context / "data/link").symlink_to("z/y")
        self.dockerfile("FROM scratch", "WORKDIR /srv", "COPY data /data/", "COPY data/run run")

    def copy_of_context(self, name):
        """The same tree, its entries made in the other order, with other times."""
        target = self.work / name
        target.mkdir(mode=0o755)
        for path in sorted(self.context.rglob("*"), reverse=True):
            copy = target / path.relative_to(self.context)
            copy.parent.mkdir(parents=True, exist_ok=True)
            if path.is_symlink():
                copy.symlink_to(os.readlink(path))
            elif path.is_file():
                shutil.copy(path, copy)
                os.utime(copy, (1_000_000_000, 1_000_000_000))
        for path in (path for path in self.context.rglob("*") if path.is_dir()):
            (target / path.relative_to(self.context)).chmod(path.stat().st_mode & 0o7777)
        return target

    def other_store(self, name):
        return {"SLIPWAY_STORE": str(self.work / name)}

    def assert_same(self, context=None, **how):
        first = self.build("first")
        second = self.build("second", context=context, **{"env": self.other_store("store 2"), **how})
        self.assertEqual(second, first)
        self.image(self.work / "second")

    def test_two_folders_and_orders_and_times_of_files(self):
        self.assert_same(self.copy_of_context("elsewhere"))

    def test_two_moments(self):
        first = self.build("first")
        time.sleep(1.1)  # a clock in the output would have one-second steps
        self.assertEqual(self.build("second", env=self.other_store("store 2")), first)

    def test_two_umasks(self):
        self.assert_same(before=["sh", "-c", 'umask 077; exec "$@"', "sh"])

    def test_two_locales_and_zones(self):
        self.assert_same(env={**self.other_store("store 2"), "LC_ALL": "C", "LANG": "C",
                              "TZ": "Pacific/Chatham"})

    def test_relative_paths(self):
        first = self.build("first")
        self.slipway("build", "-o", "oci:second", "context", cwd=self.work)
        self.assertEqual(self.digest(self.work / "second"), first)

    def test_two_users(self):
        self.need_root()
        self.need("setpriv")
        context = self.copy_of_context("theirs")
        theirs = self.work / "their build"
        theirs.mkdir()
        for path in [theirs, context, *context.rglob("*")]:
            os.chown(path, OTHER_USER, OTHER_USER, follow_symlinks=False)
        self.work.chmod(0o755)
        env = {"SLIPWAY_STORE": str(theirs / "store"), "HOME": str(theirs)}
        self.assert_same_by_user(context, theirs, env)

    def assert_same_by_user(self, context, theirs, env):
        first = self.build("first")
        as_user = ["setpriv", f"--reuid={OTHER_USER}", f"--regid={OTHER_USER}", "--clear-groups",
                   "--no-new-privs", "--bounding-set=-all", "sh", "-c", 'umask 027; exec "$@"', "sh"]
        second = self.build(theirs / "image", context=context, env=env, before=as_user)
        self.assertEqual(second, first)

    def test_owner_and_time_in_the_layers(self):
        self.build("first", options=["--compression", "none"])
        manifest, _ = self.image(self.work / "first")
        members = [member for layer in manifest["layers"] for member in self.members(layer)]
        self.assertEqual({(member.uid, member.gid, member.uname, member.gname) for member in members},
                         {(0, 0, "", "")})
        self.assertEqual(len({member.mtime for member in members}), 1)

    def members(self, layer):
        blob = self.work / "first/blobs/sha256" / layer["digest"].partition(":")[2]
        with tarfile.open(blob) as archive:
            return archive.getmembers()

    def test_source_date_epoch(self):
        plain = self.build("first")
        dated = self.build("second", env={"SOURCE_DATE_EPOCH": "1700000000"})
        self.assertNotEqual(dated, plain)
        _, config = self.image(self.work / "second")
        self.assertEqual(config["created"], "2023-11-14T22:13:20Z")

    def test_no_path_of_the_machine_in_the_image(self):
        self.build("first", options=["--compression", "none"])
        for path in pathlib.Path(self.work / "first").rglob("*"):
            if path.is_file():
                self.assertNotIn(str(self.work).encode(), path.read_bytes(), path)


if __name__ == "__main__":
    harness.main()

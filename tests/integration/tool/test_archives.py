"""ADD of archives: told by content, unpacked as they are, and safe."""

import bz2
import gzip
import hashlib
import io
import lzma
import resource
import subprocess
import tarfile

import harness

WHOLE = ["--compression", "none"]


def tar_of(*members, **how):
    """A tar of (name, content or type and link) pairs."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            for key, value in how.items():
                setattr(info, key, value)
            if isinstance(content, bytes):
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            else:
                info.type, info.linkname = content
                archive.addfile(info)
    return out.getvalue()


class Archives(harness.ToolTest):
    def members(self, layout="image"):
        """The entries of the last layer, and the contents of its files."""
        manifest, _ = self.image(self.work / layout)
        digest = manifest["layers"][-1]["digest"].partition(":")[2]
        with tarfile.open(self.work / layout / "blobs/sha256" / digest) as archive:
            return {member.name: (member, archive.extractfile(member).read() if member.isreg() else None)
                    for member in archive}

    def add(self, *lines):
        self.dockerfile("FROM scratch", *lines)
        self.build(options=WHOLE)
        return self.members()

    def test_every_compression_by_content(self):
        self.need("zstd")
        plain = tar_of(("f", b"content"))
        zstd = subprocess.run(["zstd", "-q", "-c"], input=plain, check=True, capture_output=True).stdout
        packed = {"none": plain, "gzip": gzip.compress(plain), "bzip2": bz2.compress(plain),
                  "xz": lzma.compress(plain), "zstd": zstd}
        for kind, content in packed.items():
            self.write(f"{kind}.txt", content)  # no name tells
        members = self.add(*(f"ADD {kind}.txt /{kind}" for kind in packed))
        self.assertEqual(members["zstd/f"][1], b"content")
        manifest, _ = self.image(self.work / "image")
        for kind, layer in zip(packed, manifest["layers"]):
            self.assertEqual(self.names(layer, "image"), [f"{kind}/f"])

    def test_what_is_no_archive_is_copied(self):
        self.write("notes.tar.gz", "no archive at all")
        self.write("text.gz", gzip.compress(b"no tar inside"))
        self.write("empty.tar", b"")
        members = self.add("ADD notes.tar.gz text.gz empty.tar /d/")
        self.assertEqual(members["d/notes.tar.gz"][1], b"no archive at all")
        self.assertIn("d/text.gz", members)
        self.assertIn("d/empty.tar", members)

    def test_unpack_false_and_copy_leave_archives_whole(self):
        content = tar_of(("f", b"x"))
        self.write("a.tar", content)
        self.assertEqual(self.add("ADD --unpack=false a.tar /d/")["d/a.tar"][1], content)
        self.assertEqual(self.add("COPY a.tar /d/")["d/a.tar"][1], content)

    def test_owners_modes_and_links_are_kept(self):
        self.write("a.tar", tar_of(("bin/tool", b"x"), ("bin/other", (tarfile.LNKTYPE, "bin/tool")),
                                   ("link", (tarfile.SYMTYPE, "bin/tool")), mode=0o4750, uid=12, gid=34))
        members = self.add("ADD a.tar /opt/")
        first, second = sorted(["opt/bin/other", "opt/bin/tool"])
        self.assertEqual((members[first][0].mode, members[first][0].uid, members[first][0].gid), (0o4750, 12, 34))
        self.assertTrue(members[second][0].islnk())
        self.assertEqual(members["opt/link"][0].linkname, "bin/tool")
        owned = self.add("ADD --chown=5:6 a.tar /opt/")[first][0]
        self.assertEqual((owned.uid, owned.gid), (5, 6))

    def test_extended_attributes_are_kept(self):
        value = {"SCHILY.xattr.user.note": "kept"}
        self.write("a.tar", tar_of(("f", b"x"), pax_headers=value))
        self.assertIn("kept", self.add("ADD a.tar /")["f"][0].pax_headers.values())

    def test_hostile_archive(self):
        self.write("a.tar", tar_of(("../../evil", b"x")))
        self.dockerfile("FROM scratch", "ADD a.tar /d/")
        result = self.slipway("build", self.context, status=3)
        self.assertIn("Dockerfile:2:5: error: unpack 'a.tar': ", result.err)
        self.assert_one_diagnostic(result)
        self.write("a.tar", tar_of(("l", (tarfile.SYMTYPE, "/etc")), ("l/f", b"x")))
        self.assertIn("d/etc/f", self.add("ADD a.tar /d/"))
        self.assertFalse((self.work / "evil").exists())

    def test_archive_is_unpacked_again_only_when_it_changes(self):
        self.write("a.tar", tar_of(("f", b"1")))
        self.dockerfile("FROM scratch", "ADD a.tar /d/")
        folder = self.plan()
        self.ninja(folder)
        digest = self.digest(self.planned_layout(folder))
        self.assertEqual(self.ninja_titles(folder), [])
        self.write("a.tar", tar_of(("f", b"2")))
        self.assertIn("ADD a.tar /d/", self.ninja_titles(folder))
        self.assertNotEqual(self.digest(self.planned_layout(folder)), digest)
        self.assertEqual(self.build(), self.digest(self.planned_layout(folder)))

    def test_wildcards_and_several_archives(self):
        self.write("a.tar", tar_of(("same", b"a"), ("a", b"a")))
        self.write("b.tar", tar_of(("same", b"b")))
        members = self.add("ADD *.tar /d/")
        self.assertEqual(members["d/same"][1], b"b")
        self.assertEqual(members["d/a"][1], b"a")

    def test_big_archive_in_little_memory(self):
        size = 256 * 1024 * 1024
        block = hashlib.sha256(b"block").digest() * 32768
        with gzip.open(self.write("big.tgz"), "wb", compresslevel=1) as out:
            info = tarfile.TarInfo("big")
            info.size = size
            out.write(info.tobuf())
            for _ in range(size // len(block)):
                out.write(block)
            out.write(b"\0" * 1024)
        self.dockerfile("FROM scratch", "ADD big.tgz /")
        self.slipway("build", self.context)
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        self.assertLess(most, size - 16 * 1024 * 1024)


if __name__ == "__main__":
    harness.main()

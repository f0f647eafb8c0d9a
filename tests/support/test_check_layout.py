"""check_layout.py finds each kind of damage, and nothing in a sound layout."""

import gzip
import hashlib
import io
import json
import pathlib
import tarfile
import tempfile
import unittest

import check_layout
import harness


def tar_of(name, content):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


class Layout:
    """A sound layout of one image with two layers, and the means to spoil it."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.tars = [tar_of("a", b"1"), tar_of("b", b"2")]
        self.blobs = [gzip.compress(self.tars[0]), self.tars[1]]
        self.types = ["tar+gzip", "tar"]
        self.diff_ids = ["sha256:" + hashlib.sha256(tar).hexdigest() for tar in self.tars]
        self.history = [{"created_by": "COPY a"}, {"created_by": "ENV", "empty_layer": True},
                        {"created_by": "COPY b"}]
        self.platform = {"architecture": "amd64", "os": "linux"}

    def _put(self, content, media_type):
        digest = hashlib.sha256(content).hexdigest()
        path = self.root / "blobs" / "sha256" / digest
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return {"mediaType": f"application/vnd.oci.image.{media_type}",
                "digest": f"sha256:{digest}", "size": len(content)}

    def write(self):
        layers = [self._put(blob, f"layer.v1.{kind}") for blob, kind in zip(self.blobs, self.types)]
        config = {**self.platform, "rootfs": {"type": "layers", "diff_ids": self.diff_ids},
                  "history": self.history}
        manifest = {"schemaVersion": 2, "config": self._put(json.dumps(config).encode(),
                                                            "config.v1+json"), "layers": layers}
        entry = self._put(json.dumps(manifest).encode(), "manifest.v1+json")
        (self.root / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
        (self.root / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        return self

    def layer(self, number):
        digest = hashlib.sha256(self.blobs[number]).hexdigest()
        return self.root / "blobs" / "sha256" / digest


class CheckLayout(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.layout = Layout(directory.name)

    def expect(self, text, schemas=None):
        mistakes = check_layout.Checker(self.layout.root, schemas).run()
        self.assertIn(text, "\n".join(mistakes) or "nothing")

    def test_sound(self):
        self.layout.write()
        self.expect("nothing")

    def test_changed_byte(self):
        blob = self.layout.write().layer(1)
        blob.write_bytes(blob.read_bytes()[:-1] + b"x")
        self.expect(f"{blob.name}: the bytes have the digest")

    def test_missing_blob(self):
        blob = self.layout.write().layer(0)
        blob.unlink()
        self.expect(f"{blob.name}: the blob is missing")

    def test_stray_blob(self):
        stray = self.layout.write().layer(0).with_name("0" * 64)
        stray.write_bytes(b"")
        self.expect("nothing refers to this blob")

    def test_swapped_diff_ids(self):
        self.layout.diff_ids.reverse()
        self.layout.write()
        self.expect("diff IDs of the layers are")

    def test_history_without_layer(self):
        del self.layout.history[1]["empty_layer"]
        self.layout.write()
        self.expect("history tells of 3 layers, there are 2")

    def test_wrong_compression(self):
        self.layout.types[1] = "tar+zstd"
        self.layout.write()
        self.expect("layer.v1.tar+zstd starts with")

    def test_no_index(self):
        (self.layout.write().root / "index.json").unlink()
        self.expect("index.json: [Errno 2]")

    def test_schema(self):
        folder = check_layout.default_schemas()
        if folder is None:
            self.skipTest("no folder of image-spec schemas")
        schemas = check_layout.Schemas(folder)
        self.layout.write()
        self.expect("nothing", schemas)
        del self.layout.platform["os"]
        self.layout.write()
        self.expect("config-schema.json: : 'os' is a required property", schemas)


if __name__ == "__main__":
    harness.main()

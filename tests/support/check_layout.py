#!/usr/bin/env python3
"""Judges an OCI image layout without any code of the product.

    check_layout.py [--schemas DIR] LAYOUT...

Recomputes every digest, size and diff ID that can be reached from index.json,
compares history with diff IDs, and finds blobs that nothing refers to. With
--schemas, or where the corpus is ($SLIPWAY_CORPUS, by default ../shared/corpus
beside the source tree), documents must also pass the image-spec JSON schemas.
Prints one line a mistake; exit status 1 when there is one.
"""

import argparse
import gzip
import hashlib
import json
import os
import pathlib
import subprocess
import sys

INDEX_TYPES = ("application/vnd.oci.image.index.v1+json",
               "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFEST_TYPES = ("application/vnd.oci.image.manifest.v1+json",
                  "application/vnd.docker.distribution.manifest.v2+json")
# How the bytes of a layer must start and be undone, by the end of its media type.
LAYER_TYPES = {"tar": None, "tar+gzip": "gzip", "tar.gzip": "gzip", "tar+zstd": "zstd",
               "tar.zstd": "zstd"}
MAGIC = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
CHUNK = 1 << 20


def default_schemas():
    """The folder of schemas, or None where this machine has no corpus."""
    root = pathlib.Path(__file__).resolve().parents[2]
    corpus = os.environ.get("SLIPWAY_CORPUS", root.parent / "shared" / "corpus")
    folder = pathlib.Path(corpus) / "image-spec" / "schema"
    return folder if folder.is_dir() else None


class Schemas:
    """The image-spec's schemas as one document, so that no reference leaves it."""

    def __init__(self, folder):
        self._documents = {path.name: json.loads(path.read_text())
                           for path in sorted(pathlib.Path(folder).glob("*.json"))}
        self._all = {name: self._localised(document, name)
                     for name, document in self._documents.items()}

    def _localised(self, node, name):
        if isinstance(node, list):
            return [self._localised(item, name) for item in node]
        if not isinstance(node, dict):
            return node
        if isinstance(node.get("$ref"), str):
            file, _, pointer = node["$ref"].partition("#")
            return {"$ref": f"#/definitions/{file or name}{pointer}"}
        # "id" is an address on the web when it is a text, else a property's name.
        return {key: self._localised(value, name) for key, value in node.items()
                if not (key == "id" and isinstance(value, str))}

    def mistakes(self, document, name):
        """One text for each way in which `document` breaks the schema `name`."""
        import jsonschema
        schema = {"$ref": f"#/definitions/{name}", "definitions": self._all}
        validator = jsonschema.Draft4Validator(schema)
        return [f"{'/'.join(str(step) for step in error.absolute_path)}: {error.message}"
                for error in validator.iter_errors(document)]


class Checker:
    """Walks one layout; `mistakes` is the verdict."""

    def __init__(self, layout, schemas=None):
        self.layout = pathlib.Path(layout)
        self.schemas = schemas
        self.mistakes = []
        self.images = []
        self._reached = set()

    def run(self):
        header = self._document(self.layout / "oci-layout", "image-layout-schema.json")
        if header.get("imageLayoutVersion") != "1.0.0":
            self._mistake("oci-layout", "imageLayoutVersion is not 1.0.0")
        self._index(self.layout / "index.json")
        for blob in sorted((self.layout / "blobs").glob("*/*")):
            if f"{blob.parent.name}:{blob.name}" not in self._reached:
                self._mistake(blob.name, "nothing refers to this blob")
        return self.mistakes

    def _mistake(self, where, text):
        self.mistakes.append(f"{self.layout}: {where}: {text}")

    def _document(self, path, schema):
        try:
            document = json.loads(path.read_bytes().decode("utf-8"))
        except (OSError, ValueError) as error:
            self._mistake(path.name, str(error))
            return {}
        if self.schemas is not None:
            for text in self.schemas.mistakes(document, schema):
                self._mistake(path.name, f"{schema}: {text}")
        return document

    def _index(self, path):
        for descriptor in self._document(path, "image-index-schema.json").get("manifests", []):
            blob = self._blob(descriptor)
            if blob is None:
                continue
            if descriptor["mediaType"] in INDEX_TYPES:
                self._index(blob)
            elif descriptor["mediaType"] in MANIFEST_TYPES:
                self._manifest(blob)
            else:
                self._mistake(path.name, f"unknown media type {descriptor['mediaType']}")

    def _manifest(self, path):
        manifest = self._document(path, "image-manifest-schema.json")
        blob = self._blob(manifest.get("config", {}))
        config = self._document(blob, "config-schema.json") if blob else {}
        diff_ids = [self._diff_id(layer) for layer in manifest.get("layers", [])]
        if config.get("rootfs", {}).get("diff_ids") != diff_ids:
            self._mistake(path.name, f"diff IDs of the layers are {diff_ids}, the config has "
                                     f"{config.get('rootfs', {}).get('diff_ids')}")
        history = config.get("history", [])
        layers = sum(not entry.get("empty_layer", False) for entry in history)
        if history and layers != len(diff_ids):
            self._mistake(path.name, f"history tells of {layers} layers, there are {len(diff_ids)}")
        self.images.append((manifest, config))

    def _blob(self, descriptor):
        """The path of the blob when it is what the descriptor says, else None."""
        digest = descriptor.get("digest", "")
        algorithm, _, encoded = digest.partition(":")
        if algorithm != "sha256" or len(encoded) != 64:
            self._mistake("descriptor", f"digest {digest!r} is not a sha256 digest")
            return None
        self._reached.add(digest)
        path = self.layout / "blobs" / algorithm / encoded
        if not path.is_file():
            self._mistake(encoded, "the blob is missing")
            return None
        found = hashlib.sha256()
        with open(path, "rb") as file:
            for chunk in iter(lambda: file.read(CHUNK), b""):
                found.update(chunk)
        if found.hexdigest() != encoded:
            self._mistake(encoded, f"the bytes have the digest {found.hexdigest()}")
            return None
        if path.stat().st_size != descriptor.get("size"):
            self._mistake(encoded, f"{path.stat().st_size} bytes, not {descriptor.get('size')}")
        return path

    def _diff_id(self, descriptor):
        path = self._blob(descriptor)
        if path is None:
            return None
        kind = descriptor["mediaType"].rpartition(".layer.v1.")[2].rpartition(".rootfs.diff.")[2]
        if kind not in LAYER_TYPES:
            self._mistake(path.name, f"unknown media type {descriptor['mediaType']}")
            return None
        compression = LAYER_TYPES[kind]
        with open(path, "rb") as file:
            start = file.read(4)
        if compression is not None and not start.startswith(MAGIC[compression]):
            self._mistake(path.name, f"{descriptor['mediaType']} starts with {start.hex()}")
            return None
        return self._digest_of_tar(path, compression)

    def _digest_of_tar(self, path, compression):
        found = hashlib.sha256()
        if compression == "zstd":
            with subprocess.Popen(["zstd", "-dcq", str(path)], stdout=subprocess.PIPE) as program:
                for chunk in iter(lambda: program.stdout.read(CHUNK), b""):
                    found.update(chunk)
        else:
            with (gzip.open if compression else open)(path, "rb") as file:
                for chunk in iter(lambda: file.read(CHUNK), b""):
                    found.update(chunk)
        return f"sha256:{found.hexdigest()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--schemas", type=pathlib.Path, default=default_schemas())
    parser.add_argument("layouts", nargs="+", metavar="LAYOUT")
    arguments = parser.parse_args()
    if arguments.schemas is None:
        print("skipped: JSON schemas: there is no folder of them; see --help", file=sys.stderr)
    schemas = Schemas(arguments.schemas) if arguments.schemas else None
    mistakes = [text for layout in arguments.layouts for text in Checker(layout, schemas).run()]
    print("".join(f"{text}\n" for text in mistakes), end="")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())

"""The same Dockerfile and context, built by us and by others: the same files,
modes, owners, links and configuration."""

import concurrent.futures
import pathlib
import sys
import tempfile

import engines
import harness
import image_files
import stand_in
from cases import BASE, CASES, FILES, Folder, Link

# What an image without the field, or with its default, means.
EMPTY = (None, "", "/", [], {}, 0)
FIELDS = ("Env", "Entrypoint", "Cmd", "User", "WorkingDir", "Labels", "ExposedPorts", "Volumes",
          "StopSignal", "Shell", "OnBuild", "Healthcheck")


def make_context(case, folder):
    for path, value in {**FILES, **case.files}.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(value, Link):
            place.symlink_to(value.target)
        elif isinstance(value, Folder):
            place.mkdir(exist_ok=True)
        else:
            text, mode = value if isinstance(value, tuple) else (value, 0o644)
            place.write_text(text)
            place.chmod(mode)
    for path, value in {**FILES, **case.files}.items():
        if isinstance(value, Folder):
            (folder / path).chmod(value.mode)
    (folder / "Dockerfile").write_text("\n".join(case.lines) + "\n")


def settings(config):
    """The part of the configuration that a container sees, without defaults."""
    own = dict(config.get("config") or {})
    labels = dict(own.get("Labels") or {})
    labels.pop("io.buildah.version", None)
    own["Labels"] = labels
    return {key: own.get(key) for key in FIELDS if own.get(key) not in EMPTY}


def differences(ours, theirs):
    """One line for each thing that is not the same in two (tree, config)."""
    found = []
    mine, other = ours[0].nodes, theirs[0].nodes
    for path in sorted(set(mine) | set(other)):
        facts = [tree[path].facts() if path in tree else None for tree in (mine, other)]
        if facts[0] != facts[1]:
            found.append(f"{path}: ours {facts[0]}, theirs {facts[1]}"[:300])
    mine, other = settings(ours[1]), settings(theirs[1])
    found += [f"{key}: ours {mine.get(key)!r}, theirs {other.get(key)!r}" for key in FIELDS
              if mine.get(key) != other.get(key)]
    return found


class Peers(harness.ToolTest):
    def setUp(self):
        super().setUp()
        # Of the daemon's socket, so short; and others must pass through it.
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="peers-"))
        self.addCleanup(self._remove, self.place)
        program = stand_in.busybox()
        if program is None:
            self.skipTest("there is no static busybox (Debian: busybox-static)")
        stand_in.write_archive(self.place / "base.tar", program, stand_in.PLATFORMS[:1])
        self.slipway("load", "-i", self.place / "base.tar", "-t", BASE)
        self.base = self.place / "docker.tar"
        self.slipway("save", "-o", self.base, "--format", "docker-archive", "-t", BASE,
                     BASE)
        self.contexts = {}
        for case in CASES:
            self.contexts[case.name] = self.place / "contexts" / case.name
            self.contexts[case.name].mkdir(parents=True)
            make_context(case, self.contexts[case.name])

    def ours(self, case):
        layout = self.place / "ours" / case.name
        layout.parent.mkdir(exist_ok=True)
        self.slipway("build", *case.options, "--format", "docker",
                     f"--output=type=oci,dest={layout},tar=false", self.contexts[case.name])
        image = image_files.read_images(layout)[0]
        return image.tree(), image.config

    def compare_with(self, engine_class):
        work = self.place / engine_class.name
        work.mkdir()
        try:
            engine = engine_class(work, self.base, BASE)
        except engines.Unable as why:
            self.skipTest(str(why))
        self.addCleanup(engine.stop)
        compared = [case for case in CASES if engine.name not in case.differs]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            logs = dict(pool.map(lambda case: (case.name, engine.build(case, self.contexts[case.name])),
                                 compared))
        theirs = engine.results([name for name, (status, _) in logs.items() if status == 0])
        for case in compared:
            with self.subTest(case.name):
                status, log = logs[case.name]
                self.assertEqual(status, 0, log[-600:])
                self.assertEqual(differences(self.ours(case), theirs[case.name]), [])
        print(f"{len(compared)} cases compared with {engine.name}, "
              f"{len(CASES) - len(compared)} in which it differs", file=sys.stderr)

    def test_buildah(self):
        self.compare_with(engines.Buildah)

    def test_buildkit(self):
        self.compare_with(engines.BuildKit)


if __name__ == "__main__":
    harness.main()

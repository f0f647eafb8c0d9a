"""The same Dockerfile and context, built by us and by others: the same files,
modes, owners, links and configuration."""

import concurrent.futures
import pathlib
import subprocess
import sys
import tempfile

import engines
import harness
import image_files
import stand_in
from cases import BASE, CASES, FILES, Folder, Link, Program
from run_cases import CONTEXT, LEFT_CASES, SEEN_CASES

# What an image without the field, or with its default, means.
EMPTY = (None, "", "/", [], {}, 0)
FIELDS = ("Env", "Entrypoint", "Cmd", "User", "WorkingDir", "Labels", "ExposedPorts", "Volumes",
          "StopSignal", "Shell", "OnBuild", "Healthcheck")
# Where engines mount something while a command runs (/m is that of the cases). Some
# leave an empty file or directory there, others remove what was there before.
MOUNTED_ON = {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/run/.containerenv", "/run/secrets", "/dev/console", "/m"}


def make_context(case, folder):
    for path, value in {**FILES, **case.files}.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(value, Link):
            place.symlink_to(value.target)
        elif isinstance(value, Folder):
            place.mkdir(exist_ok=True)
        elif isinstance(value, Program):
            subprocess.run(["cc", "-static", "-xc", "-o", place, "-"], check=True, input=value.source.encode())
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


def facts_of(tree, path):
    node = tree.get(path)
    return node and (*node.facts(), node.names if node.type != "dir" else 1, node.xattrs)


def differences(ours, theirs):
    """One line for each thing that is not the same in two (tree, config)."""
    found = []
    mine, other = ours[0].nodes, theirs[0].nodes
    for path in sorted((set(mine) | set(other)) - MOUNTED_ON):
        facts = [facts_of(tree, path) for tree in (mine, other)]
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

    def make_contexts(self, cases):
        for case in cases:
            folder = self.place / "contexts" / case.name
            folder.mkdir(parents=True)
            make_context(case, folder)
            case.options = [option.replace(CONTEXT, str(folder)) for option in case.options]
            self.contexts[case.name] = folder

    def ours(self, case):
        """None: the build failed, as it should."""
        layout = self.place / "ours" / case.name
        layout.parent.mkdir(exist_ok=True)
        result = self.slipway("build", *case.options, "--format", "docker",
                              f"--output=type=oci,dest={layout},tar=false", self.contexts[case.name], status=None)
        if result.status == 4:
            self.skipTest(result.err)
        self.assertEqual(result.status != 0, case.fails, result.err)
        if case.fails:
            return None
        image = image_files.read_images(layout)[0]
        return image.tree(), image.config

    def compare_with(self, engine_class, cases):
        self.make_contexts(cases)
        work = self.place / engine_class.name
        work.mkdir()
        try:
            engine = engine_class(work, self.base, BASE)
        except engines.Unable as why:
            self.skipTest(str(why))
        self.addCleanup(engine.stop)
        compared = [case for case in cases if engine.name not in case.differs]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            logs = dict(pool.map(lambda case: (case.name, engine.build(case, self.contexts[case.name])),
                                 compared))
        theirs = engine.results([name for name, (status, _) in logs.items() if status == 0])
        for case in compared:
            with self.subTest(case.name):
                status, log = logs[case.name]
                self.assertEqual(status != 0, case.fails, log[-600:])
                ours = self.ours(case)
                if ours is not None:
                    self.assertEqual(differences(ours, theirs[case.name]), [])
        print(f"{len(compared)} cases compared with {engine.name}, "
              f"{len(cases) - len(compared)} in which it differs", file=sys.stderr)

    def test_buildah(self):
        self.compare_with(engines.Buildah, CASES)

    def test_buildah_what_commands_see(self):
        self.compare_with(engines.Buildah, SEEN_CASES)

    def test_buildah_what_commands_leave(self):
        self.need("cc")
        self.compare_with(engines.Buildah, LEFT_CASES)

    def test_buildkit(self):
        self.compare_with(engines.BuildKit, CASES)

    def test_buildkit_what_commands_see(self):
        self.compare_with(engines.BuildKit, SEEN_CASES)

    def test_buildkit_what_commands_leave(self):
        self.need("cc")
        self.compare_with(engines.BuildKit, LEFT_CASES)


if __name__ == "__main__":
    harness.main()

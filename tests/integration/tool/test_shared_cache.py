"""The cache that builds of several machines share: here each has a store of its own."""

import concurrent.futures
import json
import pathlib
import shutil
import tempfile

import harness
import registries
import run_harness

MODULE = pathlib.Path(__file__).resolve().parents[3] / "cmake/Slipway.cmake"
UUID = "cat /proc/sys/kernel/random/uuid"


class SharedCache(run_harness.RunTest):
    def setUp(self):
        super().setUp()
        self.need("docker-registry", "ninja")
        self.plain = pathlib.Path(tempfile.mkdtemp(prefix="slipway-cache-"))
        self.addCleanup(self._remove, self.plain)
        self.write("data", "data\n")
        # Nobody can guess what RUN leaves: it is the same only if it did not run again.
        self.dockerfile(*self.on_base(f"RUN {UUID} > /made"), *self.on_base("WORKDIR /w", "COPY data ."),
                        "COPY --from=0 /made /made", f"RUN {UUID} > /last")

    def start_registry(self):
        registry = registries.Registry(self.plain / "registry")
        self.addCleanup(registry.close)
        return registry

    def on_machine(self, name, *options, status=0):
        """Build where nothing but the base is known; the image's digest, and what was said."""
        layout = self.plain / f"image-{name}"
        result = self.slipway("build", *options, "-o", f"oci:{layout}", self.context, status=status,
                              env=self.environment(SLIPWAY_STORE=str(self.plain / f"store-{name}")))
        return (self.digest(layout) if status == 0 else None), result

    def assert_shared(self, place_to, place_from):
        first, _ = self.on_machine("a", "--cache-to", place_to)
        second, result = self.on_machine("b", "--cache-from", place_from)
        self.assertEqual(first, second)
        self.assertNotIn("warning", result.err)
        third, _ = self.on_machine("c")
        self.assertNotEqual(first, third)
        return first

    def test_registry(self):
        name = f"{self.start_registry().name}/org/cache"
        first = self.assert_shared(f"type=registry,ref={name},mode=max", f"type=registry,ref={name}")
        self.assertEqual(self.on_machine("d", "--cache-from", name)[0], first)

    def test_folder(self):
        folder = self.plain / "kept"
        self.assert_shared(f"type=local,dest={folder},mode=max", f"type=local,src={folder}")

    def count_runs(self, place):
        """How often the command has run, by a cache mount that machines share."""
        self.dockerfile(*self.on_base("RUN --mount=type=cache,target=/count,uid=3 echo x >> /count/runs && "
                                      "cp /count/runs /runs"))
        counts = []
        for name in "abc":
            self.on_machine(name, "--no-cache", "--cache-to", place.format("dest", "ref"), "--cache-from",
                            place.format("src", "ref"))
            self.slipway("build", "-o", f"type=local,dest={self.plain / name}", self.context,
                         env=self.environment(SLIPWAY_STORE=str(self.plain / f"store-{name}")))
            counts.append(len((self.plain / name / "runs").read_text().split()))
        return counts

    def test_cache_mounts_in_a_folder(self):
        self.assertEqual(self.count_runs(f"type=local,{{}}={self.plain / 'kept'},cache-mounts=true"), [1, 2, 3])

    def test_cache_mounts_in_a_registry(self):
        name = f"{self.start_registry().name}/org/cache"
        self.assertEqual(self.count_runs(f"type=registry,{{1}}={name},cache-mounts=true"), [1, 2, 3])

    def test_cache_mounts_stay_here_unless_asked_for(self):
        self.assertEqual(self.count_runs(f"type=local,{{}}={self.plain / 'kept'}"), [1, 1, 1])

    def test_only_the_images_own_layers(self):
        folder = self.plain / "kept"
        self.on_machine("a", "--cache-to", f"type=local,dest={folder}")
        self.assertEqual(len(list((folder / "results").iterdir())), 4)
        self.on_machine("a", "--cache-to", f"type=local,dest={folder},mode=max")
        self.assertEqual(len(list((folder / "results").iterdir())), 5)

    def test_what_was_there_before_is_kept_too(self):
        folder = self.plain / "kept"
        first, _ = self.on_machine("a")
        self.on_machine("a", "--cache-to", f"type=local,dest={folder},mode=max")
        self.assertEqual(self.on_machine("b", "--cache-from", f"type=local,src={folder}")[0], first)

    def test_edges(self):
        name = f"{self.start_registry().name}/cache"
        options = [f"--cache-to=type=registry,ref={name},mode=max", f"--cache-from={name}"]
        digests = []
        for machine in ("a", "b"):
            folder = self.plan(machine, options=options, env=self.environment())
            self.ninja(folder, env=self.environment(SLIPWAY_STORE=str(self.plain / f"store-{machine}")))
            digests.append(self.digest(self.planned_layout(folder)))
        self.assertEqual(*digests)
        self.assertEqual(self.on_machine("c", *options)[0], digests[0])

    def test_cmake(self):
        self.need("cmake")
        folder = self.plain / "kept"
        source = self.plain / "project"
        source.mkdir()
        (source / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(demo LANGUAGES NONE)\n"
            f'include("{MODULE}")\nadd_container_image(app DOCKERFILE "{self.context}/Dockerfile")\n')
        digests = []
        for machine, *options in (("a", f"-DSLIPWAY_CACHE_TO=type=local,dest={folder},mode=max"),
                                  ("b", f"-DSLIPWAY_CACHE_FROM=type=local,src={folder}")):
            tree = self.plain / f"tree-{machine}"
            environment = self.environment(SLIPWAY_STORE=str(self.plain / f"store-{machine}"))
            self.run_command("cmake", "-G", "Ninja", f"-DSlipway_EXECUTABLE={harness.tool()}", *options, "-S", source,
                             "-B", tree, env=environment)
            self.run_command("cmake", "--build", tree, "--target", "app", env=environment)
            digests += [path.read_text() for path in tree.rglob("image.digest")]
        self.assertEqual(len(digests), 2)
        self.assertEqual(*digests)

    def test_writers_at_once_lose_nothing(self):
        name = f"{self.start_registry().name}/cache"
        contexts = []
        for number in range(4):
            context = self.plain / f"context-{number}"
            shutil.copytree(self.context, context)
            with open(context / "Dockerfile", "a") as file:
                file.write(f"RUN {UUID} > /own-{number}\n")
            contexts.append(context)

        def build(number, *options):
            layout = self.plain / f"layout-{number}-{len(options)}"
            store = self.plain / f"store-{number}-{len(options)}"
            self.slipway("build", *options, "-o", f"oci:{layout}", contexts[number],
                         env=self.environment(SLIPWAY_STORE=str(store)))
            return json.loads((layout / "index.json").read_text())["manifests"][0]["digest"]

        # The first of all leaves what the four have in common.
        self.on_machine("first", "--cache-to", f"type=registry,ref={name},mode=max")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            options = [f"--cache-to=type=registry,ref={name},mode=max", f"--cache-from={name}"]
            made = list(pool.map(lambda number: build(number, *options), range(4)))
        self.assertEqual(made, [build(number, f"--cache-from={name}") for number in range(4)])

    def test_no_cache(self):
        folder = self.plain / "kept"
        first, _ = self.on_machine("a", "--cache-to", f"type=local,dest={folder},mode=max")
        second, _ = self.on_machine("b", "--no-cache", "--cache-from", f"type=local,src={folder}")
        self.assertNotEqual(first, second)

    def test_place_that_does_not_answer(self):
        away = "type=registry,ref=127.0.0.1:1/cache"
        _, result = self.on_machine("a", "--cache-from", away, "--cache-to", away + ",ignore-error=true")
        self.assertEqual(result.err.count("warning: the cache '127.0.0.1:1/cache' is left out: "), 2)
        _, result = self.on_machine("b", "--cache-to", away, status=None)
        self.assertNotEqual(result.status, 0)
        self.assertIn("keep a result in the cache '127.0.0.1:1/cache'", result.err)

    def test_damaged_results_are_made_again(self):
        folder = self.plain / "kept"
        self.on_machine("a", "--cache-to", f"type=local,dest={folder},mode=max")
        for path in (folder / "blobs/sha256").iterdir():
            path.chmod(0o644)
            path.write_bytes(b"x" * path.stat().st_size)
        _, result = self.on_machine("b", "--cache-from", f"type=local,src={folder}")
        self.assertEqual(result.err.count("is left out: "), 1)

    def test_mistakes(self):
        for flag, text, said in (
            ("--cache-from", "type=gha", "caches of the type 'gha' are not supported"),
            ("--cache-from", "type=registry", "it has no 'ref'"),
            ("--cache-to", "type=local,src=x", "unknown attribute 'src'"),
            ("--cache-to", "type=local,dest=x,mode=all", "mode is neither min nor max"),
            ("--cache-to", "type=registry,reff=x", "did you mean 'ref'?"),
            ("--cache-to", "type=registry,ref=A", "--cache-to"),
        ):
            result = self.slipway("build", flag, text, self.context, status=2)
            self.assertIn(said, result.err)
            self.assert_one_diagnostic(result)


if __name__ == "__main__":
    harness.main()

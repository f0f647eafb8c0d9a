"""What networks and registries do wrong: everything arrives, or fails with a clear
word, and nothing wrong is ever stored."""

import random
import shutil

import harness
import registries
import registry_test

LAYERS = 6
FINAL_WORDS = ("the connection broke again and again", "the server answered 503", "too many requests",
               "have the digest", "digest mismatch")


class Faults(registry_test.RegistryTest):
    def setUp(self):
        super().setUp()
        content = random.Random(7)
        files = [(f"f{number}", content.randbytes(30000 * (number + 1))) for number in range(LAYERS)]
        lines = [f"COPY f{number} /d{number}/" for number in range(LAYERS)]
        self.layout = self.make_layout("large", *lines, files=files)

    def proxy(self, faults, **how):
        proxy = registries.FaultProxy(self.registry, faults, **how)
        self.addCleanup(proxy.close)
        return proxy

    def assert_arrived_or_told(self, result):
        """True when it arrived."""
        if result.status == 0:
            return True
        self.assertIn(result.status, (3, 5), result.err)
        self.assertTrue(any(words in result.err for words in FINAL_WORDS), result.err)
        return False

    def inject(self, seed, least, once):
        """Run `once` with a proxy in between, again and again, until that many
        faults were injected; how often it went well."""
        choice = random.Random(seed)
        injected = successes = 0
        while injected < least:
            kinds = [*registries.FaultProxy.FAULTS, "corrupt", "cut"]
            proxy = self.proxy(choice.choices(kinds, k=12), odds=0.6, seed=choice.random())
            successes += once(proxy)
            injected += len(proxy.injected)
            proxy.close()
        self.assertGreater(successes, 0)

    def pull_once(self, proxy):
        shutil.rmtree(self.store, ignore_errors=True)
        result = self.slipway("pull", f"{proxy.name}/large:1", status=None)
        self.assert_sound_store()
        arrived = self.assert_arrived_or_told(result)
        if arrived:
            self.assertEqual(result.out.strip(), self.digest(self.layout))
            self.assertEqual(self.slipway("copy", f"{proxy.name}/large:1", f"oci:{self.plain}/copied").out, result.out)
            self.image(self.plain / "copied")
        return arrived

    def push_once(self, proxy):
        repository = f"large-{random.randrange(1 << 60)}"
        shutil.rmtree(self.store, ignore_errors=True)
        result = self.slipway("push", "-t", f"{proxy.name}/{repository}:1", f"oci:{self.layout}", status=None)
        arrived = self.assert_arrived_or_told(result)
        if arrived:
            self.assertEqual(self.registry.manifest(repository, "1")[1], self.digest(self.layout))
            self.skopeo("copy", "--src-tls-verify=false", f"docker://{self.registry.name}/{repository}:1",
                        f"oci:{self.plain}/copied-{repository}")
            self.image(self.plain / f"copied-{repository}")
        return arrived

    def test_pull_first(self):
        self.publish(self.layout, "large:1")
        self.inject(1, 50, self.pull_once)

    def test_pull_second(self):
        self.publish(self.layout, "large:1")
        self.inject(2, 50, self.pull_once)

    def test_push_first(self):
        self.inject(3, 50, self.push_once)

    def test_push_second(self):
        self.inject(4, 50, self.push_once)

    def layers_only(self, method, path):
        return method == "GET" and "/blobs/" in path

    def test_broken_download_goes_on(self):
        self.publish(self.layout, "large:1")
        proxy = self.proxy(["truncated"] * 20, matches=self.layers_only)
        self.slipway("pull", f"{proxy.name}/large:1")
        self.assert_sound_store()
        self.assertEqual(len(proxy.injected), 20)

    def test_server_that_has_a_bad_day(self):
        self.publish(self.layout, "large:1")
        proxy = self.proxy(["status_503"] * 100)
        result = self.slipway("pull", f"{proxy.name}/large:1", status=5)
        self.assertIn(f"pull '{proxy.name}/large:1': fetch manifest '1' of '{proxy.name}/large': the server answered 503",
                      result.err)
        self.assertLess(len(proxy.injected), 10)

    def test_too_many_requests(self):
        self.publish(self.layout, "large:1")
        proxy = self.proxy(["status_429"] * 100)
        result = self.slipway("pull", f"{proxy.name}/large:1", status=5)
        self.assertIn("the server answered 429 (TOOMANYREQUESTS), too many requests", result.err)

    def test_when_to_come_back(self):
        self.publish(self.layout, "large:1")
        for fault in ("in_an_hour", "at_a_date"):
            proxy = self.proxy([fault] * 100)
            self.slipway("pull", f"{proxy.name}/large:1", status=5)
            self.assertEqual(len(proxy.requests), 1, fault)  # nobody waits so long
        proxy = self.proxy(["at_a_date_long_past"])
        self.slipway("pull", f"{proxy.name}/large:1")

    def test_server_that_falls_silent(self):
        self.publish(self.layout, "large:1")
        proxy = self.proxy(["silent"], matches=self.layers_only)
        self.slipway("pull", f"{proxy.name}/large:1", env={"SLIPWAY_HTTP_TIMEOUT": "1"})
        self.assertEqual(proxy.injected, ["silent"])


if __name__ == "__main__":
    harness.main()

"""Builds with RUN that are killed at random moments, and many at once on one store.

SLIPWAY_TEST_KILLS sets how many kills there are (10)."""

import os
import random
import signal
import subprocess
import time

import harness
import host
from host import MARK

KILLS = int(os.environ.get("SLIPWAY_TEST_KILLS", "10"))


class KilledCommands(host.HostTest):
    def setUp(self):
        super().setUp()
        (self.place / "context/sub").mkdir()
        (self.place / "context/sub/f").write_text("text\n")
        (self.place / "s").write_text("hush")
        subprocess.run(["chmod", "-R", "a+rX", self.place / "context", self.place / "s"], check=True)
        for user in self.users():
            self.results(user).mkdir()
            self.results(user).chmod(0o777)
        base = f"FROM oci:{self.place / 'base'}"
        self.lines = ["ARG WORD=x", f"RUN sleep {MARK} & sleep 0.05; mkdir /d && echo $WORD > /d/f && ln /d/f /d/g && rm -r /old",
                      f"RUN --mount=type=cache,target=/c --mount=target=/m,source=sub,rw sleep {MARK} & echo x >> /m/f; "
                      "touch /c/x; rm /d/g; sleep 0.05; cat /m/f > /e",
                      f"{base} AS other", f"RUN --mount=type=secret,id=s sleep {MARK} & sleep 0.03; wc -c < /run/secrets/s > /n",
                      "FROM one", "COPY --from=other /n /n", "RUN chmod 4755 /n"]
        self.write_dockerfile(self.lines)
        file = self.place / "context/Dockerfile"
        file.write_text(file.read_text().replace("/base\n", "/base AS one\n", 1))

    def results(self, user):
        return self.place / f"results-{user}"

    def words(self, user, name, *options):
        return self.build_words(user, "--secret", f"id=s,src={self.place / 's'}", *options,
                                "-o", f"oci:{self.results(user) / name}")

    def finished(self, user, name="image", **changes):
        """Build to the end; the digest."""
        words, environment = self.words(user, name)
        self.run_command(*words, env={**environment, **changes}, cwd=self.place)
        return self.digest(self.results(user) / name)

    def clean(self, user):
        """What a build makes of an empty store, and how long it takes."""
        start = time.monotonic()
        digest = self.finished(user, "clean", SLIPWAY_STORE=str(self.results(user) / "clean store"))
        return digest, time.monotonic() - start

    def start(self, user, name, *options):
        words, environment = self.words(user, name, *options)
        with open(self.place / "log", "ab") as log:
            return subprocess.Popen(words, cwd=self.place, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                    start_new_session=True)

    def kill(self, child, number):
        try:
            os.killpg(child.pid, number)
        except ProcessLookupError:
            pass

    def forget(self, user):
        subprocess.run(["rm", "-rf", self.store_of(user), self.results(user) / "image"], check=True)

    def test_killed_at_random_moments(self):
        moments = random.Random(4)
        for user in self.users():
            digest, duration = self.clean(user)
            for number in range(KILLS // len(self.users())):
                if moments.random() < 0.7:
                    self.forget(user)
                how = moments.choice([signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
                moment = moments.uniform(0, duration)
                child = self.start(user, "image")
                time.sleep(moment)
                self.kill(child, how)
                child.wait(timeout=30)
                about = f"{user}, kill {number}: {how.name} after {moment:.3f} s of {duration:.3f}"
                with self.subTest(about):
                    self.assert_no_processes()
                    self.assertEqual(self.finished(user), digest)
                    self.assert_host_is_as_it_was()

    def test_eight_at_once(self):
        """Some of them killed: the others are right, and so is the next."""
        moments = random.Random(5)
        for user in self.users():
            digest, duration = self.clean(user)
            children = []
            for number in range(8):
                options = ["--build-arg", "WORD=y"] if number == 7 else []
                children.append(self.start(user, f"at-once-{number}", *options))
            for child in children[:2]:
                time.sleep(moments.uniform(0, duration / 2))
                self.kill(child, signal.SIGKILL)
            statuses = [child.wait(timeout=120) for child in children]
            self.assertEqual(statuses[2:], [0] * 6, (self.place / "log").read_text())
            digests = [self.digest(self.results(user) / f"at-once-{number}") for number in range(2, 8)]
            self.assertEqual(digests[:5], [digest] * 5)
            self.assertNotEqual(digests[5], digest)
            self.assertEqual(self.finished(user), digest)
            self.assert_host_is_as_it_was()


if __name__ == "__main__":
    harness.main()

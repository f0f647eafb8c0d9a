"""Builds as root and as an ordinary user: who reads the same files has to be let in."""

import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

import harness
import run_harness


def has_ranges():
    """Whether the ordinary user has subordinate ids."""
    user = "nobody" if harness.is_root() else os.environ.get("USER", str(os.geteuid()))
    text = pathlib.Path("/etc/subuid").read_text() if os.path.exists("/etc/subuid") else ""
    return any(line.startswith(f"{user}:") for line in text.splitlines())


class UsersTest(run_harness.RunTest):
    """A place that all users may write to, with the context, the base and a store each."""

    def setUp(self):
        super().setUp()
        if harness.is_root():
            self.need("setpriv", "unshare")
        if not self.may_make_namespaces():
            self.skipTest("user namespaces are refused, as inside of a chroot")
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="slipway-users-"))
        self.addCleanup(subprocess.run, ["rm", "-rf", self.place], check=False)
        shutil.copytree(self.context, self.place / "context")
        shutil.copytree(self.bases / "base", self.place / "base")
        subprocess.run(["chmod", "-R", "a+rX", self.place], check=True)
        self.place.chmod(0o777)

    def may_make_namespaces(self):
        words = [*self.become(self.ordinary), "unshare", "--user", "true"]
        return subprocess.run(words, check=False, capture_output=True).returncode == 0

    @property
    def ordinary(self):
        return "nobody" if harness.is_root() else "self"

    def users(self):
        """root, where that is us, and an ordinary user."""
        return ["root", "nobody"] if harness.is_root() else ["self"]

    def become(self, user):
        """The words before a command that is run by the user. Not runuser, which stays
        in between, and sleeps when it gets a signal."""
        if not harness.is_root() or user == "root":
            return []
        entry = pwd.getpwnam(user)
        return ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups", "--"]

    def store_of(self, user):
        return self.place / f"store-{user}"

    def write_dockerfile(self, lines, base="base"):
        text = "\n".join([f"FROM oci:{self.place / base}", *lines]) + "\n"
        (self.place / "context/Dockerfile").write_text(text)

    def build_words(self, user, *options):
        """The command that builds the context as the user, and its environment."""
        words = [*self.become(user), harness.tool(), "build", "--progress", "plain", "--compression", "none", *options,
                 self.place / "context"]
        environment = {**os.environ, "SLIPWAY_STORE": str(self.store_of(user))}
        return [os.fspath(word) for word in words], environment

    def build_as(self, user, lines, *options, status=0, timeout=120, base="base"):
        """Build as the user; skips where there is no sandbox."""
        self.write_dockerfile(lines, base)
        words, environment = self.build_words(user, *options)
        result = harness.Result(subprocess.run(words, check=False, cwd=self.place, env=environment, timeout=timeout,
                                               stdin=subprocess.DEVNULL, capture_output=True))
        if result.status == 4 and status != 4:
            self.skipTest(result.err)
        if status is not None:
            self.assertEqual(result.status, status, result.err)
        result.err = run_harness.without_times(result.err)
        return result

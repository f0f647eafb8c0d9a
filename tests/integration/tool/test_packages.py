"""Debian packages installed by root, by a user with subordinate ids and by one without:
the same files, modes and owners. The base is made of the machine's own mirror."""

import concurrent.futures
import pathlib
import pwd
import shutil
import subprocess
import tarfile

import debian
import harness
import users

# Owners of theirs: the groups crontab and ssl-cert, which their scripts make, and
# daemon; setuid and setgid programs, a sticky folder.
PACKAGES = "at cron ssl-cert"
INSTALL = (f"RUN apt-get update && apt-get install -y --no-install-recommends {PACKAGES} && "
           "rm -rf /var/lib/apt/lists /var/cache/apt /var/log")
LONG_RANGE = 65536


def user_with_ranges():
    """One that may have as many ids as an image's owners need; None: there is none."""
    try:
        lines = pathlib.Path("/etc/subuid").read_text().splitlines()
    except OSError:
        return None
    for name, _, count in (line.split(":") for line in lines if line.count(":") == 2):
        if int(count) >= LONG_RANGE and name != "root" and any(entry.pw_name == name for entry in pwd.getpwall()):
            return name
    return None


class Packages(users.UsersTest):
    def make_debian(self):
        """A base with apt in it; skips where none can be made."""
        debian.write_tree(self, self.bases / "debian.tar", ["adduser", "openssl"], "apt")
        self.make_base("debian", "ADD debian.tar /")
        shutil.move(self.bases / "debian", self.place / "debian")
        subprocess.run(["chmod", "-R", "a+rX", self.place / "debian"], check=True)

    def built_by(self, user):
        """path -> what a layer says of it."""
        result = self.place / f"results-{user}"
        result.mkdir()
        shutil.chown(result, user)
        words, environment = self.build_words(user, "--output", f"type=tar,dest={result / 'tar'}")
        environment |= {"HOME": str(result), "TMPDIR": "/tmp"}
        built = subprocess.run(words, check=False, cwd=self.place, env=environment, stdin=subprocess.DEVNULL,
                               capture_output=True, text=True)
        self.assertEqual(built.returncode, 0, f"{user}: {built.stderr[-2000:]}")
        with tarfile.open(result / "tar") as archive:
            # Which of a file's names is the file and which are links is not said here.
            return {member.name: ("file" if member.isreg() or member.islnk() else member.type.decode(), oct(member.mode),
                                  member.uid, member.gid, member.linkname if member.issym() else "", member.devmajor)
                    for member in archive}

    def test_same_for_all_users(self):
        self.make_debian()
        self.write_dockerfile([INSTALL], base="debian")
        builders = ["root", "nobody"]
        if user_with_ranges() is not None and shutil.which("newuidmap") is not None:
            builders.append(user_with_ranges())
        for user in builders:
            self.store_of(user).mkdir()
            shutil.chown(self.store_of(user), user)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            root, *others = pool.map(self.built_by, builders)
        owners = {entry[2:4] for entry in root.values()}
        self.assertGreater(len(owners), 4, owners)
        for user, tree in zip(builders[1:], others):
            self.assertEqual(sorted(tree), sorted(root), user)
            self.assertEqual({path: (tree[path], root[path]) for path in root if tree[path] != root[path]}, {}, user)


if __name__ == "__main__":
    harness.main()

"""A user without subordinate ids: the layers of its commands tell the owners that
root's would. As root the tests build as 'nobody', too, and compare."""

import subprocess
import tarfile
import unittest

import harness
import users


@unittest.skipIf(users.has_ranges(), "the user has subordinate ids")
class Owners(users.UsersTest):
    def built_by(self, user, lines):
        """Build as that user; (what commands printed, {path: (type, mode, owners, target)})."""
        result_file = self.place / f"{user}.tar"
        log = self.build_as(user, lines, "--output", f"type=tar,dest={result_file}").err
        with tarfile.open(result_file) as archive:
            tree = {member.name: (member.type, oct(member.mode), member.uid, member.gid, member.linkname, member.devmajor)
                    for member in archive}
        return log, tree

    def of_both(self, *lines):
        """Built by the lone user, and by root where that is us; both must be the same."""
        log, tree = self.built_by(self.ordinary, lines)
        if harness.is_root():
            self.assertEqual(tree, self.built_by("root", lines)[1])
        return log, tree

    def owners(self, tree, *paths):
        return {path: tree[path][2:4] for path in paths}

    def test_given_files(self):
        _, tree = self.of_both("RUN touch /a /b && chown 5:6 /a && chown 7 /b && mkdir /d && chown :8 /d && "
                               "ln -s a /l && chown -h 9:10 /l && mv /l /m && mv /a /c && chown 0:0 /b")
        self.assertEqual(self.owners(tree, "c", "b", "d", "m"),
                         {"c": (5, 6), "b": (0, 0), "d": (0, 8), "m": (9, 10)})

    def test_owner_is_told(self):
        log, _ = self.of_both("RUN touch /a && chown 5:6 /a && stat -c %u:%g /a", "RUN stat -c 'later %u:%g' /a")
        self.assertIn("\n5:6\n", log)
        self.assertIn("later 5:6\n", log)

    def test_owners_of_what_lies_beneath(self):
        log, tree = self.of_both("COPY --chown=3:4 Dockerfile /f", "RUN stat -c %u:%g /f; echo >> /f; chmod 600 /f")
        self.assertIn("\n3:4\n", log)
        self.assertEqual(self.owners(tree, "f"), {"f": (3, 4)})

    def test_giving_away_clears_setuid(self):
        _, tree = self.of_both("RUN touch /a && chmod 6755 /a && chown 5 /a && touch /b && chown 5 /b && chmod 4755 /b")
        self.assertEqual((tree["a"][1], tree["b"][1]), ("0o755", "0o4755"))

    def test_devices(self):
        _, tree = self.of_both("RUN mknod -m 640 /null c 1 3 && chown 0:6 /null && mknod /pipe p && chown 2:2 /pipe")
        self.assertEqual(tree["null"], (tarfile.CHRTYPE, "0o640", 0, 6, "", 1))
        self.assertEqual(tree["pipe"][:4], (tarfile.FIFOTYPE, "0o644", 2, 2))

    def test_another_user(self):
        log, tree = self.of_both(
            "RUN echo u:x:1000:1000::/:/bin/sh >> /etc/passwd && echo g:x:2000:u >> /etc/group && mkdir -m 777 /d",
            "USER u", "RUN id -u; id -g; touch /d/f; mkdir /d/s; ln -s f /d/l; (umask 077; echo x > /d/private); "
                      "chown 0 /d/f || echo refused")
        self.assertIn("\n1000\n1000\n", log)
        self.assertIn("\nrefused\n", log)
        self.assertEqual(set(self.owners(tree, "d/f", "d/s", "d/l", "d/private").values()), {(1000, 1000)})
        self.assertEqual(tree["d/private"][1], "0o600")

    def test_directories_that_hand_their_group_on(self):
        _, tree = self.of_both("RUN mkdir /d && chown :50 /d && chmod 2775 /d && touch /d/f && mkdir /d/e && touch /d/e/g")
        self.assertEqual(set(self.owners(tree, "d/f", "d/e", "d/e/g").values()), {(0, 50)})

    def test_programs_that_cannot_be_found_still_fail_as_they_do(self):
        log, _ = self.of_both("RUN chown 5 /nothing; stat /nothing; mkdir /old; echo x > /no/such; true")
        self.assertIn("/nothing: No such file or directory", log)
        self.assertIn("File exists", log)

    def test_notes_are_in_no_layer(self):
        self.built_by(self.ordinary, ["RUN touch /a && chown 5 /a"])
        found = subprocess.run(["grep", "-rlaF", "user.slipway", self.place / f"{self.ordinary}.tar"], check=False, capture_output=True)
        self.assertEqual(found.stdout, b"")


if __name__ == "__main__":
    harness.main()

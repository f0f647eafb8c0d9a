"""How a build shows what its commands print, and what a failed one leaves."""

import base64
import json
import re

import harness
import run_harness


class Progress(run_harness.RunTest):
    LINES = ("RUN echo one; echo two; printf 'three\\rfour\\n'; printf 'no end'",)

    def test_plain_has_number_and_seconds(self):
        result = self.run_lines(*self.LINES, options=["--progress", "plain"])
        found = re.findall(r"(?m)^#2 \d+\.\d{3} (.*)$", result.log)
        self.assertEqual(found, ["one", "two", "four", "no end"])
        self.assertRegex(result.log, r"no end\n#2 DONE \d+\.\ds\n")

    def test_rawjson_has_logs(self):
        result = self.run_lines(*self.LINES, options=["--progress", "rawjson"])
        logs = [log for line in result.log.splitlines() for log in json.loads(line).get("logs", [])]
        self.assertEqual(b"".join(base64.b64decode(log["data"]) for log in logs), b"one\ntwo\nthree\rfour\nno end")
        vertexes = [json.loads(line)["vertexes"][0] for line in result.log.splitlines() if "vertexes" in line]
        self.assertIn(logs[0]["vertex"], [vertex["digest"] for vertex in vertexes if "RUN" in vertex["name"]])

    def test_quiet_shows_nothing(self):
        self.assertEqual(self.run_lines(*self.LINES, options=["-q"]).log, "")

    def test_terminal_ends_with_the_steps(self):
        result = self.run_lines("RUN echo shown; sleep 1", options=["--progress", "tty"])
        self.assertIn(" => => # shown\n", result.log)
        self.assertRegex(result.log, r" => \[2/2\] RUN echo shown; sleep 1 +1\.\ds\n(\x1b\[\d+A\x1b\[J)?$")

    def test_triggers_print_too(self):
        self.make_base("trigger", "ONBUILD RUN echo triggered", start=f"oci:{self.bases / 'base'}")
        result = self.run_lines("RUN true", name="trigger")
        self.assertRegex(result.log, r"(?m)^#1 \d\.\d{3} triggered$")


class FailedSteps(run_harness.RunTest):
    def fail(self, *lines, **how):
        result = self.run_lines(*lines, status=1, **how)
        match = re.search(r"look inside with: slipway shell (\S+)\n", result.log)
        self.assertIsNotNone(match, result.log)
        return result, match[1]

    def test_report(self):
        result, name = self.fail("RUN true", "RUN echo why; \\", "  exit 7")
        self.assertRegex(result.log, re.escape(
            "  | why\n"
            f"{self.context}/Dockerfile:3:1: error: the command exited with status 7\n"
            " 3 | RUN echo why; \\\n"
            "   | ^~~\n"
            f"   = hint: look inside with: slipway shell {name}\n") + r"     its output is in \S.*\.log\n")
        self.assertTrue(name.endswith("-0-2"), name)

    def test_only_the_end_of_a_long_log(self):
        result, _ = self.fail("RUN i=0; while [ $i -lt 100 ]; do echo line $i; i=$((i+1)); done; false", options=["-q"])
        self.assertNotIn("line 79\n", result.log)
        self.assertIn("  | line 80\n", result.log)
        self.assertIn("  | line 99\n", result.log)

    def test_shell_sees_what_the_command_left(self):
        _, name = self.fail("ENV E=env", "WORKDIR /w", "RUN echo half > done; rm /gone; false")
        inside = self.slipway("shell", name, "sh", "-c", "pwd; echo $E; cat done; ls /gone; hostname", status=None)
        self.assertEqual(inside.out, "/w\nenv\nhalf\nbuildkitsandbox\n")
        self.slipway("shell", name, "touch", "/more")
        self.assertEqual(self.slipway("shell", name, "ls", "/more").out, "/more\n")
        self.assertEqual(self.slipway("shell", name, "sh", "-c", "exit 5", status=5).out, "")

    def test_shell_without_a_command_is_a_shell(self):
        _, name = self.fail("RUN false")
        self.assertEqual(self.slipway("shell", name).out, "")

    def test_secrets_are_not_kept(self):
        _, name = self.fail("RUN --mount=type=secret,id=s,env=S --mount=type=secret,id=s false",
                            options=["--secret", "id=s,env=HUSH"], env={"HUSH": "hush-hush"})
        self.assertEqual(self.slipway("shell", name, "sh", "-c", "echo [$S]; wc -c < /run/secrets/s").out, "[]\n0\n")
        found = self.run_command("grep", "-rl", "hush-hush", self.store, status=None)
        self.assertEqual(found.out, "")

    def test_next_run_drops_it(self):
        self.write("f", "1")
        _, name = self.fail("RUN --mount=target=/c test -e /c/there")
        self.write("there")
        self.run_lines("RUN --mount=target=/c test -e /c/there")
        result = self.slipway("shell", name, "true", status=3)
        self.assertIn(f"error: open the root of '{name}': no failed step has left it", result.err)

    def test_names_that_nothing_is_kept_under(self):
        for name in ("nothing", "../tmp", "a/b"):
            self.assertIn("no failed step has left it", self.slipway("shell", name, status=3).err)
        self.assertIn("shell: no step given", self.slipway("shell", status=2).err)


class Doctor(harness.ToolTest):
    def test_each_line_is_ok_or_has_a_remedy(self):
        result = self.slipway("doctor", status=None)
        lines = result.out.splitlines()
        for line, following in zip(lines, [*lines[1:], ""]):
            if line.startswith("missing"):
                self.assertTrue(following.startswith("         mend it: "), following)
            else:
                self.assertRegex(line, r"^(ok       \S|         mend it: \S)")
        for what in ("kernel", "namespaces", "overlay", "seccomp"):
            self.assertIn(f"{what}: ", result.out)
        self.assertEqual(result.status, 1 if "missing" in result.out else 0)


if __name__ == "__main__":
    harness.main()

"""lint, help lint, build --check and --call, and warnings of a build."""

import json

import harness


class Lint(harness.ToolTest):
    def test_findings_are_no_failure_until_raised(self):
        self.dockerfile("FROM scratch", "CMD serve")
        result = self.slipway("lint", self.context)
        self.assertIn("Dockerfile:2:1: warning: JSON arguments recommended for CMD", result.out)
        self.slipway("lint", "--rule", "JSONArgsRecommended=error", self.context, status=3)
        self.dockerfile("# check=error=true", "FROM scratch", "CMD serve")
        self.slipway("lint", self.context, status=3)
        self.slipway("build", self.context, status=3)

    def test_only_dockers_own_checks_fail_a_build_by_the_directive(self):
        """BuildKit knows no other rule, and the file is its."""
        self.dockerfile("# check=error=true", "FROM scratch", "COPY a/* /", 'CMD ["x"]', "RUN cd /tmp | true")
        found = self.slipway("lint", self.context)
        self.assertIn("[DL", found.out)

    def test_a_file_or_standard_input_in_place_of_a_context(self):
        def fed(*words):
            return self.slipway(*words, before=("sh", "-c", 'exec "$@" < context/Dockerfile', "sh")).out

        self.dockerfile("FROM scratch", "ENV CC clang")
        alone = self.slipway("lint", self.context / "Dockerfile").out
        self.assertEqual(alone, self.slipway("lint", self.context).out)
        self.assertIn("<stdin>:2:5: warning", fed("lint", "-"))
        self.assertIn("<stdin>:2:5: warning", fed("lint", "-f", "-", self.context))
        self.assertIn("1 warning has been found", fed("build", "--check", "-"))

    def test_formats_for_programs(self):
        self.dockerfile("FROM scratch", "ENV CC clang")
        found = json.loads(self.slipway("lint", "--format", "json", self.context).out)["findings"]
        self.assertEqual([(f["rule"], f["line"], f["column"]) for f in found], [("LegacyKeyValueFormat", 2, 5)])
        run = json.loads(self.slipway("lint", "--format", "sarif", self.context).out)["runs"][0]
        self.assertEqual([r["ruleId"] for r in run["results"]], [r["id"] for r in run["tool"]["driver"]["rules"]])

    def test_ignored_file(self):
        self.dockerfile("FROM scratch", "COPY build/app /")
        (self.context / ".dockerignore").write_text("build\n")
        self.assertIn("[CopyIgnoredFile]", self.slipway("lint", self.context).out)

    def test_base_that_is_at_hand(self):
        self.write("app", "x")
        self.dockerfile("FROM scratch", "COPY app /", "ENV KNOWN=1")
        self.slipway("build", "-t", "base:1", "--platform=linux/s390x", self.context)
        self.dockerfile("FROM base:1", "LABEL a=$KNOWN b=$KNOWM")
        out = self.slipway("lint", "--platform=linux/amd64", self.context).out
        self.assertIn("[InvalidBaseImagePlatform]", out)
        self.assertIn("Usage of undefined variable '$KNOWM' (did you mean $KNOWN?)", out)
        self.assertNotIn("variable '$KNOWN'", out)

    def test_policies(self):
        self.dockerfile("FROM evil.example.org/base:1", "COPY --from=ok.example.com/x:1 /a /", "LABEL com.example.v=one")
        out = self.slipway("lint", "--trusted-registry=*.example.com", "--require-label=com.example.v:semver",
                           "--require-label=com.example.owner", "--strict-labels", self.context).out
        for rule, count in [("DL3026", 1), ("DL3049", 1), ("DL3050", 0), ("DL3056", 1)]:
            self.assertEqual(out.count(f"[{rule}]"), count, rule)
        self.assertNotIn("DL3026", self.slipway("lint", self.context).out)
        result = self.slipway("lint", "--require-label=a:b", self.context, status=2)
        self.assertIn("unknown format 'b' of a label", result.err)

    def test_help(self):
        self.assertIn("COPY app /usr/bin/", self.slipway("help", "lint", "DL3020").out)
        self.assertIn("UndefinedVar", self.slipway("help", "lint").out)
        self.assertIn("--build-arg", self.slipway("help", "build").out)
        result = self.slipway("help", "lint", "DL302", status=2)
        self.assertIn("did you mean", result.err)

    def test_calls(self):
        self.dockerfile("# TAG is the release", "ARG TAG=12", "FROM debian:$TAG AS one", "FROM scratch AS two", "CMD serve")
        check = self.slipway("build", "--check", self.context)
        self.assertIn("1 warning has been found!", check.out)
        outline = json.loads(self.slipway("build", "--call=outline,format=json", "--target=one", self.context).out)
        self.assertEqual([(a["name"], a["value"], a["description"]) for a in outline["args"]],
                         [("TAG", "12", "is the release")])
        targets = json.loads(self.slipway("build", "--call=targets,format=json", self.context).out)["targets"]
        self.assertEqual([(t["name"], t.get("default", False)) for t in targets], [("one", False), ("two", True)])
        self.slipway("build", "--call=outlin", self.context, status=2)

    def test_a_build_warns_of_build_checks_alone(self):
        self.dockerfile("FROM scratch", "ADD app /", "CMD serve")
        (self.context / "app").write_text("x")
        result = self.slipway("build", self.context)
        self.assertIn("1 warning (JSONArgsRecommended)", result.err)
        self.assertNotIn("DL3020", result.err)


if __name__ == "__main__":
    harness.main()

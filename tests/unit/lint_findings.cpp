#include <catch2/catch.hpp>
#include <string>

#include "base/error.hpp"
#include "dockerfile/parser.hpp"
#include "lint/output.hpp"

namespace slipway::lint {
namespace {

std::string found(const std::string& text, Options options = {}) {
  Diagnostics reading({"Dockerfile", text});
  const auto file = dockerfile::parse_dockerfile(reading.source(), reading);
  return to_text(lint(file, reading, options), reading.source());
}

Options only(Group group) {
  Options options;
  options.groups = {group};
  return options;
}

TEST_CASE("a finding stands at the word it is about", "[lint]") {
  CHECK(
      found("FROM scratch\nARG prefix=/usr\nCOPY a \\\n  $prefx/\n", only(Group::build)) ==
      "Dockerfile:4:3: warning: Usage of undefined variable '$prefx' (did you mean $prefix?) [UndefinedVar]\n"
      " 4 |   $prefx/\n"
      "   |   ^~~~~~~\n");
  CHECK(found("FROM debian\n", only(Group::hadolint)) ==
        "Dockerfile:1:6: warning: no tag says which 'debian' is meant [DL3006]\n"
        " 1 | FROM debian\n"
        "   |      ^~~~~~\n"
        "   = hint: name the release that was tested, for example debian:12\n");
  CHECK(found("FROM debian:12\nRUN make -j && make install\n", only(Group::cpp))
            .find("[CppUnboundedJobs]") != std::string::npos);
}

TEST_CASE("comments switch rules off for one instruction", "[lint]") {
  const auto options = only(Group::build);
  CHECK(
      found("FROM scratch\n# check=skip=JSONArgsRecommended // a shell is meant\nCMD a\n", options)
          .empty());
  CHECK(found("FROM scratch\n# hadolint ignore=DL3025\nCMD a\n", options).empty());
  CHECK(
      found("FROM debian:12\n# hadolint ignore=DL3004,DL3059\nRUN sudo a\n", only(Group::hadolint))
          .empty());
  CHECK_FALSE(found("FROM scratch\n# check=skip=JSONArgsRecommended\n#\nCMD a\n", options).empty());
}

TEST_CASE("the check directive, and the build argument that replaces it", "[lint]") {
  auto options = only(Group::build);
  CHECK(found("# check=skip=all\nFROM scratch\nCMD a\n", options).empty());
  options.build_args["BUILDKIT_DOCKERFILE_CHECK"] = "skip=MaintainerDeprecated";
  CHECK_FALSE(found("# check=skip=all\nFROM scratch\nCMD a\n", options).empty());
  try {
    found("# check=skp=all\nFROM scratch\n");
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == Errc::input);
    CHECK(std::string(error.what()) ==
          "Dockerfile:1:9: error: invalid check option 'skp'\n"
          " 1 | # check=skp=all\n"
          "   |         ^~~~~~~\n"
          "   = hint: it is skip=<rules>, experimental=<rules> or error=true\n");
  }
}

TEST_CASE("a rule's level is the user's to choose", "[lint]") {
  auto options = only(Group::build);
  read_rule_level("DL3025=error", options.levels);
  CHECK(
      found("FROM scratch\nCMD a\n", options).starts_with("Dockerfile:2:1: error: JSON arguments"));
  read_rule_level("JSONArgsRecommended=off", options.levels);
  CHECK(found("FROM scratch\nCMD a\n", options).empty());
  CHECK_THROWS_WITH(read_rule_level("JSONArgs=of", options.levels),
                    "--rule: unknown rule 'JSONArgs'");
  CHECK_THROWS_WITH(read_rule_level("DL3006=of", options.levels),
                    "--rule 'DL3006=of' is not of the form NAME=off|warn|error");
}

TEST_CASE("a base image that is not at hand gets the benefit of the doubt", "[lint]") {
  auto options = only(Group::build);
  CHECK(
      found(
          "FROM python:3\nENV V=$PYTHON_VERSION P=$LD_LIBRARY_PATH:/a LD_LIBRARY_PATH=/a:$LD_LIBRARY_PATH\n",
          options)
          .empty());
  options.base_image = [](const std::string&) {
    return std::optional(BaseImage{{"LANG"}, false, Platform::host(), {}});
  };
  CHECK(found("FROM python:3\nENV V=$PYTHON_VERSION L=$LANG\n", options) ==
        "Dockerfile:2:7: warning: Usage of undefined variable '$PYTHON_VERSION' [UndefinedVar]\n"
        " 2 | ENV V=$PYTHON_VERSION L=$LANG\n"
        "   |       ^~~~~~~~~~~~~~~\n");
}

TEST_CASE("triggers of a base define variables", "[lint]") {
  auto options = only(Group::build);
  options.base_image = [](const std::string&) {
    return std::optional(BaseImage{{}, false, Platform::host(), {"ARG A=1", "ENV E=$A", "ARG"}});
  };
  CHECK(found("FROM base\nENV V=$A W=$E\n", options).empty());
  CHECK(found("FROM scratch AS a\nONBUILD ARG A\nFROM a\nENV V=$A\n", options).empty());
}

TEST_CASE("stages that are not built are left alone", "[lint]") {
  auto options = only(Group::build);
  options.all_stages = false;
  const std::string text =
      "FROM scratch AS a\nCMD a\nFROM scratch AS b\nCMD b\nFROM scratch\nCOPY --from=b /b /b\n";
  CHECK(found(text, options).starts_with("Dockerfile:4:1:"));
  options.target = "a";
  CHECK(found(text, options).starts_with("Dockerfile:2:1:"));
}

TEST_CASE("an outline names what a target takes", "[lint]") {
  const std::string text =
      "ARG MAJOR=1\nARG UNUSED=${MAJOR}\nARG TAG=${MAJOR}2\nFROM debian:${TAG} AS base\n"
      "# MODE is how to compile\n# check=skip=all\nARG MODE=fast\n"
      "RUN --mount=type=secret,id=key-${MODE},required=true a\nFROM scratch\nARG OTHER\n";
  Diagnostics reading({"Dockerfile", text});
  const auto file = dockerfile::parse_dockerfile(reading.source(), reading);
  Options options;
  options.target = "base";
  const auto outline = make_outline(file, options);
  REQUIRE(outline.arguments.size() == 3);
  CHECK(outline.arguments[0].name == "MAJOR");
  CHECK(outline.arguments[1].name == "TAG");
  CHECK(outline.arguments[1].value == "12");
  CHECK(outline.arguments[2].description == "is how to compile");
  REQUIRE(outline.secrets.size() == 1);
  CHECK(outline.secrets[0].required);
  CHECK(outline.secrets[0].name == "key-fast");
  options.target = "bse";
  CHECK_THROWS_WITH(make_outline(file, options), "no stage 'bse' to build");
}

}  // namespace
}  // namespace slipway::lint

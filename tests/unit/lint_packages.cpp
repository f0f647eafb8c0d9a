#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "dockerfile/parser.hpp"
#include "lint/lint.hpp"

namespace slipway::lint {
namespace {

/// Whether hadolint's rule finds something in a stage of these lines.
bool finds(std::string_view rule, const std::string& lines) {
  Diagnostics reading({"Dockerfile", "FROM debian:12 AS base\n" + lines + "\n"});
  const auto file = dockerfile::parse_dockerfile(reading.source(), reading);
  REQUIRE_NOTHROW(reading.stop_if_errors());
  Options options;
  options.groups = {Group::hadolint};
  const auto findings = lint(file, reading, options);
  return std::ranges::any_of(findings.all,
                             [&](const Finding& finding) { return finding.rule->name == rule; });
}

void check_all(std::string_view rule, bool expected, const std::vector<std::string>& commands) {
  for (const auto& command : commands) {
    CAPTURE(rule, command);
    CHECK(finds(rule, "RUN " + command) == expected);
  }
}

TEST_CASE("packages without a version are found, however they are named", "[lint]") {
  check_all("DL3013", true,
            {"pip install conan", "python3 -u -m pip install conan", "pipx install conan",
             "pip install zope.interface", "pip install git+https://example.com/a.git"});
  check_all("DL3013", false,
            {"pip install conan==2", "pip install --trusted-host host conan==2", "pip install .",
             "pip install ./a b/c", "pip install 'conan>=2'", "pip install -r list",
             "pip install a --constraint list", "pip install git+https://example.com/a.git@v1",
             "pip install https://example.com/a.whl", "pip install $PACKAGES"});
  check_all("DL3016", true,
            {"npm install express", "npm i @scope/name", "npm i git+https://example.com/a.git"});
  check_all("DL3016", false,
            {"npm install express@4", "npm i @scope/name@1", "npm i ./a ../b /c ~/d", "npm i a.tgz",
             "npm i git://example.com/a.git#v1", "npm i --loglevel verbose a@1", "npm install"});
  check_all("DL3018", false, {"apk add ./a.apk", "apk add a-1.apk", "apk add -t group a=1"});
  check_all("DL3028", true, {"gem install rake", "gem i rake:1 rubocop"});
  check_all("DL3028", false, {"gem i rake:1 -- --with-x y", "gem i rake --version=1"});
  check_all("DL3033", true, {"yum install -y gcc-c++", "yum module install -y nodejs"});
  check_all("DL3033", false, {"yum install -y gcc-12", "yum module install -y nodejs:20"});
  check_all("DL3062", true,
            {"go install example.com/a", "go get example.com/a@latest", "go run example.com/a",
             "go get -tool stringer"});
  check_all("DL3062", false,
            {"go install example.com/a@v1", "go run example.com/a@v1 word", "go run main.go",
             "go install ./cmd/a", "go install cmd/vet", "go build -o a example.com/a"});
}

TEST_CASE("a cache that is removed first is there afterwards", "[lint]") {
  check_all("DL3032", true, {"yum clean all && yum install -y a-1"});
  check_all("DL3032", false, {"yum install -y a-1 && yum clean all"});
  check_all("DL3036", false, {"zypper in -y a=1 && zypper cc"});
  check_all("DL3040", true,
            {"dnf -y up", "microdnf install -y a-1", "dnf in -y a-1 && microdnf clean all",
             "rm -rf /var/cache/libdnf5 && dnf install -y a-1"});
  check_all("DL3040", false,
            {"dnf -y up && dnf clean all", "dnf in -y a-1 && rm -rf /var/cache/libdnf5",
             "--mount=type=cache,target=/var/cache/libdnf5 dnf install -y a-1"});
  check_all("DL3019", false,
            {"apk add --no-cache a=1", "--mount=type=cache,target=/var/cache/apk apk add a=1"});
  check_all("DL3060", false, {"--mount=type=cache,target=/root/.cache/yarn yarn install"});
}

TEST_CASE("what a thrown away stage leaves is nobody's", "[lint]") {
  CHECK_FALSE(finds("DL3009", "RUN apt-get update\nFROM scratch"));
  CHECK(finds("DL3009", "RUN apt-get update\nFROM base"));
  CHECK(finds("DL3002", "USER root\nFROM base"));
  CHECK_FALSE(finds("DL3002", "USER root\nFROM scratch"));
}

TEST_CASE("pip's cache is off by flag, variable and mount", "[lint]") {
  check_all("DL3042", false,
            {"pip install --no-cache-dir a==1", "PIP_NO_CACHE_DIR=1 pip install a==1",
             "export PIP_NO_CACHE_DIR=on && pip install a==1",
             "--mount=type=cache,target=/root/.cache pip install a==1"});
  check_all("DL3042", true, {"pip install a==1", "PIP_NO_CACHE_DIR=off pip install a==1"});
  CHECK_FALSE(finds("DL3042", "ENV PIP_NO_CACHE_DIR=1\nFROM base\nRUN pip install a==1"));
  CHECK(finds("DL3042", "ENV PIP_NO_CACHE_DIR=1\nFROM debian:12\nRUN pip install a==1"));
}

TEST_CASE("what stages inherit is known at the end of a long line of them", "[lint]") {
  std::string lines = "ENV PIP_NO_CACHE_DIR=1\nFROM base AS s0\n";
  for (int i = 0; i < 5000; ++i) lines += fmt::format("FROM s{} AS s{}\n", i, i + 1);
  CHECK_FALSE(finds("DL3042", lines + "RUN pip install a==1"));
  CHECK(finds("DL3042", lines + "ENV PIP_NO_CACHE_DIR=0\nRUN pip install a==1"));
}

TEST_CASE("hadolint's rules look into triggers, as the start of a stage on this one", "[lint]") {
  CHECK(finds("DL3004", "ONBUILD RUN sudo make"));
  CHECK(finds("DL3045", "ONBUILD COPY a b"));
  CHECK_FALSE(finds("DL3045", "WORKDIR /src\nONBUILD COPY a b"));
  CHECK_FALSE(finds("DL3045", "ONBUILD WORKDIR /src\nONBUILD COPY a b"));
  CHECK_FALSE(finds("DL3022", "ONBUILD COPY --from=build /a /b"));
  CHECK(finds("DL3009", "ONBUILD RUN apt-get update\nFROM scratch"));
  CHECK_FALSE(finds("DL3004", "# hadolint ignore=DL3004\nONBUILD RUN sudo make"));
}

TEST_CASE("a destination is absolute in quotes, too, and on Windows", "[lint]") {
  for (const std::string place : {"\"/a\"", "'/a'", "c:/a", "c:\\a", "\"$PLACE\"", "${PLACE}/a"}) {
    CAPTURE(place);
    CHECK_FALSE(finds("DL3045", "COPY a " + place));
  }
  CHECK(finds("DL3045", "COPY a \"b\""));
  CHECK_FALSE(finds("DL3021", "COPY a b \"/c/\""));
}

TEST_CASE("RUNs that could be one, and pipes that hide what fails", "[lint]") {
  CHECK(finds("DL3059", "RUN a\nRUN b"));
  CHECK_FALSE(finds("DL3059", "RUN a && b\nRUN c"));
  CHECK_FALSE(finds("DL3059", "RUN --mount=type=cache,target=/c a\nRUN b"));
  CHECK(finds("DL4006", "SHELL [\"/bin/sh\", \"-o\", \"pipefail\", \"-c\"]\nRUN a | b"));
  CHECK_FALSE(finds("DL4006", "SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nRUN a | b"));
  CHECK_FALSE(finds("DL4006", "SHELL [\"pwsh\", \"-c\"]\nRUN a | b"));
  CHECK(finds("DL3010", "COPY a.tar /b.tar\nRUN tar -xf /b.tar"));
  CHECK_FALSE(finds("DL3020", "ADD a.xz /"));
}

}  // namespace
}  // namespace slipway::lint

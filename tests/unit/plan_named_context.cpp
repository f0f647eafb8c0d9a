#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "plan/named_context.hpp"

using namespace slipway;

namespace {

std::string context_error_of(const std::string& text) {
  try {
    NamedContexts().add(text);
  } catch (const Error& error) {
    CHECK(error.code() == Errc::usage);
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("the kinds of named contexts", "[plan][contexts]") {
  using Kind = NamedContext::Kind;
  const auto [text, kind, value] = GENERATE(table<std::string, Kind, std::string>({
      {"dir", Kind::directory, "dir"},
      {"file:///a/b", Kind::directory, "/a/b"},
      {"oci-layout://d", Kind::image, "oci:d"},
      {"oci-layout:///d/e:tag", Kind::image, "oci:/d/e:tag"},
      {"oci-layout://d@sha256:12ab", Kind::image, "oci:d:sha256:12ab"},
      {"docker-image://debian:12", Kind::image, "debian:12"},
      {"docker-image://scratch", Kind::image, "scratch"},
  }));
  CAPTURE(text);
  const auto context = NamedContext::parse(text);
  CHECK((context.kind == kind));
  CHECK(context.value == value);
}

TEST_CASE("a named context is found under every spelling of its name", "[plan][contexts]") {
  NamedContexts contexts;
  CHECK(contexts.find("debian") == nullptr);
  contexts.add("debian=a");
  contexts.add("Stage=b");
  contexts.add("other::linux/arm64=c");
  for (const char* name : {"debian", "debian:latest", "docker.io/library/debian", "DEBIAN"}) {
    CAPTURE(name);
    REQUIRE(contexts.find(name) != nullptr);
    CHECK(contexts.find(name)->value == "a");
  }
  CHECK(contexts.find("debian:12") == nullptr);
  CHECK(contexts.find("stage")->value == "b");
  CHECK(contexts.find("other")->value == "c");
  CHECK(contexts.find("") == nullptr);
}

TEST_CASE("a malformed named context is refused", "[plan][contexts]") {
  CHECK(context_error_of("x") == "--build-context 'x' is not of the form name=context");
  CHECK(context_error_of("=x") == "--build-context '=x' is not of the form name=context");
  CHECK(context_error_of("x=") == "--build-context 'x=' is not of the form name=context");
  CHECK(context_error_of("x=https://h/t.tar") ==
        "--build-context: 'https://h/t.tar' is no directory, oci-layout:// or docker-image://");
}

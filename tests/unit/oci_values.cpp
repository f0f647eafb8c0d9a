#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "oci/digest.hpp"
#include "oci/platform.hpp"
#include "oci/reference.hpp"

using namespace slipway;

TEST_CASE("a malformed digest is refused by name", "[oci][digest]") {
  const auto [text, why] = GENERATE(table<std::string, std::string>({
      {"md5:d41d8cd98f00b204e9800998ecf8427e", "only sha256 is supported"},
      {"sha256:e3b0", "expected 64 hex digits"},
      {"sha256:" + std::string(64, 'E'), "expected lower-case hex digits"},
  }));
  CHECK_THROWS_WITH(Digest::parse(text), "parse digest '" + text + "': " + why);
}

TEST_CASE("the digest of nothing is the well-known one", "[oci][digest]") {
  CHECK(Digest::of("").str() ==
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("platforms are normalised as containerd does", "[oci][platform]") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"linux/amd64", "linux/amd64"},
      {"x86_64", "linux/amd64"},
      {"linux/aarch64", "linux/arm64"},
      {"linux/arm64/v8", "linux/arm64"},
      {"linux/arm", "linux/arm/v7"},
      {"armhf", "linux/arm/v7"},
      {"linux/armel", "linux/arm/v6"},
      {"Linux/AMD64", "linux/amd64"},
  }));
  CHECK(Platform::parse(text).str() == expected);
}

TEST_CASE("an unknown platform is refused", "[oci][platform]") {
  const auto text = GENERATE("", "linux", "linux/pdp11", "plan9/amd64", "linux/arm/v7/x");
  CHECK_THROWS_WITH(Platform::parse(text),
                    "parse platform '" + std::string(text) + "': expected os/arch[/variant]");
}

TEST_CASE("an image without a variant runs where one is asked for", "[oci][platform]") {
  CHECK(Platform::parse("linux/arm/v7").accepts({"linux", "arm", ""}));
  CHECK_FALSE(Platform::parse("linux/arm/v7").accepts({"linux", "arm", "v6"}));
  CHECK_FALSE(Platform::parse("linux/amd64").accepts({"linux", "arm64", ""}));
}

TEST_CASE("references get Docker's defaults", "[oci][reference]") {
  const auto [text, full, familiar] = GENERATE(table<std::string, std::string, std::string>({
      {"debian", "docker.io/library/debian:latest", "debian:latest"},
      {"me/app:1", "docker.io/me/app:1", "me/app:1"},
      {"localhost/app", "localhost/app:latest", "localhost/app:latest"},
      {"docker.io/debian", "docker.io/library/debian:latest", "debian:latest"},
      {"index.docker.io/me/app", "docker.io/me/app:latest", "me/app:latest"},
      {"me/a/b", "docker.io/me/a/b:latest", "me/a/b:latest"},
      {"[::1]:5000/app", "[::1]:5000/app:latest", "[::1]:5000/app:latest"},
      {"Host/app", "Host/app:latest", "Host/app:latest"},
      {"127.0.0.1:5000/a/b-c__d.e:T_1", "127.0.0.1:5000/a/b-c__d.e:T_1",
       "127.0.0.1:5000/a/b-c__d.e:T_1"},
  }));
  const auto reference = Reference::parse(text);
  CHECK(reference.str() == full);
  CHECK(reference.familiar() == familiar);
}

TEST_CASE("a reference by digest has no default tag", "[oci][reference]") {
  const auto digest = Digest::of("x").str();
  CHECK(Reference::parse("debian:12@" + digest).str() == "docker.io/library/debian:12@" + digest);
  CHECK(Reference::parse("debian@" + digest).str() == "docker.io/library/debian@" + digest);
}

TEST_CASE("a malformed reference is refused with the rule", "[oci][reference]") {
  const auto [text, why] = GENERATE(table<std::string, std::string>({
      {"Debian", "the repository must be lower case"},
      {"debian:", "the tag is not of letters, digits, '_', '.' and '-' (at most 128)"},
      {"", "the repository is empty"},
      {"a..b", "the repository is not of lower-case letters, digits and separators"},
      {"a//b", "the repository is not of lower-case letters, digits and separators"},
      {"http://host/a", "'http:' is no host of a registry"},
      {"host:a/b", "'host:a' is no host of a registry"},
      {"[::1/b", "'[::1' is no host of a registry"},
      {"h_.st/b", "'h_.st' is no host of a registry"},
      {"-a", "the repository is not of lower-case letters, digits and separators"},
  }));
  CHECK_THROWS_WITH(Reference::parse(text), "parse image reference '" + text + "': " + why);
}

#include <catch2/catch.hpp>
#include <string>

#include "base/error.hpp"
#include "dockerfile/mount.hpp"
#include "dockerfile/parser.hpp"

using namespace slipway;
using namespace slipway::dockerfile;

namespace {

std::string flag_mistakes(const std::string& flag) {
  const std::string text = "FROM scratch\nRUN --mount=" + flag + " true\n";
  Diagnostics diagnostics({"Dockerfile", text});
  parse_dockerfile(diagnostics.source(), diagnostics);
  std::string all;
  for (const auto& diagnostic : diagnostics.all()) all += diagnostic.message;
  return all;
}

MountOptions options(const std::string& flag) {
  const std::string text = "FROM scratch\nRUN --mount=" + flag + " true\n";
  Diagnostics diagnostics({"Dockerfile", text});
  const auto file = parse_dockerfile(diagnostics.source(), diagnostics);
  INFO(diagnostics.render_all());
  REQUIRE_FALSE(diagnostics.has_errors());
  const auto& run = std::get<Run>(file.stages.at(0).instructions.at(0).body);
  return resolve_mount(run.mounts.at(0), [](std::string_view value) {
    return value == "$V" ? std::string("value") : std::string(value);
  });
}

}  // namespace

TEST_CASE("mounts of every type", "[dockerfile][mount]") {
  const auto bind = options("target=/a,src=$V,from=b");
  CHECK(bind.type == MountType::bind);
  CHECK(bind.read_only);
  CHECK(bind.source == "value");
  CHECK(bind.from == "b");
  CHECK_FALSE(options("dst=/a,rw").read_only);
  CHECK(options("destination=/a,rw=false").read_only);
  CHECK(options("target=/a,from=b,z").from == "b");
  CHECK(options("target=/a,Z,rw").target == "/a");
  const auto cache = options("type=cache,target=/c,ID=x,sharing=PRIVATE,mode=0700,uid=5,gid=6");
  CHECK_FALSE(cache.read_only);
  CHECK(cache.id == "x");
  CHECK(cache.sharing == CacheSharing::exclusive);
  CHECK(cache.mode == 0700U);
  CHECK(cache.uid == 5U);
  CHECK(options("type=tmpfs,target=/t,size=1.5g").size == 1'610'612'736);
  CHECK(options("type=tmpfs,target=/t,size=64MiB").size == 64 << 20);
  const auto secret = options("type=secret,id=s,env=TOKEN,required");
  CHECK(secret.required);
  CHECK(secret.environment == "TOKEN");
  CHECK_FALSE(options("type=ssh,required=false").required);
}

TEST_CASE("a mistake in a mount is told at once where no variable is in it",
          "[dockerfile][mount]") {
  const auto [flag, message] = GENERATE(table<std::string, std::string>({
      {"type=cach,target=/a", "unknown mount type 'cach'"},
      {"targt=/a", "unknown field 'targt' in a mount"},
      {"target", "'target' in a mount has no value"},
      {"from=$a,target=/a", "variables do not expand in 'from' of a mount"},
      {"target=/a,ro=maybe", "'ro' is true or false, not 'maybe'"},
      {"target=/a,required", "a mount of type bind has no field 'required'"},
      {"type=cache,target=/a,size=1", "a mount of type cache has no field 'size'"},
      {"type=cache,target=/a,sharing=all", "unknown sharing 'all'"},
      {"target=/a,sharing=shared", "a mount of type bind has no field 'sharing'"},
      {"type=cache,target=/a,mode=9", "'mode' is an octal number, not '9'"},
      {"type=cache,target=/a,uid=me", "'uid' is a number, not 'me'"},
      {"target=/a,uid=1", "a mount of type bind has no field 'uid'"},
      {"type=tmpfs,target=/a,size=x", "'size' is a size such as 64m or 1g, not 'x'"},
      {"type=secret", "a mount of type secret needs an id or a target"},
      {"type=secret,id=a,source=b", "a mount of type secret has either source or id, not both"},
      {"type=secret,id=a,from=b", "a mount of type secret has no field 'from'"},
      {"type=cache,target=$T,size=1", ""},
  }));
  CAPTURE(flag);
  CHECK(flag_mistakes(flag) == message);
}

TEST_CASE("devices", "[dockerfile][mount]") {
  CHECK(parse_device("vendor/class=x").name == "vendor/class=x");
  CHECK(parse_device("name=vendor/class=x,required").required);
  CHECK_THROWS_WITH(parse_device("a,b"), "unexpected 'b' in a device");
}

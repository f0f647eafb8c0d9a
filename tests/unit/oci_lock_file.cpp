#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "oci/lock_file.hpp"

using namespace slipway;

TEST_CASE("a lock file comes back as it was", "[oci][lock]") {
  LockFile lock;
  lock["docker.io/library/a:1"].entry = {.media_type = "m", .digest = Digest::of("a"), .size = 5};
  lock["docker.io/library/b:1"].entry = {.media_type = "i", .digest = Digest::of("b"), .size = 6};
  lock["docker.io/library/b:1"].platforms.emplace("linux/amd64", Digest::of("c"));
  CHECK(parse_lock_file(to_json(lock)) == lock);
  CHECK(to_json(LockFile{}) == "{\n  \"version\": 1,\n  \"references\": {}\n}\n");
}

TEST_CASE("a lock file of others is refused", "[oci][lock]") {
  const std::string damaged = "lock file: it is not what 'slipway lock' writes";
  for (const auto* text : {"", "[]", "{}", R"({"version": 1, "references": {"a": {}}})"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH(parse_lock_file(text), damaged);
  }
  CHECK_THROWS_WITH(parse_lock_file(R"({"version": 2})"),
                    "lock file: another version of slipway wrote it");
  CHECK_THROWS_WITH(parse_lock_file(R"({"version": 1, "references": {"a": {"digest": "x"}}})"),
                    "parse digest 'x': only sha256 is supported");
}

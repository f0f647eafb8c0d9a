#include <algorithm>
#include <catch2/catch.hpp>

#include "run/mounts.hpp"

using namespace slipway;
using Kind = MountOp::Kind;

TEST_CASE("a working directory is made with all of its parents", "[run][mounts]") {
  std::vector<std::string> made;
  for (const MountOp& op : container_mounts({.working_dir = "/srv/app/data"})) {
    if (op.kind == Kind::directory && op.target.starts_with("/srv")) made.push_back(op.target);
  }
  CHECK(made == std::vector<std::string>{"/srv", "/srv/app", "/srv/app/data"});
}

TEST_CASE("what comes from the host is read-only but for devices", "[run][mounts]") {
  for (const MountOp& op : container_mounts({})) {
    if (op.kind != Kind::attach) continue;
    CAPTURE(op.target);
    CHECK(op.read_only == !op.target.starts_with("/dev/"));
  }
}

TEST_CASE("an operation is told in words", "[run][mounts]") {
  const auto [op, text] = GENERATE(table<MountOp, std::string>({
      {{.kind = Kind::filesystem, .source = "proc", .target = "/proc"}, "mount 'proc' on '/proc'"},
      {{.kind = Kind::attach, .source = "/sys", .target = "/sys"},
       "mount the host's '/sys' on '/sys'"},
      {{.kind = Kind::hide, .target = "/proc/kcore"}, "hide '/proc/kcore'"},
  }));
  CHECK(describe(op) == text);
}

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "base/size.hpp"
#include "build/run_conditions.hpp"

using namespace slipway;

namespace {

std::string refusal_of(const std::vector<std::string>& limits,
                       const std::vector<std::string>& hosts, const std::string& shm_size,
                       const std::string& isolation = {}) {
  try {
    (void)RunConditions::parse(limits, hosts, shm_size, isolation);
  } catch (const Error& error) {
    CHECK(error.code() == Errc::usage);
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("conditions are read as Docker's flags are", "[build][conditions]") {
  const auto conditions =
      RunConditions::parse({"nofile=10:20", "core=-1", "nproc=5"},
                           {"a:1.2.3.4", "b=::1", "c:[fe80::1]", "d:host-gateway"}, "1g", "auto");
  REQUIRE(conditions.limits.size() == 3);
  CHECK(conditions.limits[0].name == "nofile");
  CHECK(conditions.limits[0].soft == 10);
  CHECK(conditions.limits[0].hard == 20);
  CHECK(conditions.limits[1].hard == ResourceLimit::none);
  CHECK(conditions.limits[2].soft == 5);
  CHECK(conditions.limits[2].hard == 5);
  REQUIRE(conditions.hosts.size() == 4);
  CHECK(conditions.hosts[0].name == "a");
  CHECK(conditions.hosts[1].address == "::1");
  CHECK(conditions.hosts[2].address == "fe80::1");
  CHECK(conditions.hosts[3].address == "127.0.0.1");
  CHECK(conditions.shm_size == std::uint64_t{1} << 30);
  CHECK_FALSE(conditions.isolation);
  CHECK(RunConditions::parse({}, {}, "", "").shm_size == default_shm_size);
  CHECK((RunConditions::parse({}, {}, "", "chroot").isolation == Isolation::chroot));
  CHECK((RunConditions::parse({}, {}, "", "namespaces").isolation == Isolation::namespaces));
}

TEST_CASE("malformed conditions are refused by name", "[build][conditions]") {
  CHECK(refusal_of({"nofile"}, {}, "") == "--ulimit 'nofile' is not of the form NAME=SOFT[:HARD]");
  CHECK(refusal_of({"nofile=x"}, {}, "") ==
        "--ulimit 'nofile=x' is not of the form NAME=SOFT[:HARD]");
  CHECK(refusal_of({"nofile=-2"}, {}, "") ==
        "--ulimit 'nofile=-2' is not of the form NAME=SOFT[:HARD]");
  CHECK(refusal_of({"files=1"}, {}, "") == "--ulimit 'files=1' names no resource that is limited");
  CHECK(refusal_of({"nofile=3:2"}, {}, "") ==
        "--ulimit 'nofile=3:2' has a soft limit above the hard one");
  CHECK(refusal_of({}, {"a"}, "") == "--add-host 'a' is not of the form NAME:ADDRESS");
  CHECK(refusal_of({}, {":1.2.3.4"}, "") ==
        "--add-host ':1.2.3.4' is not of the form NAME:ADDRESS");
  CHECK(refusal_of({}, {"a:b"}, "") ==
        "--add-host 'a:b' has no IPv4 or IPv6 address behind the name");
  CHECK(refusal_of({}, {"a b:1.2.3.4"}, "") ==
        "--add-host 'a b:1.2.3.4' has white space in the name");
  CHECK(refusal_of({}, {}, "0") == "--shm-size '0' is no size such as 64m or 1g");
  CHECK(refusal_of({}, {}, "", "jail") ==
        "--isolation 'jail' is none of auto, namespaces, oci and chroot");
}

TEST_CASE("sizes have units of 1024", "[base][size]") {
  CHECK(parse_size("512") == 512);
  CHECK(parse_size("64m") == std::int64_t{64} << 20);
  CHECK(parse_size("1.5KiB") == 1536);
  CHECK(parse_size("2 GB") == std::int64_t{2} << 30);
  CHECK(parse_size("1b") == 1);
  for (const auto* text : {"", "m", "1x", "1kk", "-1", "1.2.3", "99999999p"})
    CHECK_FALSE(parse_size(text));
}

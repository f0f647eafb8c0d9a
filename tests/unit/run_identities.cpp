#include <catch2/catch.hpp>
#include <cerrno>
#include <tuple>

#include "run/identities.hpp"

using namespace slipway;

namespace {

constexpr std::uint32_t kept = 0xffffffff;

auto all(const IdSet& ids) {
  return std::tuple(ids.real, ids.effective, ids.saved, ids.filesystem);
}

Identity of_user(std::uint32_t id) {
  Identity identity;
  identity.users = {id, id, id, id};
  return identity;
}

}  // namespace

TEST_CASE("root becomes whom it wants, and keeps what is not named", "[run][identities]") {
  IdSet ids;
  CHECK(set_all_ids(ids, 5, kept, 7, true) == 0);
  CHECK(all(ids) == std::tuple(5u, 0u, 7u, 0u));
  CHECK(set_all_ids(ids, kept, 6, kept, true) == 0);
  CHECK(all(ids) == std::tuple(5u, 6u, 7u, 6u));
}

TEST_CASE("others become only whom they are or were", "[run][identities]") {
  IdSet ids = {1, 2, 3, 2};
  CHECK(set_all_ids(ids, kept, 4, kept, false) == EPERM);
  CHECK(all(ids) == std::tuple(1u, 2u, 3u, 2u));
  CHECK(set_all_ids(ids, 3, 1, 2, false) == 0);
  CHECK(all(ids) == std::tuple(3u, 1u, 2u, 1u));
}

TEST_CASE("setreuid saves the new effective id when it leaves the real one", "[run][identities]") {
  IdSet ids = {0, 0, 0, 0};
  CHECK(set_two_ids(ids, kept, 9, true) == 0);
  CHECK(all(ids) == std::tuple(0u, 9u, 9u, 9u));
  IdSet same = {4, 5, 6, 5};
  CHECK(set_two_ids(same, kept, 4, true) == 0);
  CHECK(all(same) == std::tuple(4u, 4u, 6u, 4u));
}

TEST_CASE("setuid of root gives up all ids, of others the effective one", "[run][identities]") {
  IdSet ids;
  CHECK(set_id(ids, 8, true) == 0);
  CHECK(all(ids) == std::tuple(8u, 8u, 8u, 8u));
  CHECK(set_id(ids, 0, false) == EPERM);
  IdSet wrapped = {1, 2, 3, 2};
  CHECK(set_id(wrapped, 3, false) == 0);
  CHECK(all(wrapped) == std::tuple(1u, 3u, 3u, 3u));
  CHECK(set_id(wrapped, kept, true) == EINVAL);
}

TEST_CASE("a process that nobody has heard of is the first one's", "[run][identities]") {
  Identities identities(of_user(3));
  CHECK(identities.of(4242).users.real == 3);
  identities.set(4242, of_user(7));
  CHECK(identities.of(4242).users.real == 7);
  CHECK(identities.of(4243).users.real == 3);
}

TEST_CASE("more processes than there are places forget the oldest of a place",
          "[run][identities]") {
  Identities identities(of_user(0));
  for (int thread = 1'000'001; thread <= 1'005'000; ++thread) identities.set(thread, of_user(1));
  CHECK(identities.of(1'005'000).users.real == 1);
}

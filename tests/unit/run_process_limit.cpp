#include <catch2/catch.hpp>
#include <vector>

#include "run/kernel_release.hpp"
#include "run/process_limit.hpp"

using namespace slipway;

TEST_CASE("a kernel's release is read as far as it is numbers", "[run][process_limit]") {
  CHECK(parse_kernel_release("6.14.0-15-generic") == KernelRelease{6, 14});
  CHECK(parse_kernel_release("6.1.0-18-amd64") < KernelRelease{6, 14});
  CHECK(parse_kernel_release("7.0") > KernelRelease{6, 14});
  CHECK(parse_kernel_release("strange") == KernelRelease{0, 0});
  CHECK(parse_kernel_release("") == KernelRelease{0, 0});
}

TEST_CASE("processes have a limit unless the user lifts it", "[run][process_limit]") {
  const auto by_default = choose_process_limit({});
  CHECK(by_default.most >= 1024);
  CHECK(by_default.most < ResourceLimit::none);
  REQUIRE(by_default.of_user);
  CHECK(by_default.of_user->soft <= by_default.most);

  const std::vector<ResourceLimit> some = {{"nofile", 5, 5}, {"nproc", 100, 200}};
  CHECK(choose_process_limit(some).most == 200);
  CHECK_FALSE(choose_process_limit(some).of_user);

  const std::vector<ResourceLimit> lifted = {{"nproc", ResourceLimit::none, ResourceLimit::none}};
  CHECK_FALSE(choose_process_limit(lifted).of_namespace);
}

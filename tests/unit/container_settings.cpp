#include <catch2/catch.hpp>
#include <cstdlib>

#include "container/settings.hpp"
#include "support/small_image.hpp"

using namespace slipway;
using test::error_of;
using Words = std::vector<std::string>;

TEST_CASE("entrypoint and command are joined as Docker joins them", "[container][settings]") {
  ContainerConfig config;
  config.entrypoint = Words{"/entry", "-x"};
  config.cmd = Words{"default"};
  CHECK(container_argv(config, {}) == Words{"/entry", "-x", "default"});
  CHECK(container_argv(config, {.command = {"a", "b"}}) == Words{"/entry", "-x", "a", "b"});
  CHECK(container_argv(config, {.entrypoint = "/other"}) == Words{"/other"});
  CHECK(container_argv(config, {.entrypoint = "/other", .command = {"a"}}) == Words{"/other", "a"});
  CHECK(container_argv(config, {.entrypoint = "", .command = {"a"}}) == Words{"a"});
  CHECK(error_of([&] { (void)container_argv(config, {.entrypoint = ""}); }) ==
        "the image names no command [name one after the image: slipway run IMAGE COMMAND...]");
}

TEST_CASE("settings win over the image, the image over defaults", "[container][settings]") {
  ::setenv("SLIPWAY_TEST_OURS", "ours", 1);
  ContainerConfig config;
  config.env = {"A=image", "PATH=/image"};
  const RunSettings settings{
      .env = {"A=set", "B=x=y", "SLIPWAY_TEST_OURS", "SLIPWAY_TEST_UNSET", "C="}};
  CHECK(container_env(config, settings, "/home/me", "box") ==
        Words{"A=set", "PATH=/image", "B=x=y", "SLIPWAY_TEST_OURS=ours", "C=", "HOSTNAME=box",
              "HOME=/home/me"});
  CHECK(container_env({}, {}, "/", "box").front() ==
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
}

TEST_CASE("an env file is read line by line", "[container][settings]") {
  CHECK(parse_env_file("A=1\n\n# no\nB\r\nC=x # y\n", "f") == Words{"A=1", "B", "C=x # y"});
  CHECK(error_of([] { (void)parse_env_file("A=1\nB C=2\n", "vars.env"); }) ==
        "vars.env:2: 'B C' is no name of a variable");
  CHECK(error_of([] { (void)parse_env_file("=2\n", "vars.env"); }) ==
        "vars.env:1: '' is no name of a variable");
}

TEST_CASE("limits of a cgroup are read as Docker reads them", "[container][settings]") {
  const auto limits = parse_cgroup_limits("64m", "1g", "1", "100");
  CHECK(limits.memory == 64U * 1024 * 1024);
  CHECK(limits.swap == 1024U * 1024 * 1024);
  CHECK(limits.cpu_nano == 1'000'000'000);
  CHECK(limits.processes == 100);
  CHECK_FALSE(parse_cgroup_limits("", "", "", "-1").has_any());
  CHECK(error_of([] { (void)parse_cgroup_limits("64m", "32m", "", ""); }) ==
        "--memory-swap '32m' is less than --memory");
  CHECK(error_of([] { (void)parse_cgroup_limits("", "", "1.5x", ""); }) ==
        "--cpus '1.5x' is no number of processors");
}

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "registry/registries_conf.hpp"
#include "registry/toml.hpp"

using namespace slipway;

namespace {

RegistriesConf conf_of(std::string_view text) {
  RegistriesConf conf;
  add_registries_conf(text, conf);
  return conf;
}

}  // namespace

TEST_CASE("tables of TOML are read in their order", "[registry][toml]") {
  const auto tables = parse_toml(
      "top = 'a\\b' # comment\n[x]\n\"k.1\" = \"q\\\"\\\\\\n\"\nn = 5\nb = true\n[[y]]\na = [ \"1\", # one\n  '2',\n]\n[[y]]");
  REQUIRE(tables.size() == 4);
  CHECK(tables[0].text("top") == "a\\b");
  CHECK(tables[1].name == "x");
  CHECK(tables[1].line == 2);
  CHECK(tables[1].text("k.1") == "q\"\\\n");
  CHECK(tables[1].text("n") == "5");
  CHECK(tables[1].flag("b"));
  CHECK(std::get<std::vector<std::string>>(tables[2].values.at("a")) ==
        std::vector<std::string>{"1", "2"});
  CHECK(tables[3].name == "y");
  CHECK(tables[3].values.empty());
}

TEST_CASE("what is no TOML is refused by line", "[registry][toml]") {
  const auto [text, why] = GENERATE(table<std::string, std::string>({
      {"\n[x", "line 2: expected a table's name"},
      {"a", "line 1: expected '='"},
      {"= 1", "line 1: expected a key"},
      {"a =", "line 1: expected a value"},
      {"a = \"b", "line 1: a quote is open"},
      {"a = \"\\x\"", "line 1: unknown escape"},
      {"a = [", "line 1: expected ']'"},
      {"a = [true]", "line 1: expected a string"},
      {"a = {}", "line 1: inline tables are not supported"},
      {"a = 1 2", "line 1: expected the end of the line"},
      {"[a] b", "line 1: expected the end of the line"},
  }));
  CAPTURE(text);
  CHECK_THROWS_WITH(parse_toml(text), why);
}

TEST_CASE("the longest prefix decides", "[registry][conf]") {
  const auto conf = conf_of(R"(
    [[registry]]
    location = "host"
    [[registry]]
    prefix = "host/team"
    location = "other/x"
    [[registry.mirror]]
    location = "http://mirror:5000/m/"
    pull-from-mirror = "digest-only"
    [[registry]]
    prefix = "*.example.org"
    blocked = true)");
  CHECK(conf.find("host/a")->prefix == "host");
  CHECK(conf.find("host:5000/a") == nullptr);
  CHECK(conf.find("host/teams/a")->prefix == "host");
  CHECK(conf.find("a.b.example.org/x")->is_blocked);
  CHECK(conf.find("example.org/x") == nullptr);
  const auto* rule = conf.find("host/team/a");
  REQUIRE(rule != nullptr);
  CHECK(name_at(*rule, rule->place, "host/team/a") == "other/x/a");
  REQUIRE(rule->mirrors.size() == 1);
  CHECK(rule->mirrors[0].is_insecure);
  CHECK(rule->mirrors[0].serves == RegistryPlace::For::digests);
  CHECK(name_at(*rule, rule->mirrors[0], "host/team/a") == "mirror:5000/m/a");
}

TEST_CASE("a later file counts before an earlier one", "[registry][conf]") {
  auto conf = conf_of("[[registry]]\nlocation = \"a\"\nblocked = true");
  add_registries_conf("[[registry]]\nlocation = \"a\"", conf);
  REQUIRE(conf.rules.size() == 1);
  CHECK_FALSE(conf.rules[0].is_blocked);
  CHECK_THROWS_WITH(conf_of("\n[[registry]]\nblocked = true"),
                    "line 2: a [[registry]] has neither prefix nor location");
}

TEST_CASE("short names have aliases", "[registry][conf]") {
  const auto conf =
      conf_of("[aliases]\n\"fedora\" = \"registry.fedoraproject.org/fedora\"\n\"off\" = \"\"");
  CHECK(resolve_reference("fedora:40", conf).str() == "registry.fedoraproject.org/fedora:40");
  CHECK(resolve_reference("fedora", conf).str() == "registry.fedoraproject.org/fedora:latest");
  CHECK(resolve_reference("me/fedora", conf).str() == "docker.io/me/fedora:latest");
  CHECK(resolve_reference("off", conf).str() == "docker.io/library/off:latest");
}

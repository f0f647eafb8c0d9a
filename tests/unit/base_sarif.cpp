#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/rule_level.hpp"
#include "base/sarif.hpp"

using namespace slipway;

TEST_CASE("SARIF describes each rule once", "[sarif]") {
  const SarifRule rule{"bad", "", "It is bad.", "It hurts.", RuleLevel::error};
  const auto log =
      parse_json(to_sarif({{rule, Severity::error, "one", "do this", "a/b", SarifRegion{2, 3, 5}},
                           {rule, Severity::warning, "two", "", ""}}));
  const auto& run = log.at("runs").at(0);
  CHECK(run.at("tool").at("driver").at("rules").size() == 1);
  const auto& results = run.at("results");
  CHECK(results.at(0).at("message").at("text") == "one\ndo this");
  CHECK(results.at(0).at("locations").at(0).at("physicalLocation").at("region").at("endColumn") ==
        5);
  CHECK(results.at(1).at("level") == "warning");
  CHECK_FALSE(results.at(1).contains("locations"));
}

TEST_CASE("levels of rules", "[rule_level]") {
  const KnownRules known{"--rule",
                         [](std::string_view name) {
                           return name == "old" || name == "new" ? std::optional<std::string>("new")
                                                                 : std::nullopt;
                         },
                         {"old", "new"},
                         "see the list"};
  CHECK(parse_rule_level("old=off", known).name == "new");
  CHECK(parse_rule_level("new=warn", known).level == RuleLevel::warning);
  try {
    parse_rule_level("unheard-of=off", known);
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == Errc::usage);
    CHECK(std::string(error.what()) == "--rule: unknown rule 'unheard-of'");
    CHECK(error.hint() == "see the list");
  }
}

// Every page of `slipway help lint` is held to its own examples.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "dockerfile/parser.hpp"
#include "lint/lint.hpp"

namespace slipway::lint {
namespace {

/// The one image that is known, and fits no platform that is built for.
std::optional<BaseImage> known_image(const std::string& reference) {
  if (reference != "example/only-s390x") return std::nullopt;
  return BaseImage{{}, false, Platform::parse("linux/s390x")};
}

bool finds(const Rule& rule, std::string_view text) {
  Options options;
  options.platform = Platform::parse("linux/amd64");
  options.base_image = known_image;
  options.trusted_registries = {"docker.io"};
  options.required_labels = {{"com.example.build", LabelFormat::text}};
  options.strict_labels = true;
  if (!rule.page.ignore_file.empty()) options.ignore_file = rule.page.ignore_file;
  if (rule.level == Level::off) options.levels[std::string(rule.name)] = Level::warning;
  Diagnostics reading({"Dockerfile", std::string(text)});
  const auto file = dockerfile::parse_dockerfile(reading.source(), reading);
  CHECK_FALSE(reading.has_errors());
  return std::ranges::any_of(lint(file, reading, options).all,
                             [&](const Finding& finding) { return finding.rule == &rule; });
}

TEST_CASE("each page's bad example gives its finding, and the good one does not", "[lint]") {
  for (const auto& rule : rules()) {
    CAPTURE(std::string(rule.name));
    CHECK(finds(rule, rule.page.bad));
    CHECK_FALSE(finds(rule, rule.page.good));
  }
}

TEST_CASE("each rule has a page and a name of its own", "[lint]") {
  std::set<std::string_view> names;
  for (const auto& rule : rules()) {
    CAPTURE(std::string(rule.name));
    CHECK(names.insert(rule.name).second);
    CHECK(rule.page.what.ends_with('.'));
    CHECK(rule.page.why.ends_with('.'));
  }
  CHECK(std::ranges::count(rules(), Group::build, &Rule::group) == 22);
}

}  // namespace
}  // namespace slipway::lint

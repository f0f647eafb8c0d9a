// hadolint's rules on labels: the keys that image-spec annotations.md gives a form.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/text.hpp"
#include "dockerfile/expand.hpp"
#include "lint/findings.hpp"

namespace slipway::lint {
namespace df = dockerfile;
namespace {

bool all_of(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

constexpr std::string_view lower_case = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view digits = "0123456789";

bool is_url(std::string_view text) { return text.starts_with("http://") || text.starts_with("https://"); }

bool is_time(std::string_view text) { return parse_rfc3339(text).has_value(); }

/// An expression of licence names; which names there are changes every few months.
bool is_licence(std::string_view text) {
  bool wants_name = true;
  for (const auto& part : split(text, ' ')) {
    const bool joins = part == "AND" || part == "OR" || part == "WITH";
    if (joins == wants_name) return false;
    wants_name = joins;
  }
  return !wants_name;
}

bool is_revision(std::string_view text) {
  constexpr std::size_t shortest = 7;
  constexpr std::size_t longest = 64;
  return text.size() >= shortest && text.size() <= longest && all_of(text, "0123456789abcdef");
}

/// major.minor.patch, then "-..." or "+..."; https://semver.org.
bool is_version(std::string_view text) {
  const auto numbers = split(text.substr(0, text.find_first_of("-+")), '.');
  return numbers.size() == 3 && std::ranges::all_of(numbers, [](const std::string& number) {
           return !number.empty() && all_of(number, digits);
         });
}

bool is_mail(std::string_view text) {
  const auto at = text.find('@');
  return at != std::string_view::npos && at > 0 && text.find('.', at) != std::string_view::npos;
}

struct LabelRule {
  std::string_view rule;
  std::string_view key;  ///< behind "org.opencontainers.image."
  bool (*is_good)(std::string_view);
  std::string_view what;
};

constexpr std::array label_rules = {
    LabelRule{"DL3052", "url", is_url, "a URL"},
    LabelRule{"DL3052", "documentation", is_url, "a URL"},
    LabelRule{"DL3052", "source", is_url, "a URL"},
    LabelRule{"DL3053", "created", is_time, "an RFC 3339 time"},
    LabelRule{"DL3054", "licenses", is_licence, "an SPDX expression"},
    LabelRule{"DL3055", "revision", is_revision, "a git hash"},
    LabelRule{"DL3056", "version", is_version, "a semantic version"},
    LabelRule{"DL3058", "authors", is_mail, "a mail address"},
};

bool is_good_key(std::string_view key) {
  if (key.empty() || key.find_first_of("$\"'") != std::string_view::npos) return true;
  for (const std::string_view reserved : {"io.docker.", "com.docker.", "org.dockerproject."}) {
    if (key.starts_with(reserved)) return false;
  }
  const auto allowed = std::string(lower_case) + std::string(digits) + ".-_/";
  return lower_case.find(key.front()) != std::string_view::npos && all_of(key, allowed) &&
         key.find("..") == std::string_view::npos && key.find("--") == std::string_view::npos;
}

void check_value(const Site& site, const df::KeyValue& pair, const std::string& value, Collector& findings) {
  constexpr std::string_view prefix = "org.opencontainers.image.";
  const std::string_view key = pair.key.text;
  if (!key.starts_with(prefix)) return;
  for (const auto& rule : label_rules) {
    if (key.substr(prefix.size()) != rule.key || rule.is_good(value)) continue;
    findings.add(rule.rule, site, pair.value.span, fmt::format("'{}' is not {}", printable(value), rule.what));
  }
}

void check_labels(const Model& model, Collector& findings) {
  const auto nothing = [](std::string_view) { return std::optional<std::string>(); };
  for (const auto& stage : model.stages) {
    for (const auto& site : stage.sites) {
      const auto* const label = site.as<df::Label>();
      if (label == nullptr) continue;
      for (const auto& pair : label->pairs) {
        const auto value = df::expand_word(pair.value.text, nothing, model.file->escape);
        if (!is_good_key(pair.key.text)) {
          findings.add("DL3048", site, pair.key.span, fmt::format("'{}' is no good key for a label", printable(pair.key.text)),
                       "lower-case letters, digits, '.' and '-', from a domain of your own: com.example.key");
        }
        if (!df::mentioned_variables(pair.value.text, model.file->escape).empty()) continue;
        if (value.text.empty()) {
          findings.add("DL3051", site, pair.key.span, fmt::format("label '{}' is empty", printable(pair.key.text)));
        } else {
          check_value(site, pair, value.text, findings);
        }
      }
    }
  }
}

}  // namespace

std::vector<Check> label_checks() { return {check_labels}; }

}  // namespace slipway::lint

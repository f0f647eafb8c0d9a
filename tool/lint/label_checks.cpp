// hadolint's rules on labels: the keys that image-spec annotations.md gives a form.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
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

bool is_url(std::string_view text) {
  return text.starts_with("http://") || text.starts_with("https://");
}

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

struct FormatRule {
  LabelFormat format;
  std::string_view name;
  std::string_view rule;
  bool (*is_good)(std::string_view);
  std::string_view what;
};

constexpr std::array format_rules = {
    FormatRule{LabelFormat::url, "url", "DL3052", is_url, "a URL"},
    FormatRule{LabelFormat::rfc3339, "rfc3339", "DL3053", is_time, "an RFC 3339 time"},
    FormatRule{LabelFormat::spdx, "spdx", "DL3054", is_licence, "an SPDX expression"},
    FormatRule{LabelFormat::hash, "hash", "DL3055", is_revision, "a git hash"},
    FormatRule{LabelFormat::semver, "semver", "DL3056", is_version, "a semantic version"},
    FormatRule{LabelFormat::email, "email", "DL3058", is_mail, "a mail address"},
};

/// What annotations.md says of keys behind "org.opencontainers.image.".
constexpr std::array<std::pair<std::string_view, LabelFormat>, 8> known_labels = {{
    {"url", LabelFormat::url},
    {"documentation", LabelFormat::url},
    {"source", LabelFormat::url},
    {"created", LabelFormat::rfc3339},
    {"licenses", LabelFormat::spdx},
    {"revision", LabelFormat::hash},
    {"version", LabelFormat::semver},
    {"authors", LabelFormat::email},
}};

/// What is asked for goes before what the key's name says.
LabelFormat format_of(const std::string& key, const Options& options) {
  if (const auto asked = options.required_labels.find(key); asked != options.required_labels.end())
    return asked->second;
  constexpr std::string_view prefix = "org.opencontainers.image.";
  if (!key.starts_with(prefix)) return LabelFormat::text;
  const auto* const known =
      std::ranges::find(known_labels, std::string_view(key).substr(prefix.size()),
                        &std::pair<std::string_view, LabelFormat>::first);
  return known == known_labels.end() ? LabelFormat::text : known->second;
}

bool is_good_key(std::string_view key) {
  if (key.empty() || key.find_first_of("$\"'") != std::string_view::npos) return true;
  for (const std::string_view reserved : {"io.docker.", "com.docker.", "org.dockerproject."}) {
    if (key.starts_with(reserved)) return false;
  }
  const auto allowed = std::string(lower_case) + std::string(digits) + ".-_/";
  return lower_case.find(key.front()) != std::string_view::npos && all_of(key, allowed) &&
         key.find("..") == std::string_view::npos && key.find("--") == std::string_view::npos;
}

void check_value(const Site& site, const df::KeyValue& pair, const std::string& value,
                 const Options& options, Collector& findings) {
  const auto format = format_of(pair.key.text, options);
  for (const auto& rule : format_rules) {
    if (rule.format != format || rule.is_good(value)) continue;
    findings.add(rule.rule, site, pair.value.span,
                 fmt::format("'{}' is not {}", printable(value), rule.what));
  }
}

void check_labels(const Model& model, Collector& findings) {
  const auto nothing = [](std::string_view) { return std::optional<std::string>(); };
  for (const auto* const stage : model.all_bodies()) {
    for (const auto& site : stage->sites) {
      const auto* const label = site.as<df::Label>();
      if (label == nullptr) continue;
      for (const auto& pair : label->pairs) {
        const auto value = df::expand_word(pair.value.text, nothing, model.file->escape);
        if (!is_good_key(pair.key.text)) {
          findings.add(
              "DL3048", site, pair.key.span,
              fmt::format("'{}' is no good key for a label", printable(pair.key.text)),
              "lower-case letters, digits, '.' and '-', from a domain of your own: com.example.key");
        }
        if (!df::mentioned_variables(pair.value.text, model.file->escape).empty()) continue;
        if (value.text.empty()) {
          findings.add("DL3051", site, pair.key.span,
                       fmt::format("label '{}' is empty", printable(pair.key.text)));
        } else {
          check_value(site, pair, value.text, *model.options, findings);
        }
      }
    }
  }
}

/// The labels of a stage and of those that it stands on.
std::set<std::string> labels_of(const Model& model, const StageModel& last) {
  std::set<std::string> keys;
  for (const auto* stage = &last;; stage = &model.stages[*stage->parent]) {
    for (const auto& site : stage->sites) {
      const auto* const label = site.as<df::Label>();
      if (label == nullptr) continue;
      for (const auto& pair : label->pairs) keys.insert(pair.key.text);
    }
    if (!stage->parent) return keys;
  }
}

void check_required_labels(const Model& model, Collector& findings) {
  if (model.stages.empty()) return;
  const auto& last = model.stages.back();
  const auto there = labels_of(model, last);
  for (const auto& [key, format] : model.options->required_labels) {
    if (!there.contains(key))
      findings.add("DL3049", last.from, fmt::format("the label '{}' is missing", printable(key)));
  }
}

void check_superfluous_labels(const Model& model, Collector& findings) {
  const auto& required = model.options->required_labels;
  if (!model.options->strict_labels) return;
  std::vector<std::string> names;
  for (const auto& [key, format] : required) names.push_back(key);
  for (const auto* const stage : model.all_bodies()) {
    for (const auto& site : stage->sites) {
      const auto* const label = site.as<df::Label>();
      if (label == nullptr) continue;
      for (const auto& pair : label->pairs) {
        if (required.contains(pair.key.text)) continue;
        findings.add("DL3050", site, pair.key.span,
                     fmt::format("nobody asks for the label '{}'", printable(pair.key.text)),
                     did_you_mean(pair.key.text, names));
      }
    }
  }
}

}  // namespace

LabelFormat parse_label_format(std::string_view name) {
  if (name == "text" || name == "rawtext") return LabelFormat::text;
  const auto* const found = std::ranges::find(format_rules, name, &FormatRule::name);
  if (found != format_rules.end()) return found->format;
  throw Error(Errc::usage, fmt::format("unknown format '{}' of a label", printable(name)))
      .with_hint("text, url, rfc3339, spdx, hash, semver or email");
}

std::vector<Check> label_checks() {
  return {check_labels, check_required_labels, check_superfluous_labels};
}

}  // namespace slipway::lint

// Docker's build checks of the file as a whole and of FROM. Conditions and
// texts are BuildKit's (frontend/dockerfile/linter/ruleset.go), so that a file
// gets the same findings everywhere.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dockerfile/statement.hpp"
#include "lint/findings.hpp"
#include "lint/suggestion.hpp"
#include "oci/reference.hpp"

namespace slipway::lint {
namespace df = dockerfile;
namespace {

bool is_lower(std::string_view word) { return word == to_lower(word); }
bool is_upper(std::string_view word) { return word == to_upper(word); }

void check_stage_name_casing(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    const auto& alias = stage.stage->base().alias;
    if (is_lower(alias.text)) continue;
    findings.add("StageNameCasing", stage.from, alias.span,
                 fmt::format("Stage name '{}' should be lowercase", alias.text),
                 fmt::format("write {}", to_lower(alias.text)));
  }
}

/// AS as written, where FROM has one.
std::string_view as_keyword(const StageModel& stage) {
  if (stage.stage->base().alias.text.empty()) return {};
  const auto words = df::split_blanks(stage.from.instruction->code);
  return words[words.size() - 2];
}

void check_from_as_casing(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    const std::string_view from = stage.from.keyword;
    const std::string_view as = as_keyword(stage);
    const bool matches = is_lower(from) ? is_lower(as) : !is_upper(from) || is_upper(as);
    if (matches) continue;
    findings.add("FromAsCasing", stage.from,
                 fmt::format("'{}' and '{}' keywords' casing do not match", as, from),
                 fmt::format("write {}", is_lower(from) ? to_lower(as) : to_upper(as)));
  }
}

void check_instruction_casing(const Model& model, Collector& findings) {
  std::vector<const Site*> sites;
  for (const auto& stage : model.stages) {
    sites.push_back(&stage.from);
    for (const auto& site : stage.sites) sites.push_back(&site);
  }
  const auto count = [&](auto is) {
    return std::ranges::count_if(sites, [&](const Site* site) { return is(site->keyword); });
  };
  const bool lower = count(is_lower) > count(is_upper);
  for (const Site* site : sites) {
    if (lower ? is_lower(site->keyword) : is_upper(site->keyword)) continue;
    findings.add_whole_file(
        "ConsistentInstructionCasing", *site,
        fmt::format("Command '{}' should match the case of the command majority ({})",
                    site->keyword, lower ? "lowercase" : "uppercase"));
  }
}

void check_stage_names(const Model& model, Collector& findings) {
  std::set<std::string> names;
  for (const auto& stage : model.stages) {
    const auto& name = stage.stage->base().name;
    if (name == "scratch" || name == "context") {
      findings.add_whole_file(
          "ReservedStageName", stage.from,
          fmt::format("Stage name should not use the same name as reserved stage {}",
                      go_quoted(name)));
    }
    if (name.empty() || names.insert(name).second) continue;
    findings.add_whole_file(
        "DuplicateStageName", stage.from,
        fmt::format("Duplicate stage name {}, stage names should be unique", go_quoted(name)));
  }
}

bool is_reference(std::string_view text) {
  // Places on this machine, whose paths may hold anything.
  if (text.starts_with("oci:") || text.starts_with("oci-archive:")) return true;
  // 64 hexadecimal digits read as an image's ID, which is no name.
  constexpr std::size_t id_digits = 64;
  if (text.size() == id_digits &&
      text.find_first_not_of("0123456789abcdef") == std::string_view::npos)
    return false;
  try {
    (void)Reference::parse(text);
    return true;
  } catch (const Error&) {
    return false;
  }
}

void check_default_base(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    if (is_reference(stage.default_image)) continue;
    const auto& word = stage.image.word;
    findings.add_whole_file(
        "InvalidDefaultArgInFrom", stage.from,
        fmt::format("Default value for ARG {} results in empty or invalid base image name",
                    word.text),
        "give the ARG a default that makes a valid name");
  }
}

void report_undefined(const Model& model, const StageModel& stage, const Expanded& word,
                      Collector& findings) {
  for (const auto& name : word.unmatched) {
    const auto& known = model.global_names;
    if (std::ranges::find(known, name) != known.end()) continue;
    auto message = fmt::format("FROM argument '{}' is not declared", name);
    if (const auto near = suggest(name, known); !near.empty())
      message += fmt::format(" (did you mean {}?)", near);
    findings.add("UndefinedArgInFrom", stage.from, word.word.span, std::move(message),
                 "declare it by ARG before the first FROM");
  }
}

void check_undefined_in_from(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    report_undefined(model, stage, stage.image, findings);
    if (stage.platform) report_undefined(model, stage, *stage.platform, findings);
  }
}

void check_redundant_platform(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    if (!stage.platform || !stage.platform->unmatched.empty()) continue;
    const auto& platform = *stage.platform;
    if (platform.matched != std::vector<std::string>{"TARGETPLATFORM"} ||
        platform.text != model.target_platform) {
      continue;
    }
    findings.add(
        "RedundantTargetPlatform", stage.from, platform.word.span,
        fmt::format(
            "Setting platform to predefined {} in FROM is redundant as this is the default behavior",
            platform.word.text),
        "leave --platform out");
  }
}

void check_constant_platform(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    if (!stage.platform || !stage.platform->matched.empty() || !stage.platform->unmatched.empty())
      continue;
    Platform platform;
    try {
      platform = Platform::parse(stage.platform->text);
    } catch (const Error&) {
      continue;  // the plan reports it
    }
    const auto& name = stage.stage->base().name;
    const bool says_so = name.find(platform.os) != std::string::npos ||
                         name.find(platform.architecture) != std::string::npos;
    if (says_so) continue;
    findings.add("FromPlatformFlagConstDisallowed", stage.from, stage.platform->word.span,
                 fmt::format("FROM --platform flag should not use constant value {}",
                             go_quoted(stage.platform->text)),
                 "use $BUILDPLATFORM or $TARGETPLATFORM, or name the stage after the platform");
  }
}

void check_base_platform(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    if (!stage.base || !stage.reachable) continue;
    Platform expected = model.options->platform;
    try {
      if (stage.platform) expected = Platform::parse(stage.platform->text);
    } catch (const Error&) {
      continue;
    }
    const auto& actual = stage.base->platform;
    if (expected.os == actual.os && expected.architecture == actual.architecture) continue;
    findings.add_whole_file(
        "InvalidBaseImagePlatform", stage.from,
        fmt::format("Base image {} was pulled with platform {}, expected {} for current build",
                    stage.image.text, go_quoted(actual.str()), go_quoted(expected.str())));
  }
}

void check_description(const Site& site, const std::vector<std::string>& names,
                       Collector& findings) {
  const auto& comments = site.instruction->comments;
  if (comments.empty() || names.empty()) return;
  const auto& last = comments.back();
  const std::string first_word = last.substr(0, last.find(' '));
  if (std::ranges::find(names, first_word) != names.end()) return;
  findings.add(
      "InvalidDefinitionDescription", site,
      fmt::format("Comment for {} should follow the format: `# {} <description>`",
                  site.instruction->keyword, names.size() > 1 ? "<arg_key>" : names.front()),
      "an empty comment line parts other comments from the instruction");
}

void check_arg_description(const Site& site, Collector& findings) {
  const auto* const arg = site.as<df::Arg>();
  if (arg == nullptr) return;
  std::vector<std::string> names;
  for (const auto& definition : arg->definitions) names.push_back(definition.name);
  check_description(site, names, findings);
}

void check_descriptions(const Model& model, Collector& findings) {
  for (const auto& instruction : model.file->global_args) {
    Site site;
    site.instruction = &instruction;
    check_arg_description(site, findings);
  }
  for (const auto& stage : model.stages) {
    const auto& name = stage.stage->base().name;
    if (!name.empty()) check_description(stage.from, {name}, findings);
    for (const auto& site : stage.sites) check_arg_description(site, findings);
  }
}

}  // namespace

std::vector<Check> stage_checks() {
  return {check_stage_name_casing,  check_from_as_casing,    check_instruction_casing,
          check_stage_names,        check_default_base,      check_undefined_in_from,
          check_redundant_platform, check_constant_platform, check_base_platform,
          check_descriptions};
}

}  // namespace slipway::lint

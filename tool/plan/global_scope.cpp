#include "plan/global_scope.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "dockerfile/expand.hpp"

namespace slipway {
namespace df = dockerfile;
namespace {

/// TARGETPLATFORM and its parts, BUILDPLATFORM and its parts.
std::map<std::string, std::string> platform_arguments(const Platform& target) {
  std::map<std::string, std::string> result;
  const auto add = [&](const std::string& prefix, const Platform& platform) {
    result[prefix + "PLATFORM"] = platform.str();
    result[prefix + "OS"] = platform.os;
    result[prefix + "ARCH"] = platform.architecture;
    result[prefix + "VARIANT"] = platform.variant;
  };
  add("TARGET", target);
  add("BUILD", Platform::host());
  return result;
}

/// As asked for, else the last stage's own name.
std::string target_name(const df::Dockerfile& dockerfile, const PlanOptions& options) {
  if (!options.target.empty()) return options.target;
  if (dockerfile.stages.empty() || dockerfile.stages.back().base().name.empty()) return "default";
  return dockerfile.stages.back().base().name;
}

}  // namespace

GlobalScope::GlobalScope(const df::Dockerfile& dockerfile, const PlanOptions& options, Diagnostics& diagnostics)
    : escape_(dockerfile.escape), diagnostics_(diagnostics), epoch_(options.source_date_epoch.value_or(0)) {
  arguments_.build = options.build_args;
  arguments_.global = platform_arguments(options.platform);
  arguments_.global["TARGETSTAGE"] = target_name(dockerfile, options);
  for (const auto& instruction : dockerfile.global_args) {
    for (const auto& definition : std::get<df::Arg>(instruction.body).definitions) define(definition, options);
  }
}

/// It sees those before it, and --build-arg wins over its default.
void GlobalScope::define(const df::Arg::Definition& definition, const PlanOptions& options) {
  const auto name = expand({definition.name, definition.span});
  const auto given = options.build_args.find(name);
  if (given != options.build_args.end()) {
    arguments_.global[name] = given->second;
  } else if (definition.value) {
    arguments_.global[name] = expand(*definition.value);
    if (name == "SOURCE_DATE_EPOCH" && !options.source_date_epoch) take_epoch(*definition.value);
  }
}

/// The file's own default for the times of the image.
void GlobalScope::take_epoch(const df::Word& word) {
  const auto text = expand(word);
  const auto seconds = parse_integer(text);
  if (text.empty()) return;
  if (seconds && *seconds >= 0) {
    epoch_ = *seconds;
    return;
  }
  diagnostics_.error(word.span, fmt::format("SOURCE_DATE_EPOCH '{}' is not a number of seconds since 1970", printable(text)));
}

std::string GlobalScope::expand(const df::Word& word) const {
  const auto lookup = [this](std::string_view name) -> std::optional<std::string> {
    const auto it = arguments_.global.find(std::string(name));
    return it == arguments_.global.end() ? std::nullopt : std::optional(it->second);
  };
  auto expansion = df::expand_word(word.text, lookup, escape_);
  if (expansion.error) diagnostics_.error(word.span, *expansion.error);
  return std::move(expansion.text);
}

}  // namespace slipway

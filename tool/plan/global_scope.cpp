#include "plan/global_scope.hpp"

#include "dockerfile/expand.hpp"
#include "plan/epoch_source.hpp"

namespace slipway {
namespace df = dockerfile;
namespace {

constexpr std::string_view epoch_variable = "SOURCE_DATE_EPOCH";

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

GlobalScope::GlobalScope(const df::Dockerfile& dockerfile, const PlanOptions& options,
                         Diagnostics& diagnostics)
    : escape_(dockerfile.escape),
      diagnostics_(diagnostics),
      epoch_(options.source_date_epoch.value_or(0)) {
  arguments_.build = options.build_args;
  arguments_.global = platform_arguments(options.platform);
  arguments_.global["TARGETSTAGE"] = target_name(dockerfile, options);
  for (const auto& instruction : dockerfile.global_args) {
    for (const auto& definition : std::get<df::Arg>(instruction.body).definitions)
      define(definition, options);
  }
  take_epoch(dockerfile, options);
}

/// It sees those before it, and --build-arg wins over its default.
void GlobalScope::define(const df::Arg::Definition& definition, const PlanOptions& options) {
  const auto name = expand({definition.name, definition.span});
  const auto given = options.build_args.find(name);
  if (given != options.build_args.end()) {
    arguments_.global[name] = given->second;
  } else if (definition.value) {
    arguments_.global[name] = expand(*definition.value);
    if (name == epoch_variable) epoch_span_ = definition.value->span;
  }
}

/// Where it names a place, ARGs of its name have that place's time for a value.
void GlobalScope::take_epoch(const df::Dockerfile& dockerfile, const PlanOptions& options) {
  if (options.source_date_epoch) return;
  const std::string name(epoch_variable);
  const auto given = arguments_.build.find(name);
  const auto standing = arguments_.global.find(name);
  if (given == arguments_.build.end() && standing == arguments_.global.end()) return;
  const auto text = given != arguments_.build.end() ? given->second : standing->second;
  auto scope = arguments_.global;
  scope.erase(name);
  std::optional<std::int64_t> time;
  if (!text.empty())
    time = EpochSource(dockerfile, options, diagnostics_).read(text, epoch_span_, scope);
  epoch_ = time.value_or(0);
  const auto settle = [&](auto& values, auto entry) {
    if (entry == values.end()) return;
    if (time) {
      entry->second = std::to_string(*time);
    } else {
      values.erase(entry);
    }
  };
  settle(arguments_.build, given);
  settle(arguments_.global, standing);
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

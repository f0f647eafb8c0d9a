#include "plan/epoch_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/text.hpp"
#include "dockerfile/expand.hpp"
#include "dockerfile/git_ref.hpp"

namespace slipway {
namespace df = dockerfile;
namespace {

constexpr std::int64_t last_second = 253402300799;  // of the year 9999, where RFC 3339 ends

bool is_elsewhere(const std::string& word) {
  if (word.starts_with("http://") || word.starts_with("https://")) return true;
  const auto ref = df::parse_git_ref(word);
  return ref && !ref->indistinguishable_from_local;
}

/// The values that ARG gives there: a default counts only where the build says
/// nothing.
void define(const df::Arg& arg, const std::map<std::string, std::string>& given,
            const std::function<std::string(const df::Word&)>& expand,
            std::map<std::string, std::string>& scope) {
  for (const auto& definition : arg.definitions) {
    if (const auto value = given.find(definition.name); value != given.end()) {
      scope[definition.name] = value->second;
    } else if (definition.value) {
      scope[definition.name] = expand(*definition.value);
    }
  }
}

}  // namespace

std::optional<std::int64_t> EpochSource::read(const std::string& text, Span span,
                                              const Variables& scope) const {
  if (const auto seconds = parse_integer(text)) {
    if (*seconds >= 0 && *seconds <= last_second) return seconds;
    diagnostics_.error(span,
                       fmt::format("SOURCE_DATE_EPOCH '{}' is not a number of seconds since 1970",
                                   printable(text)));
    return std::nullopt;
  }
  const auto place = find_place(text, span, scope);
  return place && options_.time_of ? options_.time_of(*place) : std::nullopt;
}

std::optional<EpochPlace> EpochSource::find_place(const std::string& text, Span span,
                                                  const Variables& scope) const {
  if (text == "context") return EpochPlace{};
  if (options_.contexts.find(text) != nullptr)
    return EpochPlace{EpochPlace::Kind::named_context, to_lower(text), {}};
  const auto stage = std::ranges::find_if(dockerfile_.stages, [&](const df::Stage& one) {
    return !one.base().name.empty() && one.base().name == to_lower(text);
  });
  if (stage != dockerfile_.stages.end()) return place_of_stage(*stage, scope);
  diagnostics_.error(
      span,
      fmt::format("SOURCE_DATE_EPOCH '{}' is not a number of seconds since 1970", printable(text)),
      "nor is it 'context', a context given by name, or a stage");
  return std::nullopt;
}

std::optional<EpochPlace> EpochSource::place_of_stage(const df::Stage& stage,
                                                      Variables scope) const {
  const auto refuse = [&](Span span, const std::string& why) {
    diagnostics_.error(span, "SOURCE_DATE_EPOCH stage " + why);
    return std::nullopt;
  };
  if (expand(stage.base().image, scope) != "scratch")
    return refuse(stage.base().image.span, "must use FROM scratch");
  std::optional<EpochPlace> place;
  for (const auto& instruction : stage.instructions) {
    if (const auto* arg = std::get_if<df::Arg>(&instruction.body)) {
      define(
          *arg, options_.build_args, [&](const df::Word& word) { return expand(word, scope); },
          scope);
      continue;
    }
    const auto* add = std::get_if<df::Copy>(&instruction.body);
    if (add == nullptr || !add->add) {
      return refuse(
          instruction.span,
          fmt::format("does not meet source-only requirements: unsupported {} instruction",
                      instruction.keyword));
    }
    if (place) return refuse(instruction.span, "must contain exactly one remote ADD");
    if (add->sources.size() != 1 || !add->files.empty()) {
      return refuse(instruction.span, "must contain exactly one remote ADD source");
    }
    place = {EpochPlace::Kind::source, expand(add->sources.front(), scope),
             add->checksum ? expand(*add->checksum, scope) : std::string()};
    if (!is_elsewhere(place->name)) {
      return refuse(add->sources.front().span, "source must be a single HTTP(S) or Git ADD");
    }
  }
  if (!place) return refuse(stage.from.span, "must contain exactly one remote ADD");
  return place;
}

std::string EpochSource::expand(const df::Word& word, const Variables& scope) const {
  const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = scope.find(std::string(name));
    return found == scope.end() ? std::nullopt : std::optional(found->second);
  };
  auto expansion = df::expand_word(word.text, lookup, dockerfile_.escape);
  if (expansion.error) diagnostics_.error(word.span, *expansion.error);
  return std::move(expansion.text);
}

}  // namespace slipway

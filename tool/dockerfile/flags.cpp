#include "dockerfile/flags.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace slipway::dockerfile {

void Reporter::error(std::string_view at, std::string message, std::string hint) {
  error_at(line_.span_of(at), std::move(message), std::move(hint));
}

void Reporter::error_at(Span span, std::string message, std::string hint) {
  failed_ = true;
  diagnostics_.error(span, std::move(message), std::move(hint));
}

void Reporter::warning(std::string_view at, std::string message, std::string rule,
                       std::string hint) {
  diagnostics_.warning(line_.span_of(at), std::move(message), std::move(rule), std::move(hint));
}

std::vector<const Flag*> FlagReader::all(std::string_view name) {
  known_.push_back("--" + std::string(name));
  std::vector<const Flag*> found;
  for (const auto& flag : statement_.flags) {
    if (flag.name == name) found.push_back(&flag);
  }
  return found;
}

const Flag* FlagReader::only(std::string_view name) {
  const auto found = all(name);
  if (found.size() > 1) {
    report_.error(found[1]->written, fmt::format("flag '--{}' is given twice", name));
  }
  return found.empty() ? nullptr : found.front();
}

std::optional<Word> FlagReader::value_of(const Flag& flag) {
  if (!flag.value) {
    report_.error(flag.written, fmt::format("flag '--{}' needs a value", flag.name),
                  fmt::format("write --{}=<value>", flag.name));
    return std::nullopt;
  }
  Word word = report_.word(flag.written_value);
  word.text = *flag.value;
  return word;
}

std::optional<Word> FlagReader::word(std::string_view name) {
  const Flag* const flag = only(name);
  return flag == nullptr ? std::nullopt : value_of(*flag);
}

std::vector<Word> FlagReader::words(std::string_view name) {
  std::vector<Word> words;
  for (const Flag* const flag : all(name)) {
    if (auto word = value_of(*flag)) words.push_back(std::move(*word));
  }
  return words;
}

std::optional<bool> FlagReader::boolean(std::string_view name) {
  const Flag* const flag = only(name);
  if (flag == nullptr) return std::nullopt;
  if (!flag->value) return true;
  const std::string value = to_lower(*flag->value);
  if (value != "true" && value != "false") {
    report_.error(flag->written, fmt::format("flag '--{}' is true or false, not '{}'", name,
                                             printable(*flag->value)));
  }
  return value == "true";
}

void FlagReader::finish() {
  for (const auto& flag : statement_.flags) {
    const std::string name = "--" + flag.name;
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    report_.error(flag.written.substr(0, name.size()),
                  fmt::format("unknown flag '{}' for {}", printable(name), statement_.keyword),
                  did_you_mean(name, known_));
  }
}

}  // namespace slipway::dockerfile

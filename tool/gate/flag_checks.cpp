// Rules on what targets are compiled with.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/error.hpp"
#include "base/text.hpp"
#include "gate/findings.hpp"

namespace slipway::gate {
namespace {

struct Processor {
  std::string_view name;
  int level;
};

// Levels of the x86-64 psABI of what GCC and Clang name; a name that is not here
// says nothing.
constexpr std::array<Processor, 41> processors = {{
    {"x86-64", 1},      {"x86-64-v2", 2},  {"x86-64-v3", 3},      {"x86-64-v4", 4},
    {"k8", 1},          {"core2", 1},      {"nehalem", 2},        {"corei7", 2},
    {"westmere", 2},    {"silvermont", 2}, {"goldmont", 2},       {"tremont", 2},
    {"sandybridge", 2}, {"corei7-avx", 2}, {"ivybridge", 2},      {"core-avx-i", 2},
    {"btver2", 2},      {"bdver1", 2},     {"bdver2", 2},         {"bdver3", 2},
    {"haswell", 3},     {"core-avx2", 3},  {"broadwell", 3},      {"skylake", 3},
    {"alderlake", 3},   {"bdver4", 3},     {"znver1", 3},         {"znver2", 3},
    {"znver3", 3},      {"raptorlake", 3}, {"skylake-avx512", 4}, {"cascadelake", 4},
    {"cooperlake", 4},  {"cannonlake", 4}, {"icelake-client", 4}, {"icelake-server", 4},
    {"tigerlake", 4},   {"rocketlake", 4}, {"sapphirerapids", 4}, {"znver4", 4},
    {"znver5", 4},
}};

/// The value of the last -march or -mcpu; empty: none.
std::string_view processor_of(const std::vector<std::string>& flags) {
  std::string_view result;
  for (const std::string_view flag : flags) {
    for (const std::string_view option : {"-march=", "-mcpu="}) {
      if (flag.starts_with(option)) result = flag.substr(option.size());
    }
  }
  return result;
}

/// "8.2" of "armv8.2-a+crypto" and of "v8.2"; {8, 2}.
std::optional<std::pair<std::int64_t, std::int64_t>> arm_version(std::string_view text) {
  const auto v = text.find('v');
  if (v == std::string_view::npos) return std::nullopt;
  text.remove_prefix(v + 1);
  text = text.substr(0, text.find_first_of("-+"));
  const auto dot = text.find('.');
  const auto major = parse_integer(text.substr(0, dot));
  const auto minor = dot == std::string_view::npos ? 0 : parse_integer(text.substr(dot + 1));
  if (!major || !minor) return std::nullopt;
  return std::pair(*major, *minor);
}

bool is_beyond(std::string_view processor, const Platform& platform) {
  if (platform.architecture == "arm64") {
    const auto wanted = processor.starts_with("armv") ? arm_version(processor) : std::nullopt;
    const auto given =
        platform.variant.empty()
            ? std::pair<std::int64_t, std::int64_t>(8, 0)
            : arm_version(platform.variant).value_or(std::pair<std::int64_t, std::int64_t>(8, 0));
    return wanted && *wanted > given;
  }
  const auto found = std::ranges::find(processors, processor, &Processor::name);
  const auto level = platform.x86_level();
  return level > 0 && found != processors.end() && found->level > level;
}

}  // namespace

void check_flags(const Subject& subject, Collector& collector) {
  for (const auto& [target, flags] : subject.flags) {
    const auto processor = processor_of(flags);
    if (processor == "native") {
      collector.add_target("march-native", target,
                           "is compiled for the processor of this machine (-march=native)",
                           "name what the image is for, as -march=x86-64-v2 does");
    } else if (is_beyond(processor, subject.platform)) {
      collector.add_target("isa-level", target,
                           fmt::format("is compiled for {}, the image is for {}",
                                       printable(processor), subject.platform.str()),
                           "compile for less, or give the image a PLATFORM with that variant");
    }
  }
}

std::vector<TargetFlags> parse_target_flags(std::string_view text) {
  std::vector<TargetFlags> result;
  for (const auto& line : split(text, '\n')) {
    if (line.empty()) continue;
    const auto tab = line.find('\t');
    if (tab == std::string::npos)
      throw Error(Errc::input, fmt::format("'{}' is no target with options", printable(line)));
    TargetFlags target{line.substr(0, tab)};
    for (const auto& words : split(line.substr(tab + 1), ';')) {
      for (auto& word : split(words, ' ')) {
        if (!word.empty()) target.flags.push_back(std::move(word));
      }
    }
    result.push_back(std::move(target));
  }
  return result;
}

}  // namespace slipway::gate

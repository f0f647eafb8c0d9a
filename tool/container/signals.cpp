#include "container/signals.hpp"

#include <fmt/format.h>

#include <array>
#include <csignal>
#include <cstring>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {

/// Other names of some that the C library knows.
struct SignalName {
  std::string_view name;
  int number;
};
constexpr std::array other_names = {SignalName{"IOT", SIGIOT}, SignalName{"CLD", SIGCHLD},
                                    SignalName{"IO", SIGIO}};

std::optional<int> real_time_signal(std::string_view name) {
  if (name == "RTMIN") return SIGRTMIN;
  if (name == "RTMAX") return SIGRTMAX;
  const bool from_first = name.starts_with("RTMIN+");
  if (!from_first && !name.starts_with("RTMAX-")) return std::nullopt;
  const auto offset = parse_integer(name.substr(6));
  if (!offset || *offset < 0 || *offset > SIGRTMAX - SIGRTMIN) return std::nullopt;
  return from_first ? SIGRTMIN + static_cast<int>(*offset) : SIGRTMAX - static_cast<int>(*offset);
}

std::optional<int> signal_called(std::string_view name) {
  for (const auto& [other, number] : other_names) {
    if (other == name) return number;
  }
  for (int number = 1; number < SIGRTMIN; ++number) {
    const char* const known = ::sigabbrev_np(number);
    if (known != nullptr && name == known) return number;
  }
  return real_time_signal(name);
}

}  // namespace

int parse_signal(std::string_view text) {
  if (const auto number = parse_integer(text); number && *number > 0 && *number <= SIGRTMAX)
    return static_cast<int>(*number);
  auto name = to_upper(text);
  if (name.starts_with("SIG")) name.erase(0, 3);
  if (const auto number = signal_called(name)) return *number;
  throw Error(Errc::usage,
              fmt::format("send signal '{}': there is none of that name", printable(text)));
}

}  // namespace slipway

#include "plan/metadata.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace slipway {
namespace {

std::optional<std::int64_t> parse_port(std::string_view text) {
  const auto port = parse_integer(text);
  return port && *port >= 0 && *port <= 65535 ? port : std::nullopt;
}

}  // namespace

std::optional<std::string> parse_ports(std::string_view text, std::set<std::string>& ports) {
  const auto refuse = [&](std::string_view why) {
    return fmt::format("port '{}' of EXPOSE {}", printable(text), why);
  };
  const auto slash = text.find('/');
  const auto protocol = slash == std::string_view::npos ? "tcp" : to_lower(text.substr(slash + 1));
  if (protocol != "tcp" && protocol != "udp" && protocol != "sctp") {
    return refuse("has an unknown protocol (tcp, udp and sctp are known)");
  }
  auto numbers = text.substr(0, slash);
  // "host:container" is allowed by Docker's grammar; the host part is ignored.
  if (const auto colon = numbers.rfind(':'); colon != std::string_view::npos)
    numbers.remove_prefix(colon + 1);
  const auto dash = numbers.find('-');
  const auto first = parse_port(numbers.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_port(numbers.substr(dash + 1));
  if (!first || !last) return refuse("is not a number from 0 to 65535 or a range of them");
  if (*last < *first) return refuse("is a range that ends before it begins");
  for (auto port = *first; port <= *last; ++port)
    ports.insert(fmt::format("{}/{}", port, protocol));
  return std::nullopt;
}

bool is_signal(std::string_view text) {
  if (const auto number = parse_integer(text)) return *number >= 1 && *number <= 64;
  constexpr std::string_view names[] = {
      "ABRT", "ALRM",   "BUS",  "CHLD",   "CLD",   "CONT", "FPE",  "HUP",   "ILL",
      "INT",  "IO",     "IOT",  "KILL",   "PIPE",  "POLL", "PROF", "PWR",   "QUIT",
      "SEGV", "STKFLT", "STOP", "SYS",    "TERM",  "TRAP", "TSTP", "TTIN",  "TTOU",
      "URG",  "USR1",   "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX"};
  auto name = to_upper(text);
  if (name.starts_with("SIG")) name.erase(0, 3);
  for (const std::string_view real_time : {"RTMIN+", "RTMAX-"}) {
    if (!name.starts_with(real_time)) continue;
    const auto offset = parse_integer(name.substr(real_time.size()));
    return offset && *offset >= 1 && *offset <= (real_time == "RTMIN+" ? 15 : 14);
  }
  return std::ranges::find(names, name) != std::end(names);
}

}  // namespace slipway

#include "build/run_conditions.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/size.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {

[[noreturn]] void refuse_condition(std::string_view flag, const std::string& text,
                                   std::string_view why) {
  throw Error(Errc::usage, fmt::format("{} '{}' {}", flag, printable(text), why));
}

std::uint64_t parse_limit(const std::string& text, const std::string& value) {
  const auto number = parse_integer(value);
  if (!number || *number < -1)
    refuse_condition("--ulimit", text, "is not of the form NAME=SOFT[:HARD]");
  return *number == -1 ? ResourceLimit::none : static_cast<std::uint64_t>(*number);
}

ResourceLimit parse_resource_limit(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos)
    refuse_condition("--ulimit", text, "is not of the form NAME=SOFT[:HARD]");
  ResourceLimit limit;
  limit.name = text.substr(0, equals);
  if (!is_resource_name(limit.name)) {
    const auto names = resource_names();
    throw Error(Errc::usage,
                fmt::format("--ulimit '{}' names no resource that is limited", printable(text)))
        .with_hint(fmt::format("it is one of {}", fmt::join(names, ", ")));
  }
  const auto values = split(text.substr(equals + 1), ':');
  if (values.size() > 2) refuse_condition("--ulimit", text, "is not of the form NAME=SOFT[:HARD]");
  limit.soft = parse_limit(text, values.front());
  limit.hard = parse_limit(text, values.back());
  if (limit.soft > limit.hard)
    refuse_condition("--ulimit", text, "has a soft limit above the hard one");
  return limit;
}

bool is_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> address = {};
  return ::inet_pton(AF_INET, text.c_str(), address.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), address.data()) == 1;
}

/// The name ends at the first separator: addresses of IPv6 have colons.
HostAddress parse_host(const std::string& text) {
  const auto separator = text.find_first_of("=:");
  if (separator == std::string::npos || separator == 0)
    refuse_condition("--add-host", text, "is not of the form NAME:ADDRESS");
  HostAddress host{text.substr(0, separator), text.substr(separator + 1)};
  if (host.address.starts_with('[') && host.address.ends_with(']')) {
    host.address = host.address.substr(1, host.address.size() - 2);
  }
  // Commands have the machine's own network, so that is where it is.
  if (host.address == "host-gateway") host.address = "127.0.0.1";
  if (!is_address(host.address))
    refuse_condition("--add-host", text, "has no IPv4 or IPv6 address behind the name");
  if (host.name.find_first_of(" \t\n") != std::string::npos)
    refuse_condition("--add-host", text, "has white space in the name");
  return host;
}

std::optional<Isolation> parse_isolation(const std::string& text) {
  if (text.empty() || text == "auto") return std::nullopt;
  if (text == "namespaces") return Isolation::namespaces;
  if (text == "chroot") return Isolation::chroot;
  if (text == "oci") return Isolation::oci;
  refuse_condition("--isolation", text, "is none of auto, namespaces, oci and chroot");
}

}  // namespace

RunConditions RunConditions::parse(const std::vector<std::string>& limits,
                                   const std::vector<std::string>& hosts,
                                   const std::string& shm_size, const std::string& isolation) {
  RunConditions conditions;
  std::ranges::transform(limits, std::back_inserter(conditions.limits), parse_resource_limit);
  std::ranges::transform(hosts, std::back_inserter(conditions.hosts), parse_host);
  conditions.isolation = parse_isolation(isolation);
  if (shm_size.empty()) return conditions;
  const auto size = parse_size(shm_size);
  if (!size || *size <= 0) refuse_condition("--shm-size", shm_size, "is no size such as 64m or 1g");
  conditions.shm_size = static_cast<std::uint64_t>(*size);
  return conditions;
}

}  // namespace slipway

#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace slipway {

/// Read one word of EXPOSE, "80", "80/udp", "8000-8010/tcp", and add the ports
/// as image configs name them. What is wrong, if anything is.
std::optional<std::string> parse_ports(std::string_view text, std::set<std::string>& ports);

/// True for "SIGTERM", "TERM", "SIGRTMIN+3" and numbers from 1 to 64.
bool is_signal(std::string_view text);

}  // namespace slipway

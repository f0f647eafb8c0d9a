#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// How much of something a command may take (setrlimit(2)), by Docker's name.
struct ResourceLimit {
  static constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();
  std::string name = {};  ///< "nofile"
  std::uint64_t soft = none;
  std::uint64_t hard = none;
};

/// The names that Docker's --ulimit has, in alphabetical order.
std::vector<std::string> resource_names();
bool is_resource_name(std::string_view name);

/// Set the limit of this process. Allocates nothing; returns 0 or errno.
int set_limit(const ResourceLimit& limit) noexcept;

}  // namespace slipway

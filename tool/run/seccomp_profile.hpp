#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// What becomes of some system calls, by name, parted by spaces.
struct CallRule {
  enum class Comparison { less, equal, greater, masked_equal };
  struct Condition {
    unsigned argument = 0;
    Comparison comparison = Comparison::equal;
    std::uint64_t value = 0;   ///< masked_equal: the mask
    std::uint64_t masked = 0;  ///< what the masked argument has to be
  };
  std::string_view names = {};
  int error = 0;  ///< 0: they are let through, else refused with it
  std::optional<Condition> condition = {};
};

/// Docker's default profile for a container with these capabilities (a bit each):
/// what no rule names is refused with EPERM.
std::vector<CallRule> call_rules(std::uint64_t capabilities);

/// The architectures whose programs this machine runs, the own one first, as the OCI
/// names them.
std::vector<std::string> filter_architectures();

}  // namespace slipway

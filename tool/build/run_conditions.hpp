#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "run/sandbox.hpp"

namespace slipway {

/// A name that commands find under an address: a line of /etc/hosts.
struct HostAddress {
  std::string name = {};
  std::string address = {};
};

/// What commands are run under and their layers do not depend on: part of no
/// key and of no plan.
struct RunConditions {
  std::vector<ResourceLimit> limits = {};
  std::vector<HostAddress> hosts = {};
  std::uint64_t shm_size = default_shm_size;  ///< of /dev/shm, bytes
  std::optional<Isolation> isolation = {};    ///< what the machine allows

  /// Read the values of --ulimit (NAME=SOFT[:HARD], -1 for none), --add-host
  /// (NAME:ADDRESS or NAME=ADDRESS), --shm-size (empty: the default) and --isolation
  /// (empty: auto). Throws Errc::usage.
  static RunConditions parse(const std::vector<std::string>& limits,
                             const std::vector<std::string>& hosts, const std::string& shm_size,
                             const std::string& isolation);
};

}  // namespace slipway

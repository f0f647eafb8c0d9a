#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "oci/reference.hpp"

namespace slipway {

/// Where else images are: a host with a path, and how it is spoken to.
struct RegistryPlace {
  std::string location = {};  ///< "mirror.example.org/hub"
  bool is_insecure = false;   ///< https with any certificate, or http
  enum class For { all, digests, tags };
  For serves = For::all;
};

/// One [[registry]] of registries.conf.
struct RegistryRule {
  std::string prefix = {};  ///< "docker.io", "host/team", "*.example.org"
  RegistryPlace place = {};
  bool is_blocked = false;
  std::vector<RegistryPlace> mirrors = {};
};

/// containers' registries.conf (containers-registries.conf(5), version 2).
struct RegistriesConf {
  std::vector<RegistryRule> rules = {};
  std::map<std::string, std::string> aliases = {};  ///< of short names

  /// The rule with the longest prefix of "<registry>/<repository>"; nullptr: none.
  const RegistryRule* find(std::string_view name) const;
};

/// Add what a file says; it counts before what is there. Throws Errc::input naming
/// the line.
void add_registries_conf(std::string_view text, RegistriesConf& conf);

/// The user's configuration: $CONTAINERS_REGISTRIES_CONF, else
/// ~/.config/containers/registries.conf, else /etc/containers/registries.conf, and
/// the *.conf of the folders registries.conf.d beside the last two. Then
/// $SLIPWAY_REGISTRY_MIRROR: mirrors of docker.io, separated by commas.
RegistriesConf read_registries_conf();

/// `place`'s location instead of the rule's prefix: "docker.io/library/debian" ->
/// "mirror.example.org/hub/library/debian".
std::string name_at(const RegistryRule& rule, const RegistryPlace& place, const std::string& name);

/// A reference as people write it, short names replaced by their aliases: "fedora:40"
/// -> "registry.fedoraproject.org/fedora:40". What has no alias is Docker's.
Reference resolve_reference(std::string_view text, const RegistriesConf& conf);

}  // namespace slipway

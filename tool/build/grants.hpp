#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// Where a secret's value is: read when a RUN asks for it, and written nowhere.
struct SecretSource {
  std::filesystem::path file = {};
  std::string variable = {};  ///< of our environment, instead
};

/// Who answers for ssh: an agent's socket, or an agent of our own with the keys of
/// these files (see KeyAgent).
struct AgentSource {
  std::vector<std::filesystem::path> files = {};  ///< at least one; a socket is alone

  /// nullopt: they are keys. Throws Errc::input for what is not there, and for a
  /// socket that is not alone.
  std::optional<std::filesystem::path> socket() const;
};

/// What RUN steps may be given besides what their plan says; part of no key.
struct Grants {
  std::map<std::string, SecretSource> secrets = {};  ///< by id
  std::map<std::string, AgentSource> agents = {};    ///< by id

  /// Read --secret (id=ID[,src=FILE|env=VARIABLE][,type=file|env]) and --ssh
  /// (ID[=SOCKET|KEY,...]) values. Throws Errc::usage.
  static Grants parse(const std::vector<std::string>& secrets,
                      const std::vector<std::string>& agents);

  /// The secret's value; nullopt: no such secret was given. Throws Errc::input
  /// when it was and cannot be read.
  std::optional<std::string> secret(const std::string& id) const;
};

}  // namespace slipway

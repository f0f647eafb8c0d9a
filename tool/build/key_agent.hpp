#pragma once

#include <filesystem>
#include <vector>

#include "base/process.hpp"

namespace slipway {

/// An ssh-agent of our own that has the keys of some files, for as long as this
/// object lives.
class KeyAgent {
 public:
  /// The socket lies in `folder`. Throws Errc::environment where there is no
  /// ssh-agent (openssh-client), Errc::input for a file that is no key, or one with
  /// a passphrase, which nobody is asked for.
  KeyAgent(const std::vector<std::filesystem::path>& keys, std::filesystem::path folder);

  std::filesystem::path socket() const;

 private:
  std::filesystem::path folder_;
  Companion agent_;
};

}  // namespace slipway

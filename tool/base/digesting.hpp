#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/file.hpp"

namespace slipway {

/// SHA-256 over bytes given piece by piece (OpenSSL libcrypto).
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);

  /// The digest as 64 lower-case hex digits; the object is spent.
  std::string finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// The digest of one text, as 64 lower-case hex digits.
std::string sha256_hex(std::string_view text);

/// The same of an open file, from where it stands; `name` is for messages.
std::string sha256_hex(const Fd& file, std::string_view name);

}  // namespace slipway

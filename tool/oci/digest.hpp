#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace slipway {

/// A sha256 content digest; a value of this type is always well formed.
/// Source: image-spec descriptor.md, "Digests".
class Digest {
 public:
  /// "sha256:<64 lower-case hex digits>". Throws Errc::input naming the text.
  static Digest parse(std::string_view text);

  /// From 64 lower-case hex digits that a Sha256 gave.
  static Digest from_hex(std::string hex);

  /// The digest of a text.
  static Digest of(std::string_view content);

  std::string str() const { return "sha256:" + hex_; }
  const std::string& hex() const noexcept { return hex_; }
  auto operator<=>(const Digest&) const = default;

 private:
  explicit Digest(std::string hex) : hex_(std::move(hex)) {}
  std::string hex_;
};

}  // namespace slipway

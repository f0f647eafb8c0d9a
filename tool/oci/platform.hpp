#pragma once

#include <string>
#include <string_view>

namespace slipway {

/// Operating system, architecture and variant, in Go's words (image-spec
/// image-index.md, "platform").
struct Platform {
  std::string os = {};
  std::string architecture = {};
  std::string variant = {};
  bool operator==(const Platform&) const = default;

  /// "linux/amd64", "linux/arm64/v8", "arm64" (linux). Common aliases are
  /// normalised (x86_64, aarch64, armhf; arm64/v8 -> arm64). Throws Errc::input.
  static Platform parse(std::string_view text);

  /// The machine this program runs on.
  static Platform host();

  std::string str() const;

  /// The x86-64 level (1 to 4, psABI) that an amd64 variant means, 1 without one; 0 for
  /// other architectures.
  int x86_level() const;

  /// True when an image of `image` runs where `*this` is asked for; an empty
  /// variant fits any.
  bool accepts(const Platform& image) const;
};

}  // namespace slipway

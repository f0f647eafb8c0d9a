#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oci/digest.hpp"

namespace slipway {

/// A normalised image reference, "docker.io/library/debian:12"
/// (distribution/reference grammar).
struct Reference {
  std::string registry = {};    ///< "docker.io", "localhost:5000"
  std::string repository = {};  ///< "library/debian"
  std::string tag = {};         ///< "latest" when neither tag nor digest is given
  std::optional<Digest> digest = {};

  /// Throws Errc::input naming the text and the rule it breaks.
  static Reference parse(std::string_view text);

  /// Full form: registry/repository[:tag][@digest].
  std::string str() const;

  /// As people write it: without "docker.io/" and "library/".
  std::string familiar() const;
};

}  // namespace slipway

#pragma once

namespace slipway {

/// A place in a text: 1-based line and column (in bytes), length in bytes.
/// Line 0 means the text as a whole.
struct Span {
  int line = 0;
  int column = 1;
  int length = 1;
  bool operator==(const Span&) const = default;
};

}  // namespace slipway

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.hpp"

/// Called with each input; what it does must end in success or in Error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace slipway::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Run `body`; a refusal is an answer like any other.
template <typename Body>
void allow_refusal(Body&& body) {
  try {
    body();
  } catch (const Error&) {
  }
}

/// Stop the program where a property does not hold.
inline void require(bool holds) {
  if (!holds) __builtin_trap();
}

}  // namespace slipway::fuzz

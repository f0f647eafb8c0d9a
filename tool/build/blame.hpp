#pragma once

#include <string_view>
#include <utility>

#include "base/diagnostics.hpp"
#include "base/error.hpp"
#include "plan/plan.hpp"

namespace slipway {

/// The Dockerfile's text for diagnostics; empty when it cannot be read any more.
SourceText source_of(const Script& script);

/// `error` as a diagnostic at `line` of the script, or at its origin. Errors
/// that are no fault of the input (a full disk) come back as they are.
Error blame(const Error& error, const Script& script, int line);

/// Run `body`; mistakes of the input are blamed on that line.
template <typename Body>
decltype(auto) blaming(const Script& script, int line, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& error) {
    throw blame(error, script, line);
  }
}

}  // namespace slipway

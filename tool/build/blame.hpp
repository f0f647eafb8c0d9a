#pragma once

#include <string_view>
#include <utility>

#include "base/diagnostics.hpp"
#include "base/error.hpp"
#include "plan/plan.hpp"

namespace slipway {

/// The Dockerfile's text for diagnostics; empty when it cannot be read any more.
SourceText source_of(const Script& script);

/// `error` as a diagnostic at its own place, else at the start of the
/// instruction, or at the script's origin. Errors that are no fault of the input
/// (a full disk) come back as they are.
Error blame(const Error& error, const Script& script, const SourceLines& instruction);

/// Run `body`; mistakes of the input are blamed on that instruction.
template <typename Body>
decltype(auto) blaming(const Script& script, const SourceLines& instruction, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& error) {
    throw blame(error, script, instruction);
  }
}

}  // namespace slipway

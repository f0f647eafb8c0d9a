#pragma once

#include <string>
#include <string_view>

#include "cli/plan_flags.hpp"

namespace slipway::cli {

/// `build --call`: what to do with a Dockerfile instead of building it.
struct Call {
  enum class Kind { build, check, outline, targets };
  Kind kind = Kind::build;
  bool json = false;
};

/// "check", "outline", "targets" or "build", with ",format=json" behind it.
/// Throws Errc::usage.
Call parse_call(std::string_view text);

/// Print what was asked for. Returns the exit status.
int answer(const Call& call, const PlanFlags& flags);

}  // namespace slipway::cli

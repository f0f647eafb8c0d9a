#pragma once

#include "base/error.hpp"
#include "run/child.hpp"
#include "run/sandbox.hpp"

namespace slipway {

/// Why the kernel makes no namespaces for us, with what to set where it is a setting.
Error namespace_refusal(int error, bool in_user_namespace);

/// The child's message as an error with a hint.
Error refusal(const ChildFailure& failure, const ChildPlan& plan, const Sandbox& sandbox,
              bool in_user_namespace);

}  // namespace slipway

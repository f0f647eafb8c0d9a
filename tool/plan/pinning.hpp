#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci/lock_file.hpp"
#include "oci/reference.hpp"
#include "plan/plan.hpp"

namespace slipway {

/// The reference that a base step's name is, if a lock file can pin it: not for
/// layouts and archives, and not where it names a digest.
std::optional<Reference> lockable_reference(const Step& step);

/// Put the digests that the lock file has into the plan's references. One that it
/// does not have is reported at the instruction; `lock_path` is for the message.
void pin_references(Plan& plan, const LockFile& lock, std::string_view lock_path,
                    Diagnostics& diagnostics);

}  // namespace slipway

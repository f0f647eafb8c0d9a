#pragma once

#include <string>

#include "oci/lock_file.hpp"

namespace slipway::cli {

/// Empty where there is no file. Throws Errc::input naming it.
LockFile read_lock_file_if_exists(const std::string& path);

}  // namespace slipway::cli

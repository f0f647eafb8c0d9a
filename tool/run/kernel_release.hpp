#pragma once

#include <compare>
#include <string>

namespace slipway {

/// Of the Linux that runs us.
struct KernelRelease {
  long major = 0;
  long minor = 0;

  auto operator<=>(const KernelRelease&) const = default;
};

/// Reads "6.1.0-18-amd64"; what is no number is 0.
KernelRelease parse_kernel_release(const std::string& text);

/// Of uname(2), as text.
std::string kernel_release_text();

}  // namespace slipway

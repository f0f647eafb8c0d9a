#include "run/kernel_release.hpp"

#include <sys/utsname.h>

#include "base/text.hpp"

namespace slipway {

KernelRelease parse_kernel_release(const std::string& text) {
  const auto parts = split(text, '.');
  const auto number = [&](std::size_t index) {
    return index < parts.size() ? static_cast<long>(parse_integer(parts[index]).value_or(0)) : 0;
  };
  return {number(0), number(1)};
}

std::string kernel_release_text() {
  utsname name = {};
  return ::uname(&name) == 0 ? name.release : "";
}

}  // namespace slipway

#include "oci/platform.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {

struct Alias {
  std::string_view name, architecture, variant;
};

/// containerd's platform normalisation, and what uname(2) says.
constexpr Alias aliases[] = {{"x86_64", "amd64", ""},  {"x86-64", "amd64", ""},
                             {"i386", "386", ""},      {"i686", "386", ""},
                             {"aarch64", "arm64", ""}, {"armhf", "arm", "v7"},
                             {"armel", "arm", "v6"},   {"armv7l", "arm", "v7"},
                             {"armv6l", "arm", "v6"},  {"ppc64el", "ppc64le", ""}};

constexpr std::string_view architectures[] = {"386",     "amd64",   "arm",      "arm64",
                                              "loong64", "mips64",  "mips64le", "ppc64",
                                              "ppc64le", "riscv64", "s390x",    "wasm"};

constexpr std::string_view systems[] = {"linux",  "windows", "darwin",  "freebsd",
                                        "netbsd", "openbsd", "solaris", "wasip1"};

template <std::size_t N>
bool contains(const std::string_view (&list)[N], std::string_view word) {
  return std::ranges::find(list, word) != std::end(list);
}

void normalise(Platform& platform) {
  for (const auto& alias : aliases) {
    if (platform.architecture != alias.name) continue;
    platform.architecture = alias.architecture;
    if (platform.variant.empty()) platform.variant = alias.variant;
  }
  if (platform.architecture == "arm64" && platform.variant == "v8") platform.variant.clear();
  if (platform.architecture == "amd64" && platform.variant == "v1") platform.variant.clear();
  if (platform.architecture == "arm" && platform.variant.empty()) platform.variant = "v7";
}

}  // namespace

Platform Platform::parse(std::string_view text) {
  const auto parts = split(to_lower(text), '/');
  Platform result;
  const auto refuse = [&] {
    throw Error(Errc::input,
                fmt::format("parse platform '{}': expected os/arch[/variant]", printable(text)))
        .with_hint("for example linux/amd64 or linux/arm/v7");
  };
  if (parts.size() == 1) {
    result = {"linux", parts[0], ""};
  } else if (parts.size() <= 3) {
    result = {parts[0], parts[1], parts.size() == 3 ? parts[2] : ""};
  } else {
    refuse();
  }
  normalise(result);
  if (!contains(systems, result.os) || !contains(architectures, result.architecture)) refuse();
  return result;
}

Platform Platform::host() {
  struct utsname names = {};
  ::uname(&names);
  Platform result{"linux", names.machine, ""};
  normalise(result);
  return result;
}

std::string Platform::str() const {
  return variant.empty() ? fmt::format("{}/{}", os, architecture)
                         : fmt::format("{}/{}/{}", os, architecture, variant);
}

int Platform::x86_level() const {
  if (architecture != "amd64") return 0;
  const bool has_level =
      variant.size() == 2 && variant[0] == 'v' && variant[1] > '0' && variant[1] < '5';
  return has_level ? variant[1] - '0' : 1;
}

bool Platform::accepts(const Platform& image) const {
  return os == image.os && architecture == image.architecture &&
         (variant.empty() || image.variant.empty() || variant == image.variant);
}

}  // namespace slipway

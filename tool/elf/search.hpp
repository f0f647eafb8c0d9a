#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "elf/object.hpp"

namespace slipway::elf {

/// Which loader a program is for: this decides what it searches, and what it
/// passes over.
struct Abi {
  std::uint16_t machine = 0;
  bool is_64_bit = true;
  bool little_endian = true;
  bool musl = false;
  bool hard_float = true;  ///< 32-bit ARM: armhf, not armel
  bool operator==(const Abi&) const = default;

  /// By the interpreter, or, for a library, by the C library that it needs.
  static Abi of(const Object& object);

  /// Debian's multiarch name, e.g. "x86_64-linux-gnu"; empty where there is none.
  std::string triplet() const;

  /// True when an object can be loaded beside objects of this kind.
  bool accepts(const Object& object) const;
};

/// Where the loader's configuration is read: a folder of this machine, or the
/// contents of an image. Paths are absolute and mean places below that root.
struct ConfigSource {
  std::function<std::optional<std::string>(const std::string& path)> read = {};
  /// The names in a directory, in any order; empty where there is none.
  std::function<std::vector<std::string>(const std::string& directory)> list = {};
};

/// The directories that the loader searches for any program, in its order:
/// glibc's /etc/ld.so.conf (what ldconfig makes its cache of) with its
/// includes, then the built-in ones with and without multiarch; musl's
/// /etc/ld-musl-<arch>.path, or the built-in ones. Absolute, each once.
std::vector<std::string> loader_directories(const Abi& abi, const ConfigSource& source);

/// Those of them that are built into glibc; empty for musl, which has no flag to leave
/// them out.
std::vector<std::string> built_in_directories(const Abi& abi);

/// What glibc (2.33 and later) looks for below each directory before it looks into that
/// itself, "glibc-hwcaps/x86-64-v3" and so on, where the processor has at least the x86-64
/// level: the best first. None for musl and for other machines, whose levels no platform
/// tells.
std::vector<std::string> hwcaps_directories(const Abi& abi, int x86_level);

/// The directories that an element of RPATH or RUNPATH means, $ORIGIN, $LIB
/// and $PLATFORM (and their ${} forms) put in: several, as $LIB differs from
/// one distribution to the next. `origin` is the directory of the object.
std::vector<std::string> expand_tokens(std::string_view element, const Abi& abi,
                                       std::string_view origin);

/// True for the parts of the C library itself (libc, libm, the loader, ...),
/// glibc's and musl's, which must all come from one place.
bool is_c_library(std::string_view name);

}  // namespace slipway::elf

// The search rules of glibc and musl, see ld.so(8) and musl's dynlink.c.
//
// glibc looks into /etc/ld.so.cache and then into directories that were fixed
// when it was built. The cache is ldconfig's index of the directories in
// /etc/ld.so.conf, so reading the latter gives the same answer, also for an
// image whose cache is stale or absent. Which directories were built in, a
// file does not say: Debian's are the multiarch ones before the plain ones,
// Fedora's and SUSE's /lib64 and /usr/lib64; no distribution has different
// libraries of one machine in both, so the union serves all.

#include "elf/search.hpp"

#include <elf.h>
#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "base/text.hpp"

namespace slipway::elf {
namespace {

struct Architecture {
  std::uint16_t machine;
  bool is_64_bit;
  bool little_endian;
  bool hard_float;
  std::string_view triplet;
  std::string_view musl_name;
  std::string_view platform;  ///< the common value of $PLATFORM
};

constexpr std::array<Architecture, 11> architectures = {{
    {EM_X86_64, true, true, true, "x86_64-linux-gnu", "x86_64", "x86_64"},
    {EM_X86_64, false, true, true, "x86_64-linux-gnux32", "x32", "x86_64"},
    {EM_AARCH64, true, true, true, "aarch64-linux-gnu", "aarch64", "aarch64"},
    {EM_ARM, false, true, true, "arm-linux-gnueabihf", "armhf", "v7l"},
    {EM_ARM, false, true, false, "arm-linux-gnueabi", "arm", "v5l"},
    {EM_RISCV, true, true, true, "riscv64-linux-gnu", "riscv64", "riscv64"},
    {EM_PPC64, true, true, true, "powerpc64le-linux-gnu", "powerpc64le", "power8"},
    {EM_S390, true, false, true, "s390x-linux-gnu", "s390x", "z900"},
    {EM_386, false, true, true, "i386-linux-gnu", "i386", "i686"},
    {EM_MIPS, true, true, true, "mips64el-linux-gnuabi64", "mips64el", "mips"},
    {EM_LOONGARCH, true, true, true, "loongarch64-linux-gnu", "loongarch64", "loongarch64"},
}};

const Architecture* architecture_of(const Abi& abi) {
  for (const auto& entry : architectures) {
    if (entry.machine == abi.machine && entry.is_64_bit == abi.is_64_bit &&
        entry.little_endian == abi.little_endian && entry.hard_float == abi.hard_float) {
      return &entry;
    }
  }
  return nullptr;
}

class Directories {
 public:
  explicit Directories(std::string triplet) : triplet_(std::move(triplet)) {}

  void add(std::string_view directory) {
    while (directory.size() > 1 && directory.ends_with('/')) directory.remove_suffix(1);
    if (!directory.starts_with('/') || is_foreign(directory)) return;
    if (seen_.emplace(directory).second) result_.emplace_back(directory);
  }

  std::vector<std::string> take() && { return std::move(result_); }

 private:
  /// A multiarch directory of another architecture: the contents of an image
  /// do not show what the files in it are for.
  bool is_foreign(std::string_view directory) const {
    const auto last = directory.substr(directory.rfind('/') + 1);
    if (last == triplet_) return false;
    return std::ranges::any_of(architectures,
                               [&](const auto& entry) { return entry.triplet == last; });
  }

  std::string triplet_;
  std::set<std::string, std::less<>> seen_;
  std::vector<std::string> result_;
};

/// Reads ld.so.conf(5) and what it includes.
class LdSoConf {
 public:
  LdSoConf(const ConfigSource& source, Directories& directories)
      : source_(source), directories_(directories) {}

  void read(const std::string& path) {
    if (!visited_.insert(path).second) return;
    const auto text = source_.read(path);
    if (!text) return;
    for (const auto& line : split(*text, '\n')) read_line(line, path);
  }

 private:
  void read_line(std::string_view line, const std::string& path) {
    line = trim(line.substr(0, line.find('#')));
    const auto end_of_word = line.find_first_of(" \t");
    const auto word = line.substr(0, end_of_word);
    const auto rest =
        end_of_word == std::string_view::npos ? std::string_view() : trim(line.substr(end_of_word));
    if (word == "include") return include(rest, path);
    if (word == "hwcap") return;
    // Old configurations name a library type, as in "/usr/lib=libc6".
    directories_.add(trim(line.substr(0, line.find('='))));
  }

  void include(std::string_view patterns, const std::string& path) {
    for (const auto& pattern : split(patterns, ' ')) {
      if (pattern.empty()) continue;
      const bool absolute = pattern.starts_with('/');
      include_pattern(absolute ? pattern : path.substr(0, path.rfind('/') + 1) + pattern);
    }
  }

  void include_pattern(const std::string& pattern) {
    if (pattern.find_first_of("*?[") == std::string::npos) return read(pattern);
    const auto slash = pattern.rfind('/');
    const std::string directory = pattern.substr(0, slash);
    const std::string name = pattern.substr(slash + 1);
    auto names = source_.list(directory);
    std::ranges::sort(names);
    for (const auto& candidate : names) {
      if (::fnmatch(name.c_str(), candidate.c_str(), FNM_PERIOD) == 0)
        read(directory + "/" + candidate);
    }
  }

  const ConfigSource& source_;
  Directories& directories_;
  std::set<std::string> visited_;
};

void add_built_in_directories(const Abi& abi, Directories& directories) {
  if (const auto triplet = abi.triplet(); !triplet.empty()) {
    directories.add("/lib/" + triplet);
    directories.add("/usr/lib/" + triplet);
  }
  if (abi.is_64_bit) {
    directories.add("/lib64");
    directories.add("/usr/lib64");
  }
  directories.add("/lib");
  directories.add("/usr/lib");
}

void add_musl_directories(const Abi& abi, const ConfigSource& source, Directories& directories) {
  const auto* architecture = architecture_of(abi);
  std::optional<std::string> text;
  if (architecture != nullptr) {
    text = source.read("/etc/ld-musl-" + std::string(architecture->musl_name) + ".path");
  }
  if (!text) text = "/lib:/usr/local/lib:/usr/lib";
  std::ranges::replace(*text, '\n', ':');
  for (const auto& directory : split(*text, ':')) directories.add(trim(directory));
}

bool is_musl_name(std::string_view name) {
  return name == "libc.so" || name.starts_with("libc.musl-") || name.starts_with("ld-musl-");
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// The length of a token such as "$ORIGIN" or "${ORIGIN}" at the start of
/// `text`; 0: it is not there.
std::size_t token_length(std::string_view text, std::string_view token) {
  if (text.starts_with("${") && text.substr(2).starts_with(token) &&
      text.substr(2 + token.size()).starts_with('}')) {
    return token.size() + 3;
  }
  if (!text.starts_with('$') || !text.substr(1).starts_with(token)) return 0;
  const auto rest = text.substr(1 + token.size());
  const bool ends = rest.empty() || !(std::isalnum(static_cast<unsigned char>(rest.front())) ||
                                      rest.front() == '_');
  return ends ? token.size() + 1 : 0;
}

std::string replace_token(std::string_view text, std::string_view token, std::string_view value) {
  std::string result;
  while (!text.empty()) {
    if (const auto length = token_length(text, token); length > 0) {
      result += value;
      text.remove_prefix(length);
    } else {
      result += text.front();
      text.remove_prefix(1);
    }
  }
  return result;
}

}  // namespace

Abi Abi::of(const Object& object) {
  Abi abi{.machine = object.machine,
          .is_64_bit = object.is_64_bit,
          .little_endian = object.little_endian,
          .musl = is_musl_name(base_name(object.interpreter)),
          .hard_float = true};
  if (object.interpreter.empty()) abi.musl = std::ranges::any_of(object.needed, is_musl_name);
  if (object.machine == EM_ARM && !object.interpreter.empty()) {
    abi.hard_float = object.interpreter.find("armhf") != std::string::npos;
  }
  return abi;
}

std::string Abi::triplet() const {
  const auto* architecture = architecture_of(*this);
  return musl || architecture == nullptr ? std::string() : std::string(architecture->triplet);
}

bool Abi::accepts(const Object& object) const {
  return object.machine == machine && object.is_64_bit == is_64_bit &&
         object.little_endian == little_endian;
}

std::vector<std::string> loader_directories(const Abi& abi, const ConfigSource& source) {
  Directories directories(abi.triplet());
  if (abi.musl) {
    add_musl_directories(abi, source, directories);
  } else {
    LdSoConf(source, directories).read("/etc/ld.so.conf");
    add_built_in_directories(abi, directories);
  }
  return std::move(directories).take();
}

std::vector<std::string> built_in_directories(const Abi& abi) {
  Directories directories(abi.triplet());
  if (!abi.musl) add_built_in_directories(abi, directories);
  return std::move(directories).take();
}

std::vector<std::string> hwcaps_directories(const Abi& abi, int x86_level) {
  std::vector<std::string> result;
  if (abi.musl || abi.machine != EM_X86_64 || !abi.is_64_bit) return result;
  for (int level = x86_level; level > 1; --level)
    result.push_back(fmt::format("glibc-hwcaps/x86-64-v{}", level));
  return result;
}

std::vector<std::string> expand_tokens(std::string_view element, const Abi& abi,
                                       std::string_view origin) {
  const auto* architecture = architecture_of(abi);
  std::string text = replace_token(element, "ORIGIN", origin);
  if (architecture != nullptr) text = replace_token(text, "PLATFORM", architecture->platform);
  std::vector<std::string> libraries;
  if (const auto triplet = abi.triplet(); !triplet.empty()) libraries.push_back("lib/" + triplet);
  if (abi.is_64_bit) libraries.emplace_back("lib64");
  libraries.emplace_back("lib");
  std::vector<std::string> result;
  for (const auto& library : libraries) {
    auto expanded = replace_token(text, "LIB", library);
    if (std::ranges::find(result, expanded) == result.end()) result.push_back(std::move(expanded));
  }
  return result;
}

bool is_c_library(std::string_view name) {
  constexpr std::array<std::string_view, 12> parts = {
      "libc",    "libm",      "libmvec", "libpthread",      "libdl",        "librt",
      "libutil", "libresolv", "libanl",  "libBrokenLocale", "libthread_db", "libc_malloc_debug"};
  constexpr std::array<std::string_view, 9> beginnings = {
      "ld-linux",      "ld-musl-",    "libc.musl-",     "ld64.so.",   "ld.so.",
      "libnss_files.", "libnss_dns.", "libnss_compat.", "libnsl.so.1"};
  name = base_name(name);
  if (std::ranges::any_of(beginnings, [&](auto beginning) { return name.starts_with(beginning); }))
    return true;
  const auto end = name.find(".so");
  return end != std::string_view::npos &&
         std::ranges::find(parts, name.substr(0, end)) != parts.end();
}

}  // namespace slipway::elf

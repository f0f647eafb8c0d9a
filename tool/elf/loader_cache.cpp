#include "elf/loader_cache.hpp"

#include <elf.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace slipway::elf {
namespace {

constexpr std::string_view magic = "glibc-ld.so.cache1.1";
constexpr std::size_t header_size = 48;
constexpr std::size_t entry_size = 24;

/// What the loader of a machine wants to see in an entry: ELF for libc6, and the ABI.
std::optional<std::uint32_t> mark_of(const Abi& abi) {
  constexpr std::uint32_t libc6 = 3;
  if (abi.musl) return std::nullopt;
  switch (abi.machine) {
    case EM_386:
      return libc6;
    case EM_X86_64:
      return abi.is_64_bit ? libc6 | 0x300 : libc6 | 0x800;
    case EM_S390:
      return abi.is_64_bit ? libc6 | 0x400 : libc6;
    case EM_PPC64:
      return libc6 | 0x500;
    case EM_AARCH64:
      return libc6 | 0xa00;
    case EM_ARM:
      return abi.hard_float ? libc6 | 0x900 : libc6 | 0xb00;
    case EM_RISCV:
      return libc6 | 0x1000;  // with registers for double, as all distributions are
    default:
      return std::nullopt;
  }
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Digits in a row count as one number ("libx.so.10" is after "libx.so.9"), and stand
/// behind all else: the loader searches in halves by this order.
int compare(std::string_view a, std::string_view b) {
  const auto number = [](std::string_view text, std::size_t& at) {
    std::uint64_t value = 0;
    for (; at < text.size() && is_digit(text[at]); ++at)
      value = value * 10 + static_cast<std::uint64_t>(text[at] - '0');
    return value;
  };
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size()) {
    if (is_digit(a[i])) {
      if (j >= b.size() || !is_digit(b[j])) return 1;
      const auto left = number(a, i);
      const auto right = number(b, j);
      if (left != right) return left < right ? -1 : 1;
    } else if (j < b.size() && is_digit(b[j])) {
      return -1;
    } else if (j >= b.size() || a[i] != b[j]) {
      return a[i] - (j < b.size() ? b[j] : 0);
    } else {
      ++i;
      ++j;
    }
  }
  return j < b.size() ? -1 : 0;
}

class Writer {
 public:
  explicit Writer(bool little_endian) : little_endian_(little_endian) {}

  void text(std::string_view text) { out_ += text; }
  void zeros(std::size_t count) { out_.append(count, '\0'); }
  void number(std::uint64_t value) {
    for (int i = 0; i < 4; ++i) {
      const int shift = little_endian_ ? 8 * i : 24 - 8 * i;
      out_ += static_cast<char>(value >> shift & 0xff);
    }
  }
  std::string finish() && { return std::move(out_); }

 private:
  bool little_endian_;
  std::string out_ = {};
};

}  // namespace

std::optional<std::string> loader_cache(std::vector<CachedLibrary> libraries, const Abi& abi) {
  const auto mark = mark_of(abi);
  if (!mark) return std::nullopt;
  std::ranges::sort(libraries, [](const auto& a, const auto& b) {
    const int order = compare(a.name, b.name);
    return order != 0 ? order > 0 : a.path < b.path;
  });
  std::string strings;
  Writer writer(abi.little_endian);
  std::size_t length = 0;
  for (const auto& [name, path] : libraries) length += name.size() + path.size() + 2;
  writer.text(magic);
  writer.number(libraries.size());
  writer.number(length);
  writer.text(std::string_view(abi.little_endian ? "\2" : "\3"));
  writer.zeros(header_size - magic.size() - 2 * 4 - 1);
  const auto strings_at = header_size + libraries.size() * entry_size;
  const auto add = [&](const std::string& text) {
    writer.number(strings_at + strings.size());
    strings += text;
    strings += '\0';
  };
  for (const auto& [name, path] : libraries) {
    writer.number(*mark);
    add(name);
    add(path);
    writer.zeros(entry_size - 3 * 4);  // no version of an operating system, no hwcaps
  }
  writer.text(strings);
  return std::move(writer).finish();
}

}  // namespace slipway::elf

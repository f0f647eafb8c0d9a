#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/error.hpp"
#include "elf/file.hpp"

namespace slipway::elf {
namespace {

constexpr std::size_t least_length = 4;
/// A longer text is handed over in pieces.
constexpr std::size_t most_length = 64u << 10;

constexpr std::array<bool, 256> text_bytes = [] {
  std::array<bool, 256> table = {};
  for (std::size_t byte = 0x20; byte < table.size(); ++byte) table[byte] = byte != 0x7f;
  table['\n'] = table['\t'] = true;
  return table;
}();

bool is_text(char c) { return text_bytes[static_cast<unsigned char>(c)]; }

/// Finds texts in bytes that come piece by piece. A text has a byte at each fourth
/// place at least, so most bytes of other things are not looked at.
class TextFinder {
 public:
  explicit TextFinder(const std::function<void(std::string_view)>& sink) : sink_(sink) {}

  void read(std::string_view bytes) {
    std::size_t at = rest_.empty() ? 0 : go_on(bytes);
    while (at + least_length <= bytes.size()) {
      auto begin = at + least_length - 1;
      if (!is_text(bytes[begin])) {
        at = begin + 1;
        continue;
      }
      while (begin > at && is_text(bytes[begin - 1])) --begin;
      const auto end = end_of_text(bytes, at + least_length);
      if (end == bytes.size()) return keep(bytes.substr(begin));
      if (bytes[end] == '\0' && end - begin >= least_length)
        sink_(bytes.substr(begin, end - begin));
      at = end + 1;
    }
    if (at >= bytes.size()) return;
    auto begin = bytes.size();
    while (begin > at && is_text(bytes[begin - 1])) --begin;
    keep(bytes.substr(begin));
  }

 private:
  static std::size_t end_of_text(std::string_view bytes, std::size_t at) {
    while (at < bytes.size() && is_text(bytes[at])) ++at;
    return at;
  }

  /// The rest of a text that began in the piece before; where what follows it begins.
  std::size_t go_on(std::string_view bytes) {
    const auto end = end_of_text(bytes, 0);
    keep(bytes.substr(0, end));
    if (end == bytes.size()) return end;
    if (bytes[end] == '\0' && rest_.size() >= least_length) sink_(rest_);
    rest_.clear();
    return end + 1;
  }

  void keep(std::string_view text) {
    rest_ += text;
    if (rest_.size() < most_length) return;
    sink_(rest_);
    rest_.clear();
  }

  const std::function<void(std::string_view)>& sink_;
  std::string rest_ = {};  ///< of the piece before, text to its end
};

void read_range(const Fd& fd, std::uint64_t begin, std::uint64_t end, TextFinder& finder) {
  std::array<char, 64u << 10> piece;
  while (begin < end) {
    const auto size = std::min<std::uint64_t>(piece.size(), end - begin);
    const auto count = ::pread(fd.get(), piece.data(), size, static_cast<off_t>(begin));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw Error::from_errno(errno, "read an ELF file");
    if (count == 0) return;  // it is shorter than it says
    finder.read({piece.data(), static_cast<std::size_t>(count)});
    begin += static_cast<std::uint64_t>(count);
  }
}

}  // namespace

void ElfFile::for_each_string(const std::function<void(std::string_view)>& sink) const {
  const auto is_constants = [](const GElf_Phdr& header) {
    return header.p_type == PT_LOAD && (header.p_flags & (PF_X | PF_W)) == 0;
  };
  // Linkers that keep constants apart from code leave no text in the latter.
  const bool is_code_apart = std::ranges::any_of(headers_, is_constants);
  const auto names = dynamic(DT_STRTAB);
  for (const auto& header : headers_) {
    if (header.p_type != PT_LOAD || (is_code_apart && (header.p_flags & PF_X) != 0)) continue;
    TextFinder finder(sink);
    auto begin = header.p_offset;
    const auto end = header.p_offset + std::min(header.p_filesz, size_);
    if (names && *names >= header.p_vaddr && *names - header.p_vaddr < header.p_filesz) {
      const auto at = header.p_offset + (*names - header.p_vaddr);
      read_range(fd_, begin, at, finder);
      begin = at + strings_.size();
    }
    read_range(fd_, begin, end, finder);
  }
}

}  // namespace slipway::elf

#include "layer/tar_file.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "base/error.hpp"

namespace slipway {
namespace {

constexpr std::size_t read_ahead_size = std::size_t{256} * 1024;
constexpr std::size_t tar_block_size = 512;
constexpr std::size_t checksum_begin = 148;
constexpr std::size_t checksum_size = 8;

struct FreeFilter {
  void operator()(archive* handle) const { archive_read_free(handle); }
};

/// The sum of all bytes of a header, its own field as blanks. Old tars took
/// the bytes for signed ones.
template <typename Byte>
long sum_of(std::span<const std::byte> block) {
  long sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool own = i >= checksum_begin && i < checksum_begin + checksum_size;
    sum += own ? ' ' : static_cast<Byte>(block[i]);
  }
  return sum;
}

bool is_tar_header(std::span<const std::byte> block) {
  if (block.size() < tar_block_size) return false;
  const auto* text = reinterpret_cast<const char*>(block.data());
  std::string_view field(text + checksum_begin, checksum_size);
  field.remove_prefix(std::min(field.find_first_not_of(' '), field.size()));
  long sum = 0;
  if (std::from_chars(field.data(), field.data() + field.size(), sum, 8).ec != std::errc())
    return false;
  return sum == sum_of<unsigned char>(block) || sum == sum_of<signed char>(block);
}

}  // namespace

struct DecompressedFile::State {
  Fd file;
  std::unique_ptr<archive, FreeFilter> filter{archive_read_new()};

  void check(long result) const {
    if (result >= ARCHIVE_OK || result == ARCHIVE_WARN) return;
    const char* reason = archive_error_string(filter.get());
    throw Error(Errc::input,
                fmt::format("decompress: {}", reason != nullptr ? reason : "damaged data"));
  }
};

DecompressedFile::DecompressedFile(Fd file) : state_(std::make_unique<State>()) {
  state_->file = std::move(file);
  archive* filter = state_->filter.get();
  if (filter == nullptr) throw Error(Errc::environment, "decompress: out of memory");
  // Named one by one: "all" would run other programs for rare formats.
  archive_read_support_filter_gzip(filter);
  archive_read_support_filter_bzip2(filter);
  archive_read_support_filter_xz(filter);
  archive_read_support_filter_zstd(filter);
  archive_read_support_format_raw(filter);
  archive_read_support_format_empty(filter);
  state_->check(archive_read_open_fd(filter, state_->file.get(), read_ahead_size));
  archive_entry* whole = nullptr;
  const int result = archive_read_next_header(filter, &whole);
  if (result != ARCHIVE_EOF) state_->check(result);
}

DecompressedFile::~DecompressedFile() = default;
DecompressedFile::DecompressedFile(DecompressedFile&&) noexcept = default;

std::size_t DecompressedFile::read(std::span<std::byte> bytes) {
  const auto count = archive_read_data(state_->filter.get(), bytes.data(), bytes.size());
  state_->check(static_cast<long>(count));
  return static_cast<std::size_t>(std::max<la_ssize_t>(count, 0));
}

bool holds_tar(Fd file) {
  try {
    DecompressedFile content(std::move(file));
    std::array<std::byte, tar_block_size> header = {};
    std::size_t size = 0;
    while (size < header.size()) {
      const auto count = content.read(std::span(header).subspan(size));
      if (count == 0) break;
      size += count;
    }
    return is_tar_header(std::span<const std::byte>(header).first(size));
  } catch (const Error& error) {
    if (error.code() != Errc::input) throw;
    return false;  // looked compressed, and is something else
  }
}

}  // namespace slipway

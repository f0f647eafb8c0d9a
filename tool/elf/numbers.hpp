#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

namespace slipway::elf {

/// Bytes of a file, and the numbers in them, which have the file's order. What is
/// beyond their end is 0.
class Numbers {
 public:
  Numbers() = default;
  Numbers(std::string bytes, bool is_little_endian)
      : bytes_(std::move(bytes)),
        is_swapped_(is_little_endian != (std::endian::native == std::endian::little)) {}

  std::size_t size() const noexcept { return bytes_.size(); }
  std::uint8_t byte(std::size_t at) const { return value_at<std::uint8_t>(at); }

  std::uint16_t half(std::size_t at) const {
    const auto value = value_at<std::uint16_t>(at);
    return is_swapped_ ? static_cast<std::uint16_t>(__builtin_bswap16(value)) : value;
  }

  std::uint32_t word(std::size_t at) const {
    const auto value = value_at<std::uint32_t>(at);
    return is_swapped_ ? __builtin_bswap32(value) : value;
  }

  std::uint64_t extended(std::size_t at) const {
    const auto value = value_at<std::uint64_t>(at);
    return is_swapped_ ? __builtin_bswap64(value) : value;
  }

  /// A word of a 32-bit file, twice that of a 64-bit one.
  std::uint64_t address(std::size_t at, bool is_64_bit) const {
    return is_64_bit ? extended(at) : word(at);
  }

 private:
  template <typename Value>
  Value value_at(std::size_t at) const {
    Value value = {};
    if (at < bytes_.size() && sizeof value <= bytes_.size() - at)
      std::memcpy(&value, bytes_.data() + at, sizeof value);
    return value;
  }

  std::string bytes_ = {};
  bool is_swapped_ = false;
};

}  // namespace slipway::elf

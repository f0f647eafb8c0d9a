#include "oci/digest.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {

constexpr std::string_view prefix = "sha256:";

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw Error(Errc::input, fmt::format("parse digest '{}': {}", printable(text), why));
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

Digest Digest::parse(std::string_view text) {
  if (!text.starts_with(prefix)) refuse(text, "only sha256 is supported");
  const auto hex = text.substr(prefix.size());
  if (hex.size() != 64) refuse(text, "expected 64 hex digits");
  if (!std::ranges::all_of(hex, is_hex)) refuse(text, "expected lower-case hex digits");
  return Digest(std::string(hex));
}

Digest Digest::from_hex(std::string hex) { return parse(std::string(prefix) + hex); }

Digest Digest::of(std::string_view content) { return Digest(sha256_hex(content)); }

}  // namespace slipway

#include "build/origins.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "build/record.hpp"

namespace slipway {

std::string to_text(const Origins& origins) {
  std::string text;
  for (const auto& [path, source] : origins)
    text += fmt::format("{}\t{}\n", escaped(path), escaped(source.native()));
  return text;
}

Origins parse_origins(std::string_view text) {
  Origins origins;
  for (const auto& line : split(text, '\n')) {
    const auto tab = line.find('\t');
    if (tab != std::string::npos)
      origins.emplace(unescaped(line.substr(0, tab)), unescaped(line.substr(tab + 1)));
  }
  return origins;
}

}  // namespace slipway

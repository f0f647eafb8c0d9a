// A depfile has no grammar that all its readers agree on. Tried with Ninja
// 1.11, with and without CMake 3.25's translation (CMP0116), and with make:
// space, '#' and '$' can be escaped for all; Ninja ends a word at quotes, '&',
// '*' and others; CMake drops backslashes; and ':', ';' and '|' that get
// through to make break the user's whole build there.

#include "build/depfile.hpp"

#include <algorithm>
#include <string_view>

#include "base/file.hpp"

namespace slipway {
namespace {

bool can_be_written(std::string_view name) {
  constexpr std::string_view refused = ":;|\\\"'&?*<>`^";
  return std::ranges::none_of(name, [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < ' ' || byte == 0x7f || refused.find(c) != std::string_view::npos;
  });
}

void append_escaped(std::string& text, std::string_view name) {
  for (const char c : name) {
    if (c == ' ' || c == '#') text += '\\';
    if (c == '$') text += '$';
    text += c;
  }
}

}  // namespace

void write_depfile(const std::filesystem::path& path, const std::string& target,
                   std::vector<std::string> inputs) {
  std::ranges::sort(inputs);
  inputs.erase(std::unique(inputs.begin(), inputs.end()), inputs.end());
  std::string text;
  append_escaped(text, target);
  text += ':';
  bool is_complete = true;
  for (const auto& input : inputs) {
    if (!can_be_written(input)) {
      is_complete = false;
      continue;
    }
    text += " \\\n ";
    append_escaped(text, input);
  }
  if (!is_complete) {
    text += " \\\n ";
    append_escaped(text, path.native() + ".always");
  }
  text += '\n';
  write_file_if_changed(path, text);
}

}  // namespace slipway

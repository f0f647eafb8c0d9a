#include "build/depfile.hpp"

#include <algorithm>

#include "base/file.hpp"

namespace slipway {
namespace {

void append_escaped(std::string& out, const std::string& name) {
  for (const char c : name) {
    if (c == ' ' || c == '#' || c == ':' || c == '\t') out += '\\';
    if (c == '$') out += '$';
    out += c;
  }
}

}  // namespace

void write_depfile(const std::filesystem::path& path, const std::string& target, std::vector<std::string> inputs) {
  std::ranges::sort(inputs);
  inputs.erase(std::unique(inputs.begin(), inputs.end()), inputs.end());
  std::string text;
  append_escaped(text, target);
  text += ':';
  bool unrepresentable = false;
  for (const auto& input : inputs) {
    if (input.find('\n') != std::string::npos) {
      unrepresentable = true;
      continue;
    }
    text += " \\\n ";
    append_escaped(text, input);
  }
  if (unrepresentable) text += " \\\n " + path.native() + ".always";
  text += '\n';
  write_file_if_changed(path, text);
}

}  // namespace slipway

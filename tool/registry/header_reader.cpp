#include "registry/header_reader.hpp"

#include <algorithm>

namespace slipway {

bool HeaderReader::at_end() {
  skip(" \t,");
  return rest_.empty();
}

std::string HeaderReader::token() {
  skip(" \t");
  const auto end = std::min(rest_.find_first_of(" \t,;=\""), rest_.size());
  std::string word(rest_.substr(0, end));
  rest_.remove_prefix(end);
  return word;
}

bool HeaderReader::value(std::string& out) {
  skip(" \t");
  if (!rest_.starts_with('=')) return false;
  rest_.remove_prefix(1);
  skip(" \t");
  if (!rest_.starts_with('"')) {
    out = token();
    return true;
  }
  rest_.remove_prefix(1);
  out.clear();
  while (!rest_.empty() && rest_.front() != '"') {
    if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
    out += rest_.front();
    rest_.remove_prefix(1);
  }
  if (!rest_.empty()) rest_.remove_prefix(1);
  return true;
}

std::optional<std::string> HeaderReader::enclosed() {
  const auto end = rest_.find('>');
  if (!rest_.starts_with('<') || end == std::string_view::npos) return std::nullopt;
  std::string inner(rest_.substr(1, end - 1));
  rest_.remove_prefix(end + 1);
  return inner;
}

bool HeaderReader::next_parameter() {
  skip(" \t");
  if (!rest_.starts_with(';')) return false;
  rest_.remove_prefix(1);
  return true;
}

void HeaderReader::skip(std::string_view characters) {
  rest_.remove_prefix(std::min(rest_.find_first_not_of(characters), rest_.size()));
}

}  // namespace slipway

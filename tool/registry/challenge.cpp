#include "registry/challenge.hpp"

#include "base/text.hpp"

namespace slipway {
namespace {

/// Reads the header from its front.
class HeaderReader {
 public:
  explicit HeaderReader(std::string_view rest) : rest_(rest) {}

  bool at_end() {
    skip(" \t,");
    return rest_.empty();
  }

  std::string token() {
    const auto end = std::min(rest_.find_first_of(" \t,=\""), rest_.size());
    std::string word(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return word;
  }

  /// "=" and a value, quoted or not; false where there is none.
  bool value(std::string& out) {
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

 private:
  void skip(std::string_view characters) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(characters), rest_.size()));
  }

  std::string_view rest_;
};

}  // namespace

std::string Challenge::get(const std::string& name) const {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string() : found->second;
}

std::vector<Challenge> parse_challenges(std::string_view header) {
  std::vector<Challenge> challenges;
  HeaderReader reader(header);
  while (!reader.at_end()) {
    const auto word = to_lower(reader.token());
    if (word.empty()) break;
    std::string value;
    if (!reader.value(value)) {
      challenges.push_back({word, {}});
    } else if (challenges.empty()) {
      break;
    } else {
      challenges.back().parameters[word] = value;
    }
  }
  return challenges;
}

}  // namespace slipway

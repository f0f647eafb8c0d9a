#include "registry/challenge.hpp"

#include "base/text.hpp"
#include "registry/header_reader.hpp"

namespace slipway {

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

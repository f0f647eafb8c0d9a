#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// One challenge of a WWW-Authenticate header (RFC 9110, section 11.6.1).
struct Challenge {
  std::string scheme = {};                             ///< in lower case: "basic", "bearer"
  std::map<std::string, std::string> parameters = {};  ///< names in lower case

  std::string get(const std::string& name) const;
};

/// All challenges of the header's value, in order; what is malformed ends the list.
std::vector<Challenge> parse_challenges(std::string_view header);

}  // namespace slipway

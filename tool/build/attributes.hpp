#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// The value of a flag that says several things as one line of CSV:
/// "type=registry,ref=host/cache". Everything throws Errc::usage naming the flag.
class Attributes {
 public:
  /// Keys are in lower case, and each must be one of `known`.
  Attributes(std::string_view flag, std::string_view text, const std::vector<std::string>& known);

  /// Empty where there is none.
  std::string get(const std::string& key) const;

  bool flag(const std::string& key, bool otherwise) const;

  [[noreturn]] void refuse(std::string_view why, std::string hint = {}) const;

 private:
  std::string flag_;
  std::string text_;
  std::map<std::string, std::string> values_ = {};
};

}  // namespace slipway

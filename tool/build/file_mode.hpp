#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// --chmod: an octal number, or chmod(1)'s symbolic form ("u=rwX,go=rX", "+x").
class ModeChange {
 public:
  /// Throws Errc::input: "parse mode 'x': ...".
  static ModeChange parse(std::string_view text);

  std::uint32_t apply(std::uint32_t mode, bool is_directory) const;

 private:
  struct Clause {
    std::uint32_t who = 0;  ///< mask of the bits that may change
    char operation = '=';
    std::string permissions = {};
  };
  bool octal_ = false;
  std::uint32_t mode_ = 0;
  std::vector<Clause> clauses_ = {};
};

}  // namespace slipway

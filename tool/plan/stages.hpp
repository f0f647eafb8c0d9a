#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/ast.hpp"

namespace slipway {

/// The stages of a Dockerfile by what FROM and --from call them.
class StageNames {
 public:
  explicit StageNames(const dockerfile::Dockerfile& dockerfile);

  /// The stage of that name, or number, before `limit`. The last of equal names wins.
  std::optional<std::size_t> find(std::string_view word, std::size_t limit, bool numbers) const;

  /// Each name once, in the alphabet's order.
  std::vector<std::string> all() const;

  /// Is there a stage of that name at `first` or after it?
  bool comes_later(std::string_view word, std::size_t first) const;

 private:
  std::map<std::string, std::vector<std::size_t>, std::less<>> by_name_ = {};
};

/// Which stage stands on which: trees, as FROM makes them.
class StageForest {
 public:
  /// `parents`: of each stage the one that its FROM names, which comes before it.
  explicit StageForest(const std::vector<std::optional<std::size_t>>& parents);

  /// Does `stage` stand on `ancestor`, or is it the same?
  bool stands_on(std::size_t stage, std::size_t ancestor) const;

 private:
  /// In a walk that visits a stage and then all that stand on it: when it comes
  /// to the stage, and how many it visits there.
  struct Visit {
    std::size_t begin = 0;
    std::size_t count = 1;
  };
  std::vector<Visit> visits_;
};

}  // namespace slipway

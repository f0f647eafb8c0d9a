#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::lint {

/// Variables by name; their names in the order in which they came.
class Variables {
 public:
  void set(const std::string& name, std::string value) {
    if (values_.insert_or_assign(name, std::move(value)).second) names_.push_back(name);
  }

  std::optional<std::string> find(std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::nullopt : std::optional(found->second);
  }

  const std::vector<std::string>& names() const noexcept { return names_; }

 private:
  std::map<std::string, std::string, std::less<>> values_;
  std::vector<std::string> names_;
};

}  // namespace slipway::lint

#include "plan/stages.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace slipway {

StageNames::StageNames(const dockerfile::Dockerfile& dockerfile) {
  for (const auto& stage : dockerfile.stages) {
    if (!stage.base().name.empty()) by_name_[stage.base().name].push_back(stage.index);
  }
}

std::optional<std::size_t> StageNames::find(std::string_view word, std::size_t limit,
                                            bool numbers) const {
  if (const auto named = by_name_.find(to_lower(word)); named != by_name_.end()) {
    const auto end = std::ranges::lower_bound(named->second, limit);
    if (end != named->second.begin()) return *(end - 1);
  }
  const auto number = numbers ? parse_integer(word) : std::nullopt;
  if (number && *number >= 0 && static_cast<std::size_t>(*number) < limit)
    return static_cast<std::size_t>(*number);
  return std::nullopt;
}

std::vector<std::string> StageNames::all() const {
  std::vector<std::string> names;
  for (const auto& [name, stages] : by_name_) names.push_back(name);
  return names;
}

bool StageNames::comes_later(std::string_view word, std::size_t first) const {
  const auto named = by_name_.find(to_lower(word));
  return named != by_name_.end() && named->second.back() >= first;
}

StageForest::StageForest(const std::vector<std::optional<std::size_t>>& parents)
    : visits_(parents.size()) {
  // A parent comes before its children, so two sweeps do without recursion.
  std::size_t roots = 0;
  for (std::size_t i = parents.size(); i-- > 0;) {
    if (parents[i]) visits_[*parents[i]].count += visits_[i].count;
  }
  std::vector<std::size_t> next(parents.size());  // where the next child's visit begins
  for (std::size_t i = 0; i < parents.size(); ++i) {
    auto& begin = parents[i] ? next[*parents[i]] : roots;
    visits_[i].begin = begin;
    next[i] = begin + 1;
    begin += visits_[i].count;
  }
}

bool StageForest::stands_on(std::size_t stage, std::size_t ancestor) const {
  const auto& visit = visits_[ancestor];
  return visits_[stage].begin >= visit.begin && visits_[stage].begin < visit.begin + visit.count;
}

}  // namespace slipway

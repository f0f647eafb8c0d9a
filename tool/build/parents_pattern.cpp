#include "build/parents_pattern.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "layer/view.hpp"

namespace slipway {
namespace {

constexpr std::string_view pivot_mark = "/./";

std::string_view text_after_pivot(std::string_view word) {
  const auto pivot = word.find(pivot_mark);
  return pivot == std::string_view::npos ? word : word.substr(pivot + pivot_mark.size());
}

std::vector<std::string> parts_of(std::string_view path) {
  const auto clean = clean_path(path);
  return clean.empty() ? std::vector<std::string>() : split(clean, '/');
}

bool is_deep(std::string_view part) { return part.find("**") != std::string_view::npos; }

}  // namespace

ParentsPattern::ParentsPattern(std::string_view word)
    : pivot_(word.substr(0, word.find(pivot_mark))),
      parts_(parts_of(text_after_pivot(word))),
      matcher_(parts_.empty() ? std::vector<std::string>()
                              : std::vector{clean_path(text_after_pivot(word))}) {
  if (word.find(pivot_mark) == std::string_view::npos) pivot_ = "/";
}

bool ParentsPattern::is_literal() const {
  return !dockerfile::has_wildcard(pivot_) &&
         std::ranges::none_of(parts_, dockerfile::has_wildcard);
}

bool ParentsPattern::may_hold(std::string_view path) const {
  const auto names = parts_of(path);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i + 1 >= parts_.size() && (i >= parts_.size() || !is_deep(parts_[i]))) return false;
    if (is_deep(parts_[i])) return true;
    if (!dockerfile::match_path(parts_[i], names[i])) return false;
  }
  return true;
}

std::optional<std::string> ParentsPattern::only_child(std::string_view path) const {
  const auto depth = parts_of(path).size();
  const auto end = parts_.begin() + static_cast<std::ptrdiff_t>(std::min(depth + 1, parts_.size()));
  if (depth >= parts_.size() || std::any_of(parts_.begin(), end - 1, is_deep)) return std::nullopt;
  const auto& part = parts_[depth];
  const bool is_name = part.find_first_of("*?[\\") == std::string::npos;
  return is_name ? std::optional(part) : std::nullopt;
}

}  // namespace slipway

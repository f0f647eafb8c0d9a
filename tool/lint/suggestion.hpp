#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway::lint {

/// The option nearest to `word`, less than three edits away and case counting,
/// as BuildKit suggests names; empty where there is none, or `word` is one.
std::string suggest(std::string_view word, const std::vector<std::string>& options);

/// `text` in double quotes as Go's %q writes it.
std::string go_quoted(std::string_view text);

}  // namespace slipway::lint

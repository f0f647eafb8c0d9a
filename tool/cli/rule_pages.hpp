#pragma once

#include <string>
#include <string_view>

namespace slipway::cli {

// The pages that `slipway help lint RULE` and `slipway help gate RULE` print.

/// `text` in lines of at most 80 characters.
std::string wrapped(std::string_view text);

/// Each line of `text` four characters to the right.
std::string indented(std::string_view text);

/// "What is there to know": the page of one rule, or all of a command's in a list for an
/// empty name. Throws Errc::usage, with the nearest name, for a rule that there is not.
std::string lint_help(const std::string& rule);
std::string gate_help(const std::string& rule);

}  // namespace slipway::cli

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/ast.hpp"
#include "dockerfile/lexer.hpp"
#include "dockerfile/statement.hpp"

namespace slipway::dockerfile {

/// The heredoc that a word such as `3<<-"EOF"` announces (its text yet to be
/// read); nullopt for any other word.
std::optional<Heredoc> heredoc_of_word(std::string_view word);

/// The heredocs that a statement announces: those of ADD, COPY and RUN in shell
/// form, and of these behind ONBUILD.
std::vector<Heredoc> announced_heredocs(const Statement& statement);

/// `text` without the tabs in front of its lines.
std::string without_leading_tabs(std::string_view text);

}  // namespace slipway::dockerfile

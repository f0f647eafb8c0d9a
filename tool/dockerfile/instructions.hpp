#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/ast.hpp"
#include "dockerfile/flags.hpp"
#include "dockerfile/statement.hpp"

namespace slipway::dockerfile {

/// The instruction that a statement is; nullopt when a mistake was reported.
/// Heredocs can be large: they are moved out of the statement.
std::optional<Body> read_body(Statement& statement, Diagnostics& diagnostics);

/// Upper case, in alphabetic order.
const std::vector<std::string>& instruction_names();

/// The arguments as words: a JSON list of strings, or parted by blanks.
std::vector<Word> list_of_words(const Statement& statement, Reporter& report);

/// `arguments` of RUN, CMD and their like, in exec or shell form.
CommandLine command_line(std::string_view arguments, Reporter& report);

// One reader for each of the bigger instructions; they are listed in
// instructions.cpp with the others.
Body read_copy(Statement& statement, Reporter& report);
Body read_run(Statement& statement, Reporter& report);
std::optional<Mount> read_mount(const Word& value, Reporter& report);
Body read_healthcheck(Statement& statement, Reporter& report);

}  // namespace slipway::dockerfile

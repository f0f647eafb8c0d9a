#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/ast.hpp"

namespace slipway::lint {

using Names = std::initializer_list<std::string_view>;

template <typename List = Names>
bool is_one_of(std::string_view word, const List& names) {
  return std::ranges::find(names, word) != names.end();
}

bool ends_with_one_of(std::string_view word, Names endings);

/// The last part of a path, of Windows' too.
std::string_view file_name(std::string_view path);

/// One simple command of a shell text: "A=b cmd arg > file" is {cmd, arg}, and so is
/// "python3 -m cmd arg".
struct ShellCommand {
  std::vector<std::string> words = {};        ///< quotes removed, nothing expanded; never empty
  std::vector<std::string> assignments = {};  ///< what stands in front: "A=b"
  bool piped_into_next = false;

  /// The program, without its directory.
  std::string_view program() const;

  bool has(std::string_view word) const;

  /// A flag such as -y, also among joined ones (-qy), or a long one, also with a
  /// value behind '='.
  bool has_flag(std::string_view flag) const;

  /// The words behind the program that are no flags, nor the values of these flags.
  std::vector<std::string_view> operands(Names valued_flags = {}) const;
};

/// The commands of a shell text, in order: what stands between ; & && || | and
/// line ends, with keywords (if, then, do, ...) and brackets left out. This is no
/// shell: what stands in $(...) or in quotes stays one word.
std::vector<ShellCommand> split_commands(std::string_view text);

/// What a RUN runs, heredocs for the shell included.
std::vector<ShellCommand> commands_of(const dockerfile::Run& run);

/// A part of `operands()` behind the first words of `verbs`, such as the packages of
/// "apt-get install a b"; empty where the command is another.
std::vector<std::string_view> operands_of(const ShellCommand& command, Names programs, Names verbs,
                                          Names valued_flags = {});

}  // namespace slipway::lint

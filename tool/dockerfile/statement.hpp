#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/ast.hpp"
#include "dockerfile/lexer.hpp"

namespace slipway::dockerfile {

/// "--name=value" or "--name", quotes and escapes removed.
struct Flag {
  std::string name = {};  ///< without the dashes
  std::optional<std::string> value = {};
  std::string_view written = {};        ///< the whole flag in the line
  std::string_view written_value = {};  ///< behind its '='
};

/// One instruction taken apart as far as all instructions are alike. Views point
/// into the LogicalLine it was made from.
struct Statement {
  const LogicalLine* line = nullptr;
  char escape = '\\';
  std::string_view code = {};     ///< all of it: keyword, flags, arguments
  std::string_view written = {};  ///< the keyword as written
  std::string keyword = {};       ///< upper case
  std::vector<Flag> flags = {};
  std::string_view arguments = {};
  std::vector<Heredoc> heredocs = {};
};

/// `code` is the line's text, or what follows ONBUILD in it.
Statement split_statement(const LogicalLine& line, std::string_view code, char escape);

/// Words parted by white space outside quotes; quotes and escapes stay in them.
std::vector<std::string_view> split_words(std::string_view text, char escape);

/// Words parted by blanks, whatever stands in them. An empty text has none.
std::vector<std::string_view> split_blanks(std::string_view text);

/// The first word and the rest, as split_blanks() would part them.
struct HeadAndTail {
  std::string_view head = {};
  std::optional<std::string_view> tail = {};  ///< nullopt where nothing follows
};
HeadAndTail split_head(std::string_view text);

}  // namespace slipway::dockerfile

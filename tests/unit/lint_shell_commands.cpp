#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <string>

#include "lint/shell_commands.hpp"

namespace slipway::lint {
namespace {

/// "a b | c; d": the commands as they were split.
std::string shown(std::string_view text) {
  std::string result;
  for (const auto& command : split_commands(text)) {
    result +=
        fmt::format("[{}]{}", fmt::join(command.words, ","), command.piped_into_next ? "|" : "");
  }
  return result;
}

TEST_CASE("a shell text is split into its simple commands", "[lint]") {
  CHECK(shown("a b && c||d;e & f\ng") == "[a,b][c][d][e][f][g]");
  CHECK(shown("a | b |& c") == "[a]|[b]|[c]");
  CHECK(shown("if a; then b; else (c); fi") == "[a][b][c]");
  CHECK(shown("X=1 Y=2 a 'b c' \"d\\\"e\" f\\ g") == "[a,b c,d\"e,f g]");
  CHECK(shown("a > /dev/null 2>&1 b < c") == "[a,b]");
  CHECK(shown("a $(b | c) ${d} `e;f` # g | h") == "[a,$(b | c),${d},`e;f`]");
}

TEST_CASE("what is never closed ends with the text", "[lint]") {
  CHECK(shown("a 'b") == "[a,b]");
  CHECK(shown("a $(b") == "[a,$(b]");
  CHECK(shown("a `b") == "[a,`b]");
  CHECK(shown("a \\") == "[a]");
  CHECK(shown("a >") == "[a]");
  CHECK(shown(" ; | && ").empty());
}

TEST_CASE("flags are found alone, joined and with a value", "[lint]") {
  const auto command = split_commands("apt-get -qy install --opt=3 a b").front();
  CHECK(command.has_flag("-y"));
  CHECK(command.has_flag("--opt"));
  CHECK_FALSE(command.has_flag("-o"));
  CHECK(operands_of(command, {"apt-get"}, {"install"}) == std::vector<std::string_view>{"a", "b"});
  CHECK(operands_of(command, {"apt-get"}, {"remove"}).empty());
}

}  // namespace
}  // namespace slipway::lint

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "build/file_mode.hpp"

using namespace slipway;

TEST_CASE("modes are changed as chmod(1) does", "[build][mode]") {
  const auto [text, before, is_directory, after] =
      GENERATE(table<std::string, std::uint32_t, bool, std::uint32_t>({
          {"0644", 0777, false, 0644},
          {"4755", 0, false, 04755},
          {"u=rwX,go=rX", 0700, false, 0755},
          {"u=rwX,go=rX", 0600, false, 0644},
          {"u=rwX,go=rX", 0600, true, 0755},
          {"+x", 0644, false, 0755},
          {"go-rwx", 0777, false, 0700},
          {"u+s", 0755, false, 04755},
          {"g=u", 0740, false, 0770},
          {"a=r+w", 0, false, 0666},
      }));
  CAPTURE(text);
  CHECK(ModeChange::parse(text).apply(before, is_directory) == after);
}

TEST_CASE("what is no mode is refused", "[build][mode]") {
  const auto text = GENERATE("", "8", "77777", "rw", "u=q", "u");
  CHECK_THROWS_WITH(
      ModeChange::parse(text),
      "parse mode '" + std::string(text) + "': neither an octal number up to 7777 nor symbolic");
}

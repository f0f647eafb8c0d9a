#include <catch2/catch.hpp>

#include "cli/table.hpp"
#include "support/small_image.hpp"

using namespace slipway::cli;
using slipway::test::error_of;

TEST_CASE("columns line up, whatever the bytes of a character", "[cli][table]") {
  CHECK(to_table({{"NAME", "SIZE"}, {"é…", "1B"}, {"longer", ""}}) ==
        "NAME     SIZE\n"
        "é…       1B\n"
        "longer\n");
  CHECK(to_table({}).empty());
}

TEST_CASE("a long text is cut at a character", "[cli][table]") {
  CHECK(shortened("abc", 3) == "abc");
  CHECK(shortened("abcd", 3) == "ab…");
  CHECK(shortened("äöüß", 3) == "äö…");
  CHECK(shortened("a\tb\nc", 9) == "a b c");
}

TEST_CASE("ages are told as Docker tells them", "[cli][table]") {
  const auto [seconds, words] = GENERATE(table<std::int64_t, std::string>({
      {0, "Less than a second ago"},
      {1, "1 second ago"},
      {59, "59 seconds ago"},
      {60, "About a minute ago"},
      {300, "5 minutes ago"},
      {3600, "About an hour ago"},
      {7200, "2 hours ago"},
      {86400 * 3, "3 days ago"},
      {86400 * 21, "3 weeks ago"},
      {86400 * 90, "3 months ago"},
      {86400LL * 366 * 3, "3 years ago"},
  }));
  CHECK(age("1970-01-01T00:00:00Z", seconds) == words);
  CHECK(age("", 5) == "N/A");
}

TEST_CASE("the option --format fills in fields", "[cli][table]") {
  const std::map<std::string, std::string> fields = {{"ID", "abc"}, {"Size", "5B"}};
  CHECK(fill_format(R"({{.ID}}\t{{ .Size }} {x})", fields) == "abc\t5B {x}");
  CHECK(error_of([&] { (void)fill_format("{{.Sise}}", fields); }) ==
        "--format: unknown field '.Sise' [there are: .ID, .Size]");
  CHECK(error_of([&] { (void)fill_format("{{.ID", fields); }) ==
        "--format: unknown field '.ID' [there are: .ID, .Size]");
}

TEST_CASE("a format reaches into documents", "[cli][table]") {
  const slipway::Json document = {{"State", {{"Pid", 5}, {"Error", nullptr}}},
                                  {"Args", {"a", "b"}}};
  CHECK(fill_format("{{.State.Pid}} {{json .State}}", document) == R"(5 {"Pid":5,"Error":null})");
  CHECK(fill_format("{{.Args}} {{.State}}", document) == "[a b] map[Pid:5 Error:<no value>]");
  CHECK(error_of([&] { (void)fill_format("{{.State.Pid.X}}", document); }) ==
        "--format: unknown field '.State.Pid.X' [there are: .State, .Args]");
}

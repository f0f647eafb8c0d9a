#include <catch2/catch.hpp>

#include "fetch/fetch.hpp"

using namespace slipway;

TEST_CASE("a file has the name of its URL, or the server's", "[fetch]") {
  const auto [url, disposition, name] = GENERATE(table<std::string, std::string, std::string>({
      {"http://h/a/b.txt", "", "b.txt"},
      {"http://h/a/b.txt?x=/c#d/e", "", "b.txt"},
      {"http://h/a%20b", "", "a b"},
      {"http://h/a%2Fb", "", "b"},
      {"http://h/dir/", "", "dir"},
      {"http://h/", "", "__unnamed__"},
      {"http://h", "", "__unnamed__"},
      {"http://h/..", "", "__unnamed__"},
      {"http://h/a", "attachment; filename=c.tar", "c.tar"},
      {"http://h/a", "attachment; FileName=\"c \\\"d\"", "c \"d"},
      {"http://h/a", "attachment; filename=\"../../etc/passwd\"", "passwd"},
      {"http://h/a", "attachment; filename=\"..\"", "a"},
      {"http://h/a", "attachment; filename=x/", "a"},
      {"http://h/a", "inline", "a"},
  }));
  CAPTURE(url, disposition);
  CHECK(file_name_of(url, disposition) == name);
}

TEST_CASE("escapes of URLs are undone", "[fetch]") {
  CHECK(file_name_of("http://h/%41%zz%4") == "A%zz%4");
}

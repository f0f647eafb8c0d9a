#include <catch2/catch.hpp>

#include "fetch/fetch.hpp"
#include "fetch/http.hpp"

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

TEST_CASE("the origin of a URL is its scheme, host and port", "[fetch]") {
  const auto [url, origin] = GENERATE(table<std::string, std::string>({
      {"https://Host:5000/a?b", "https://host:5000"},
      {"HTTPS://u:p@host", "https://host"},
      {"http://[::1]:80/", "http://[::1]:80"},
  }));
  CHECK(origin_of(url) == origin);
}

TEST_CASE("loopback is known by name and by address", "[fetch]") {
  const auto [host, expected] = GENERATE(table<std::string, bool>({
      {"localhost", true},
      {"localhost:5000", true},
      {"127.0.0.1:5000", true},
      {"127.9.9.9", true},
      {"[::1]", true},
      {"[::1]:5000", true},
      {"[::1].example.org", false},
      {"127.0.0.1.example.org", false},
      {"127.example.com.org", false},
      {"localhost.example.org", false},
  }));
  CAPTURE(host);
  CHECK(is_loopback(host) == expected);
}

TEST_CASE("a Location is read as its answer's URL says", "[fetch]") {
  const auto [location, url] = GENERATE(table<std::string, std::string>({
      {"https://other/x", "https://other/x"},
      {"//other/x", "https://other/x"},
      {"/x?y", "https://host:1/x?y"},
      {"x?u=http://z", "https://host:1/v2/a/x?u=http://z"},
      {"?x", "https://host:1/v2/a/b?x"},
      {"", "https://host:1/v2/a/b"},
  }));
  CHECK(absolute_url("https://u:p@host:1/v2/a/b?c", location) == url);
}

TEST_CASE("parts of URLs are escaped", "[fetch]") {
  CHECK(percent_encoded("a b&c-._~/\xc3\xa4") == "a%20b%26c-._~%2F%C3%A4");
}

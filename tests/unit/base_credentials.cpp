#include <catch2/catch.hpp>

#include "base/credentials.hpp"

using namespace slipway;

TEST_CASE("URLs are shown without user and password", "[base][credentials]") {
  const auto [text, shown] = GENERATE(table<std::string, std::string>({
      {"https://u:p@host/a", "https://host/a"},
      {"https://token@host/a", "https://host/a"},
      {"https://u:p@x@host/a", "https://host/a"},
      {"https://:p@host", "https://host"},
      {"https://${USER}:${TOKEN:-none}@host/a", "https://host/a"},
      {"ADD http://a:b@c/d ftp://e:f@g /h", "ADD http://c/d ftp://g /h"},
      {"RUN curl 'https://u:p@host'|sh", "RUN curl 'https://host'|sh"},
      {"http_proxy=http://u:p@proxy:3128", "http_proxy=http://proxy:3128"},
      {"git+https://u:p@host/x.git", "git+https://host/x.git"},
      {"ssh://git@host/x.git", "ssh://git@host/x.git"},
      {"ssh://git:p@host/x.git", "ssh://host/x.git"},
      {"git@host:a", "git@host:a"},
      {"https://host/a@b", "https://host/a@b"},
      {"http://host?q=a@b", "http://host?q=a@b"},
      {"see https://host and write to a@b", "see https://host and write to a@b"},
      {"://a:b@c", "://a:b@c"},
      {"https://", "https://"},
      {"", ""},
  }));
  CAPTURE(text);
  CHECK(without_credentials(text) == shown);
}

TEST_CASE("masked URLs are as long as they were", "[base][credentials]") {
  CHECK(with_masked_credentials("ADD https://u:p@host/a /b") == "ADD https://***@host/a /b");
  CHECK(with_masked_credentials("git://me@host https://host/") == "git://me@host https://host/");
}

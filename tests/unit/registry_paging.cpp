#include <catch2/catch.hpp>

#include "registry/paging.hpp"

using namespace slipway;

namespace {

std::string next_after(const std::string& link) {
  HttpResponse response;
  if (!link.empty()) response.headers["link"] = link;
  return next_page(response, "https://host:5000/v2/a/tags/list?n=2");
}

}  // namespace

TEST_CASE("the next page is the one that the header calls so", "[registry][paging]") {
  CHECK(next_after(R"(</v2/a/tags/list?last=x>; rel="next")") ==
        "https://host:5000/v2/a/tags/list?last=x");
  CHECK(next_after("<https://other/list>;rel=next") == "https://other/list");
  CHECK(next_after(R"(</v2/back>; rel="prev", </v2/on>; rel="next")") == "https://host:5000/v2/on");
  CHECK(next_after(R"(</v2/on>; title="a, b; rel=prev"; rel="last next")") ==
        "https://host:5000/v2/on");
  CHECK(next_after(R"(</v2/on>; REL="Next")") == "https://host:5000/v2/on");
}

TEST_CASE("without one it was the last page", "[registry][paging]") {
  for (const auto* link : {"", "</v2/next>; rel=\"prev\"", "<next", "next", "<>; rel=next",
                           "</v2/on>; title=next", "</v2/on>; rel=\"nextbutone\""}) {
    CAPTURE(link);
    CHECK(next_after(link).empty());
  }
}

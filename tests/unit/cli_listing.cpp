#include <catch2/catch.hpp>

#include "cli/listing.hpp"
#include "support/small_image.hpp"

using namespace slipway::cli;
using slipway::test::error_of;

namespace {

const Listing listing{.heads = {{"ID", "AN ID"}, {"Name", "NAME"}},
                      .columns = {"ID", "Name"},
                      .rows = {{{"ID", "1"}, {"Name", "one"}}, {{"ID", "2"}, {"Name", "t\"o"}}}};

std::string rendered(const std::string& format, bool quiet = false) {
  return ListingFlags{.format = format, .quiet = quiet}.render(listing);
}

}  // namespace

TEST_CASE("a listing is a table, or what a template makes of each row", "[cli][listing]") {
  CHECK(rendered("") == "AN ID   NAME\n1       one\n2       t\"o\n");
  CHECK(rendered("table") == rendered(""));
  CHECK(rendered(R"(table {{.Name}}\t{{.ID}})") == "NAME   AN ID\none    1\nt\"o    2\n");
  CHECK(rendered("{{.ID}}-{{upper .Name}}") == "1-ONE\n2-T\"O\n");
  CHECK(rendered("json") ==
        "{\"ID\":\"1\",\"Name\":\"one\"}\n{\"ID\":\"2\",\"Name\":\"t\\\"o\"}\n");
  CHECK(rendered("{{json .Name}}") == "\"one\"\n\"t\\\"o\"\n");
  CHECK(rendered("", true) == "1\n2\n");
  CHECK(error_of([] { (void)rendered("{{.No}}"); }) ==
        "--format: unknown field '.No' [there are: .ID, .Name]");
  CHECK(error_of([] {
          (void)ListingFlags{.format = "{{no .ID}}"}.render(Listing{.heads = listing.heads});
        }) == "--format: unknown function 'no' [there are: json, lower, println, upper]");
}

TEST_CASE("filters take what they name", "[cli][listing]") {
  const Filters filters("ps", {"label=a", "label=b=2", "label!=c", "status=up"},
                        {"label", "label!", "status"});
  CHECK(filters.accepts("status", "up"));
  CHECK_FALSE(filters.accepts("status", "down"));
  CHECK(filters.accepts_labels({{"a", ""}, {"b", "2"}}));
  CHECK_FALSE(filters.accepts_labels({{"a", ""}, {"b", "3"}}));
  CHECK_FALSE(filters.accepts_labels({{"a", ""}, {"b", "2"}, {"c", ""}}));
  CHECK(error_of([] { Filters("ps", {"x=1"}, {"label"}); }) ==
        "ps: there is no filter 'x' [there are: label]");
  CHECK(error_of([] { Filters("ps", {"label"}, {"label"}); }) ==
        "ps: --filter 'label' is not of the form NAME=VALUE");
}

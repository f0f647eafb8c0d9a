#include <catch2/catch.hpp>

#include "cli/images.hpp"

using namespace slipway;
using cli::HistoryRow;

namespace {

LocatedImage image_with(std::vector<HistoryEntry> history) {
  LocatedImage image;
  image.config.history = std::move(history);
  return image;
}

}  // namespace

TEST_CASE("history pairs commands with layers, newest first", "[cli][history]") {
  const LocatedImage image = image_with({{.created_by = "ADD base"},
                                         {.created_by = "ENV A=1", .empty_layer = true},
                                         {.created_by = "COPY app"}});
  const auto rows = cli::history_rows(image, {100, 20});
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].id == image.descriptor.digest.str());
  CHECK(rows[0].entry.created_by == "COPY app");
  CHECK(rows[0].size == 20);
  CHECK(rows[1].id == "<missing>");
  CHECK(rows[1].size == 0);
  CHECK(rows[2].entry.created_by == "ADD base");
  CHECK(rows[2].size == 100);
}

TEST_CASE("history shows layers and entries that have no counterpart", "[cli][history]") {
  const auto without = cli::history_rows(image_with({}), {7});
  REQUIRE(without.size() == 1);
  CHECK(without[0].size == 7);
  CHECK(without[0].entry.created_by.empty());
  const auto more = cli::history_rows(image_with({{.created_by = "a"}, {.created_by = "b"}}), {7});
  REQUIRE(more.size() == 2);
  CHECK(more[0].size == 0);
  CHECK(more[1].size == 7);
}

TEST_CASE("an image's names are those that people write", "[cli][images]") {
  const TempDir dir(std::filesystem::temp_directory_path(), "slipway-test-");
  const Store store = Store::open(dir.path());
  const Descriptor image = store.blobs().write_document("{}", media_type::oci_manifest);
  store.blobs().set_tag("docker.io/library/app:1", image);
  store.blobs().set_tag("localhost:5000/app:2", image);
  CHECK(cli::names_in_store(image.digest, store) ==
        std::vector<std::string>{"app:1", "localhost:5000/app:2"});
  CHECK(cli::names_in_store(Digest::of("other"), store).empty());
}

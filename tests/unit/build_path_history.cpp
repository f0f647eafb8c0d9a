#include <catch2/catch.hpp>
#include <filesystem>

#include "build/path_history.hpp"
#include "support/small_image.hpp"

using namespace slipway;
namespace fs = std::filesystem;

namespace {

Entry file_entry(const char* path, std::uint64_t size) {
  return {.path = path, .mode = 0644, .size = size};
}

Entry other_entry(const char* path, EntryType type, const char* target = "") {
  return {.path = path, .type = type, .mode = 0755, .link_target = target};
}

/// An image of layers that are known by their tables of contents alone.
class Image {
 public:
  explicit Image(const std::vector<std::vector<Entry>>& layers) {
    std::vector<std::string> names;
    for (const auto& entries : layers) {
      names.push_back("layer " + std::to_string(names.size() + 1));
      store_.write_contents(Digest::of(names.back()), to_text({.entries = entries}));
    }
    image_ = test::make_small_image(store_.blobs(), names);
    for (const auto& name : names) image_.config.history.push_back({.created_by = name});
  }

  /// "layer: type size" for each that says something of the path, lowest first.
  std::vector<std::string> layers(std::string_view path) const {
    std::vector<std::string> lines;
    for (const auto& part : path_history(path, image_, store_).layers) {
      lines.push_back(part.instruction + ": " + static_cast<char>(part.entry.type) + ' ' +
                      std::to_string(part.amount.bytes));
    }
    return lines;
  }

  PathHistory history(std::string_view path) const { return path_history(path, image_, store_); }

 private:
  TempDir directory_{fs::temp_directory_path(), "history-"};
  Store store_ = Store::open(directory_.path() / "store");
  LocatedImage image_ = {};
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("each layer that has a path is told of", "[build][history]") {
  const Image image({{file_entry("etc/a", 3), file_entry("etc/b", 10)},
                     {file_entry("etc/a", 5)},
                     {file_entry("x", 1)}});
  CHECK(image.layers("/etc/a") == Lines{"layer 1: f 3", "layer 2: f 5"});
  CHECK(image.layers("/etc") == Lines{"layer 1: d 13", "layer 2: d 5"});
  CHECK(image.layers("/nothing").empty());
  const auto directory = image.history("etc/");
  CHECK(directory.amount.files == 2);
  CHECK(directory.amount.bytes == 15);
  CHECK(image.history("/etc/a").layer == 1);
  CHECK(image.history("/").amount.bytes == 16);
}

TEST_CASE("what removes a path is told of", "[build][history]") {
  const Image image({{file_entry("d/a", 3), file_entry("e/a", 3), file_entry("f", 2)},
                     {other_entry("d", EntryType::whiteout), other_entry("e", EntryType::opaque)},
                     {file_entry("e/b", 4), other_entry("f", EntryType::whiteout)},
                     {file_entry("f", 7)}});
  CHECK_FALSE(image.history("/d/a").entry);
  CHECK(image.layers("/d/a") == Lines{"layer 1: f 3", "layer 2: w 0"});
  CHECK(image.layers("/e/a") == Lines{"layer 1: f 3", "layer 2: o 0"});
  CHECK(image.layers("/f") == Lines{"layer 1: f 2", "layer 3: w 0", "layer 4: f 7"});
  CHECK(image.history("/f").entry->size == 7);
}

TEST_CASE("links of parents are followed, the last is told of", "[build][history]") {
  const Image image({{file_entry("usr/lib/z", 3), other_entry("lib", EntryType::symlink, "usr/lib"),
                      other_entry("usr/lib/y", EntryType::symlink, "z")}});
  CHECK(image.history("/lib/z").path == "usr/lib/z");
  CHECK(image.history("/lib/y").entry->link_target == "z");
  CHECK(image.history("/lib").entry->type == EntryType::symlink);
  CHECK_THROWS_AS(image.history("/lib/z/more"), Error);
}

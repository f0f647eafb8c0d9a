#include <catch2/catch.hpp>
#include <filesystem>

#include "base/error.hpp"
#include "store/store.hpp"

using namespace slipway;
namespace fs = std::filesystem;

namespace {

const std::string text = "the bytes";

Descriptor blob_of(std::string_view bytes) {
  return {.media_type = "text/plain", .digest = Digest::of(bytes), .size = bytes.size()};
}

/// Has one blob, and counts how often it is asked for.
class OneBlob final : public BlobSource {
 public:
  explicit OneBlob(Layout layout) : layout_(std::move(layout)) {}

  bool knows(const Digest& digest) const override { return digest == Digest::of(text); }

  void bring(const std::vector<Descriptor>& blobs) const override {
    asked += blobs.size();
    for (const auto& blob : blobs) layout_.write_document(text, blob.media_type);
  }

  mutable std::size_t asked = 0;

 private:
  Layout layout_;
};

}  // namespace

TEST_CASE("a layout fetches what it lacks when it is read", "[store][source]") {
  const TempDir place(fs::temp_directory_path(), "source-");
  const auto plain = Layout::create(place.path());
  const auto source = std::make_shared<OneBlob>(plain);
  const auto layout = plain.with_source(source);
  const auto blob = blob_of(text);
  const auto unknown = blob_of("others");

  CHECK_FALSE(layout.contains(blob));
  CHECK(layout.can_read(blob));
  CHECK_FALSE(layout.can_read(unknown));
  CHECK_FALSE(plain.can_read(blob));
  CHECK(source->asked == 0);

  SECTION("one") {
    CHECK(layout.read_document(blob) == text);
    CHECK(layout.read_document(blob) == text);
  }
  SECTION("several, of which some are not known") {
    layout.require({unknown, blob});
    CHECK(layout.contains(blob));
    layout.require({unknown, blob});
  }
  SECTION("for another layout") {
    const TempDir other(fs::temp_directory_path(), "source-");
    copy_blob(layout, blob, Layout::create(other.path()));
    CHECK(Layout(other.path()).read_document(blob) == text);
  }
  SECTION("for another object of the same layout") {
    copy_blob(layout, blob, plain);
    CHECK(plain.contains(blob));
  }
  CHECK(source->asked == 1);
  CHECK_THROWS_AS(layout.read(unknown), Error);
  CHECK(source->asked == 1);
}

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <optional>

#include "layer/archive.hpp"
#include "support/small_image.hpp"

using namespace slipway;
using test::error_of;
using test::make_small_image;
namespace fs = std::filesystem;

namespace {

std::string archive_of(ArchiveKind kind, const Layout& layout, const LocatedImage& image,
                       const std::vector<std::string>& names) {
  std::string tar;
  write_archive(kind, layout, image, names, [&](std::span<const std::byte> bytes) {
    tar.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  return tar;
}

fs::path write(const TempDir& dir, const std::string& tar) {
  const fs::path path = dir.path() / "image.tar";
  write_file_if_changed(path, tar);
  return path;
}

/// Replace every `from` by `to`, which is as long.
std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

const std::string gzip_of_hello(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00"
    "\x00\x00",
    25);

struct ArchivedImage {
  TempDir dir{fs::temp_directory_path(), "slipway-test-"};
  Layout from = Layout::create(dir.path() / "from");
  Layout to = Layout::create(dir.path() / "to");
};

}  // namespace

TEST_CASE_METHOD(ArchivedImage, "an image comes back from an OCI archive", "[layer][archive]") {
  const LocatedImage image = make_small_image(from, {"one", "two", "one"});
  const std::string tar =
      archive_of(ArchiveKind::oci, from, image, {"docker.io/library/app:1", "host:5000/app:2"});
  CHECK(tar ==
        archive_of(ArchiveKind::oci, from, image, {"docker.io/library/app:1", "host:5000/app:2"}));

  const ImportedArchive archive = import_archive(write(dir, tar), to);
  CHECK(archive.kind == ArchiveKind::oci);
  REQUIRE(archive.images.size() == 1);
  CHECK(archive.images[0].names ==
        std::vector<std::string>{"docker.io/library/app:1", "host:5000/app:2"});
  CHECK(archive.images[0].descriptor == image.descriptor);
  CHECK(to.contains(image.manifest.config));
  CHECK(to.read_document(image.manifest.layers[1]) == "two");
  CHECK(to.index().manifests.empty());
}

TEST_CASE_METHOD(ArchivedImage, "an image comes back from a docker archive", "[layer][archive]") {
  const LocatedImage image = make_small_image(from, {"one", "two", "one"}, ImageFormat::docker);
  const std::string tar = archive_of(ArchiveKind::docker, from, image, {"docker.io/library/app:1"});
  const ImportedArchive archive = import_archive(write(dir, tar), to);
  CHECK(archive.kind == ArchiveKind::docker);
  REQUIRE(archive.images.size() == 1);
  CHECK(archive.images[0].names == std::vector<std::string>{"docker.io/library/app:1"});
  CHECK(archive.images[0].descriptor == image.descriptor);
  CHECK(to.read_document(image.manifest.layers[1]) == "two");
}

TEST_CASE_METHOD(ArchivedImage, "gzip layers of a docker archive stay compressed",
                 "[layer][archive]") {
  LocatedImage image = make_small_image(from, {"hello"}, ImageFormat::docker);
  const std::string type = std::string(media_type::docker_layer) + ".gzip";
  image.manifest.layers = {from.write_document(gzip_of_hello, type)};
  const ImportedArchive archive =
      import_archive(write(dir, archive_of(ArchiveKind::docker, from, image, {})), to);
  REQUIRE(archive.images.size() == 1);
  const Manifest manifest = parse_manifest(to.read_document(archive.images[0].descriptor));
  CHECK(manifest.layers == image.manifest.layers);
}

TEST_CASE_METHOD(ArchivedImage, "zstd layers are unpacked for a docker archive",
                 "[layer][archive]") {
  LocatedImage image = make_small_image(from, {"hello"});
  std::string packed;
  Compressor compressor({CompressionKind::zstd}, [&](std::span<const std::byte> bytes) {
    packed.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  compressor.write(std::as_bytes(std::span(std::string_view("hello"))));
  compressor.finish();
  image.manifest.layers = {
      from.write_document(packed, std::string(media_type::oci_layer) + "+zstd")};
  const ImportedArchive archive =
      import_archive(write(dir, archive_of(ArchiveKind::docker, from, image, {})), to);
  REQUIRE(archive.images.size() == 1);
  const Manifest manifest = parse_manifest(to.read_document(archive.images[0].descriptor));
  REQUIRE(manifest.layers.size() == 1);
  CHECK(to.read_document(manifest.layers[0]) == "hello");
}

TEST_CASE_METHOD(ArchivedImage, "an archive's wrong bytes are refused by name",
                 "[layer][archive]") {
  const LocatedImage image = make_small_image(from, {"the first layer"});
  const fs::path path = dir.path() / "image.tar";
  const std::string context = "read image archive '" + path.native() + "': ";
  const std::string other = Digest::of("THE FIRST LAYER").str();

  const std::string oci =
      replaced(archive_of(ArchiveKind::oci, from, image, {}), "the first layer", "THE FIRST LAYER");
  CHECK(error_of([&] { import_archive(write(dir, oci), to); }) ==
        context + "'blobs/sha256/" + image.manifest.layers[0].digest.hex() + "' has the digest " +
            other);

  const std::string docker = replaced(archive_of(ArchiveKind::docker, from, image, {}),
                                      "the first layer", "THE FIRST LAYER");
  const Digest diff_id = image.config.diff_ids[0];
  CHECK(error_of([&] { import_archive(write(dir, docker), to); }) ==
        context + "'" + diff_id.hex() + "/layer.tar' has the diff ID " + other +
            ", its image says " + diff_id.str());

  const std::string config =
      replaced(archive_of(ArchiveKind::docker, from, image, {}), "/bin/app", "/bin/bad");
  CHECK(error_of([&] { import_archive(write(dir, config), to); })
            .starts_with(context + "'" + image.manifest.config.digest.hex() +
                         ".json' has the digest sha256:"));
}

TEST_CASE_METHOD(ArchivedImage, "what is no image archive is refused", "[layer][archive]") {
  const LocatedImage image = make_small_image(from, {"layer"});
  const fs::path path = dir.path() / "image.tar";
  const std::string context = "read image archive '" + path.native() + "': ";

  CHECK(error_of([&] { import_archive(path, to); }) ==
        context + "open '" + path.native() + "': No such file or directory");
  CHECK(error_of([&] { import_archive(write(dir, "no tar"), to); }) ==
        context + "Unrecognized archive format");
  CHECK(error_of([&] { import_archive(write(dir, ""), to); }) ==
        context + "it holds neither index.json nor manifest.json");
  const std::string tar = archive_of(ArchiveKind::docker, from, image, {});
  const std::string layer = image.config.diff_ids[0].hex();
  CHECK(error_of([&] {
          import_archive(write(dir, replaced(tar, "\"" + layer, "\"x" + layer.substr(1))), to);
        }) == context + "'x" + layer.substr(1) + "/layer.tar' is missing");
  const std::string cut = tar.substr(0, 600);
  CHECK(error_of([&] { import_archive(write(dir, cut), to); }) ==
        context + "Truncated input file (needed 512 bytes, only 88 available)");
}

TEST_CASE_METHOD(ArchivedImage, "an error of the output ends the writing", "[layer][archive]") {
  const LocatedImage image = make_small_image(from, {"layer"});
  CHECK(error_of([&] {
          write_archive(ArchiveKind::oci, from, image, {}, [](std::span<const std::byte>) {
            throw Error(Errc::environment, "write 'x': No space left on device");
          });
        }) == "write 'x': No space left on device");
}

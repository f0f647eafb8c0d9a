#include <catch2/catch.hpp>
#include <filesystem>

#include "layer/archive.hpp"
#include "layer/image_source.hpp"
#include "support/small_image.hpp"

using namespace slipway;
using test::error_of;
using test::make_small_image;
namespace fs = std::filesystem;

namespace {

const Platform amd64{.os = "linux", .architecture = "amd64"};

struct NamedImages {
  TempDir dir{fs::temp_directory_path(), "slipway-test-"};
  Store store = Store::open(dir.path() / "store");

  std::string open_error(const std::string& name) const {
    return error_of([&] { (void)open_image(name, store, amd64); });
  }
};

}  // namespace

TEST_CASE("names of images are told apart by their scheme", "[layer][image_source]") {
  using Where = ImageName::Where;
  const auto [text, where, path, tag] =
      GENERATE(table<std::string, Where, std::string, std::string>({
          {"app:1", Where::store, "", "app:1"},
          {"docker:24", Where::store, "", "docker:24"},
          {"sha256:abcd", Where::store, "", "sha256:abcd"},
          {"oci:base", Where::layout, "base", ""},
          {"oci:../b.oci:v1", Where::layout, "../b.oci", "v1"},
          {"oci-archive:a.tar", Where::oci_archive, "a.tar", ""},
          {"docker-archive:a.tar:app:1", Where::docker_archive, "a.tar", "app:1"},
          {"docker-daemon:app:1", Where::docker_daemon, "", "app:1"},
          {"containers-storage:localhost/app", Where::containers_storage, "", "localhost/app"},
          {"docker://localhost:5000/app:1", Where::registry, "", "localhost:5000/app:1"},
      }));
  CAPTURE(text);
  const ImageName name = ImageName::parse(text);
  CHECK(name.where == where);
  CHECK(name.path == path);
  CHECK(name.tag == tag);
  CHECK(name.str() == text);
}

TEST_CASE("names that lead nowhere are refused", "[layer][image_source]") {
  CHECK(error_of([] { ImageName::parse(""); }) == "name image '': expected a name");
  CHECK(error_of([] { ImageName::parse("oci::tag"); }) ==
        "name image 'oci::tag': expected a path after 'oci:'");
  CHECK(error_of([] { ImageName::parse("docker://Debian"); }) ==
        "parse image reference 'Debian': the repository must be lower case");
  CHECK(error_of([] { ImageName::parse("docker-daemon:App"); }) ==
        "parse image reference 'App': the repository must be lower case");
}

TEST_CASE_METHOD(NamedImages, "the store is searched by name and by digest",
                 "[layer][image_source]") {
  const LocatedImage one = make_small_image(store.blobs(), {"one"});
  const LocatedImage two = make_small_image(store.blobs(), {"two"});
  store.blobs().set_tag("docker.io/library/app:latest", one.descriptor);
  store.blobs().set_tag("localhost/tool:2", two.descriptor);
  const auto found = [&](const std::string& name) {
    return open_image(name, store, amd64).image.descriptor.digest;
  };
  for (const std::string name : {"app", "app:latest", "docker.io/library/app"}) {
    CAPTURE(name);
    CHECK(found(name) == one.descriptor.digest);
  }
  CHECK(found("localhost/tool:2") == two.descriptor.digest);
  CHECK(found(two.descriptor.digest.str()) == two.descriptor.digest);
  CHECK(found(two.descriptor.digest.hex().substr(0, 12)) == two.descriptor.digest);
  CHECK(found(one.descriptor.digest.str().substr(0, 12)) == one.descriptor.digest);
  const std::string hint = " [bring it from its registry: slipway pull <name>]";
  CHECK(open_error("app:2") == "open image 'app:2': no image of that name in the store" + hint);
  CHECK(open_error("not a name") ==
        "open image 'not a name': no image of that name in the store" + hint);
}

TEST_CASE_METHOD(NamedImages, "a start that fits two digests is refused", "[layer][image_source]") {
  // Descriptors only: two digests that start alike are not found by chance.
  Index index;
  for (const char last : {'0', '1'}) {
    index.manifests.push_back({.media_type = std::string(media_type::oci_manifest),
                               .digest = Digest::from_hex(std::string(63, 'a') + last)});
  }
  store.blobs().write_index(index);
  CHECK(open_error("aaaa") == "open image 'aaaa': more than one image's digest starts with 'aaaa'");
}

TEST_CASE_METHOD(NamedImages, "archives are opened through the store", "[layer][image_source]") {
  const Layout layout = Layout::create(dir.path() / "layout");
  const LocatedImage image = make_small_image(layout, {"one"}, ImageFormat::docker);
  layout.set_tag("v1", image.descriptor);
  const std::string path = (dir.path() / "a.tar").native();
  const auto write = [&](ArchiveKind kind) {
    AtomicFile file(path);
    write_archive(kind, layout, image, {"docker.io/library/app:1"},
                  [&](std::span<const std::byte> bytes) { write_all(file.fd(), bytes, path); });
    std::move(file).commit();
  };

  write(ArchiveKind::oci);
  for (const std::string tag : {"", ":app:1", ":docker.io/library/app:1"}) {
    const OpenedImage opened = open_image("oci-archive:" + path + tag, store, amd64);
    CHECK(opened.image.descriptor.digest == image.descriptor.digest);
    CHECK(opened.layout.root() == store.root());
  }
  CHECK(open_error("oci-archive:" + path + ":app:2") ==
        "open image 'oci-archive:" + path +
            ":app:2': it holds no 'app:2'; there is: 'docker.io/library/app:1'");

  write(ArchiveKind::docker);
  CHECK(open_image("docker-archive:" + path, store, amd64).image.descriptor.digest ==
        image.descriptor.digest);
  CHECK(open_error("oci-archive:" + path) ==
        "open image 'oci-archive:" + path +
            "': it is a docker archive [name it 'docker-archive:" + path + "']");
  CHECK(open_error("oci:" + path) ==
        "open image 'oci:" + path + "': it is a docker archive [name it 'docker-archive:" + path +
            "']");
}

TEST_CASE_METHOD(NamedImages, "a layout that lacks a layer is refused when opened",
                 "[layer][image_source]") {
  const Layout layout = Layout::create(dir.path() / "layout");
  const LocatedImage image = make_small_image(layout, {"one"});
  layout.set_tag("v1", image.descriptor);
  const std::string name = "oci:" + layout.root().native();
  CHECK(open_image(name + ":v1", store, amd64).layout.root() == layout.root());
  fs::remove(layout.blob_path(image.manifest.layers[0].digest));
  CHECK(open_error(name) == "open image '" + name + "': the layer " +
                                image.manifest.layers[0].digest.str() +
                                " is missing or incomplete");
}

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "base/error.hpp"
#include "layer/pack.hpp"
#include "layer/unpack.hpp"
#include "support/tar.hpp"

using namespace slipway;
using namespace slipway::test;
namespace fs = std::filesystem;

namespace {

struct Workshop {
  TempDir dir{fs::temp_directory_path(), "slipway-test-"};
  fs::path sources = dir.path() / "sources";
  Store store = Store::open(dir.path() / "store");
  std::shared_ptr<const Fd> root;

  Workshop() {
    fs::create_directory(sources);
    root = std::make_shared<const Fd>(open_file(sources, O_RDONLY | O_DIRECTORY));
  }

  PackItem file(const std::string& path, const std::string& content) const {
    fs::create_directories((sources / path).parent_path());
    std::ofstream(sources / path, std::ios::binary) << content;
    return on_disk(path, content.size());
  }

  PackItem on_disk(const std::string& path, std::uint64_t size) const {
    PackItem item;
    item.entry.path = path;
    item.entry.mode = 0644;
    item.entry.size = size;
    item.bytes = FileBytes{root, path};
    return item;
  }

  ByteSource blob(const PackedLayer& packed) const {
    auto reader = std::make_shared<BlobReader>(store.blobs().read(packed.layer.blob));
    return [reader](std::span<std::byte> bytes) { return reader->read(bytes); };
  }

  std::string error_of(const std::vector<PackItem>& items) const {
    try {
      (void)pack(items, {}, store);
    } catch (const Error& error) {
      CHECK(error.code() == Errc::input);
      return error.what();
    }
    return "packed";
  }
};

PackItem text_file(std::string path, std::string text) {
  PackItem item;
  item.entry.path = std::move(path);
  item.entry.mode = 0644;
  item.bytes = std::move(text);
  return item;
}

PackItem other(EntryType type, std::string path, std::string target = {}) {
  PackItem item;
  item.entry.type = type;
  item.entry.path = std::move(path);
  item.entry.mode = type == EntryType::symlink ? 0777 : 0755;
  item.entry.link_target = std::move(target);
  return item;
}

std::string noise(std::size_t size) {
  std::string text;
  std::uint32_t state = 1;
  while (text.size() < size)
    text += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return text;
}

}  // namespace

TEST_CASE("a packed layer lists as it was packed", "[layer][pack]") {
  const Workshop shop;
  const std::string long_name(5000, 'n');
  std::vector<PackItem> items = {
      other(EntryType::directory, ""),
      other(EntryType::directory, "etc"),
      text_file("etc/passwd", "root:x:0:0::/:/bin/sh\n"),
      shop.file("empty", ""),
      shop.file("a", "hello\n"),
      shop.file("block", noise(512)),
      shop.file("big", noise(3 * 512 * 1024 + 17)),
      other(EntryType::hardlink, "b", "a"),
      other(EntryType::symlink, "l", "../x y"),
      other(EntryType::symlink, "non-ascii", "\xc3\xa9\xff"),
      other(EntryType::fifo, "pipe"),
      other(EntryType::whiteout, "etc/gone"),
      other(EntryType::opaque, "var/cache"),
      other(EntryType::opaque, ""),
      text_file("new\nline", "x"),
      text_file("\xc3\xa9t\xc3\xa9", "x"),
      text_file("not-utf8-\xff\xfe", "x"),
      text_file(long_name, "x"),
      text_file(std::string(200, 'd') + "/" + long_name, "x"),
  };
  items.back().entry.uid = 4000000000;
  items.back().entry.mode = 06755;
  items.back().entry.mtime = -5;
  items.back().entry.xattrs = {{"user.a", std::string("v\0=\n", 4)}, {"user.b", ""}};
  PackItem device = other(EntryType::character_device, "null");
  device.entry.device_major = 1;
  device.entry.device_minor = 3;
  items.push_back(device);

  PackOptions options;
  options.compression = Compression::parse(GENERATE("none", "gzip", "zstd"));
  const PackedLayer packed = pack(items, options, shop.store);
  const ListedLayer listed = list_layer(shop.blob(packed));

  CHECK(listed.diff_id == packed.layer.diff_id);
  CHECK(listed.tar_size == packed.layer.tar_size);
  REQUIRE(listed.contents.entries.size() == packed.contents.entries.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    CAPTURE(i, items[i].entry.path.substr(0, 50));
    CHECK(listed.contents.entries[i] == packed.contents.entries[i]);
  }
  CHECK(packed.contents.entries[5].content == Digest::of(noise(512)));
  CHECK(packed.contents.excerpts ==
        std::map<std::string, std::string>{{"etc/passwd", "root:x:0:0::/:/bin/sh\n"}});
  CHECK(listed.contents.excerpts == packed.contents.excerpts);
  CHECK(shop.store.read_contents(packed.layer.diff_id) == to_text(packed.contents));
}

TEST_CASE("offsets say where a file lies in the tar", "[layer][pack]") {
  const Workshop shop;
  PackOptions options;
  options.compression = Compression::parse("none");
  const auto packed =
      pack(std::vector{text_file("x", "first"), text_file(std::string(300, 'y'), "second")},
           options, shop.store);
  const std::string tar = read_file(shop.store.blobs().blob_path(packed.layer.blob.digest));
  const auto& entries = packed.contents.entries;
  CHECK(tar.substr(entries[0].offset, 5) == "first");
  CHECK(tar.substr(entries[1].offset, 6) == "second");
  CHECK(tar.size() == packed.layer.tar_size);
}

TEST_CASE("media types are the format's", "[layer][pack]") {
  const Workshop shop;
  const auto [format, compression, type] = GENERATE(table<ImageFormat, std::string, std::string>({
      {ImageFormat::oci, "none", "application/vnd.oci.image.layer.v1.tar"},
      {ImageFormat::oci, "gzip", "application/vnd.oci.image.layer.v1.tar+gzip"},
      {ImageFormat::oci, "zstd", "application/vnd.oci.image.layer.v1.tar+zstd"},
      {ImageFormat::docker, "none", "application/vnd.docker.image.rootfs.diff.tar"},
      {ImageFormat::docker, "gzip", "application/vnd.docker.image.rootfs.diff.tar.gzip"},
      {ImageFormat::docker, "zstd", "application/vnd.docker.image.rootfs.diff.tar.zstd"},
  }));
  const auto packed =
      pack(std::vector{text_file("x", "y")}, {Compression::parse(compression), format}, shop.store);
  CHECK(packed.layer.blob.media_type == type);
}

TEST_CASE("headers hold neither names of users nor more times", "[layer][pack]") {
  const std::string tar = make_tar({{EntryType::file, std::string(150, 'n'), "x"}});
  CHECK(tar.find("root") == std::string::npos);
  CHECK(tar.find("atime") == std::string::npos);
  CHECK(tar.find("ctime") == std::string::npos);
  CHECK(tar.find("LIBARCHIVE") == std::string::npos);
}

TEST_CASE("a short ASCII name has no extended header", "[layer][pack]") {
  CHECK(make_tar({{EntryType::file, "bin/app", ""}}).size() == 512 + 1024);
}

TEST_CASE("the locale of the user changes nothing", "[layer][pack]") {
  const std::vector<TarEntry> entries = {{EntryType::file, "\xc3\xa9", "x"},
                                         {EntryType::symlink, "l", "\xff"}};
  const std::string tar = make_tar(entries);
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* name : {"C", "POSIX", "C.UTF-8"}) {
    std::setlocale(LC_ALL, name);
    CHECK(make_tar(entries) == tar);
  }
  std::setlocale(LC_ALL, before.c_str());
}

TEST_CASE("holes of a sparse file are zeros in the tar", "[layer][pack]") {
  const Workshop shop;
  const off_t size = 5 * 1024 * 1024 + 3;
  std::string expected(static_cast<std::size_t>(size), '\0');
  expected.replace(1024 * 1024, 5, "hello");
  {
    const Fd fd = open_file(shop.sources / "sparse", O_WRONLY | O_CREAT);
    REQUIRE(::ftruncate(fd.get(), size) == 0);
    REQUIRE(::pwrite(fd.get(), "hello", 5, 1024 * 1024) == 5);
  }
  const auto packed =
      pack(std::vector{shop.on_disk("sparse", static_cast<std::uint64_t>(size))}, {}, shop.store);
  CHECK(packed.contents.entries[0].content == Digest::of(expected));
}

TEST_CASE("files that are not what they were are refused", "[layer][pack]") {
  const Workshop shop;
  CHECK(shop.error_of({shop.on_disk("gone", 1)}) == "open 'gone': No such file or directory");
  (void)shop.file("f", "four");
  CHECK(shop.error_of({shop.on_disk("f", 3)}) == "read 'f': the file changed while it was read");
  CHECK(shop.error_of({shop.on_disk("f", 5)}) == "read 'f': the file changed while it was read");
  fs::create_directory(shop.sources / "d");
  CHECK(shop.error_of({shop.on_disk("d", 0)}) == "open 'd': not a regular file");
  REQUIRE(::mkfifo((shop.sources / "p").c_str(), 0600) == 0);
  CHECK(shop.error_of({shop.on_disk("p", 0)}) == "open 'p': not a regular file");
  fs::create_symlink("/etc/hostname", shop.sources / "out");
  CHECK(shop.error_of({shop.on_disk("out", 1)}) == "open 'out': No such file or directory");
}

TEST_CASE("a failed pack leaves nothing in the store", "[layer][pack]") {
  const Workshop shop;
  (void)shop.error_of({shop.file("big", noise(2000000)), shop.on_disk("gone", 1)});
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(shop.store.root() / "blobs")) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  CHECK(files == 0);
}

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/file.hpp"
#include "layer/changes.hpp"
#include "layer/file_entry.hpp"

using namespace slipway;
namespace fs = std::filesystem;

namespace {

/// A view whose files are ours, as those of a tree that a test makes.
struct Beneath {
  Contents contents = {};
  std::uint32_t uid = ::geteuid();
  std::uint32_t gid = ::getegid();

  Beneath& add(EntryType type, const std::string& path, std::uint32_t mode,
               const std::string& text = {}) {
    Entry entry;
    entry.path = path;
    entry.type = type;
    entry.mode = mode;
    entry.uid = uid;
    entry.gid = gid;
    entry.size = text.size();
    if (type == EntryType::file) entry.content = Digest::of(text);
    contents.entries.push_back(std::move(entry));
    return *this;
  }

  View view() const {
    View view;
    view.apply(contents);
    return view;
  }
};

struct ChangedRoot {
  TempDir dir{fs::temp_directory_path(), "slipway-test-"};
  fs::path root = dir.path() / "upper";
  Beneath beneath;

  ChangedRoot() {
    make_directory("");
    beneath.add(EntryType::directory, "", 0755);
  }

  void make_directory(const std::string& path) const {
    fs::create_directories(root / path);
    fs::permissions(root / path, fs::perms(0755));
  }
  void make_file(const std::string& path, const std::string& text) const {
    write_file_if_changed(root / path, text);
    fs::permissions(root / path, fs::perms(0644));
  }

  /// "<type> <path>[ <link>]" for each entry.
  std::vector<std::string> changes(ChangedTree tree = {}) const {
    tree.path = root;
    std::vector<std::string> result;
    for (const auto& item : list_changes(tree, beneath.view())) {
      auto text = std::string(1, static_cast<char>(item.entry.type)) + ' ' + item.entry.path;
      if (!item.entry.link_target.empty()) text += ' ' + item.entry.link_target;
      result.push_back(text);
    }
    return result;
  }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(ChangedRoot, "directories on the way to a change are left out",
                 "[layer][changes]") {
  beneath.add(EntryType::directory, "etc", 0755).add(EntryType::directory, "opt", 0700);
  make_directory("etc");
  make_directory("opt");
  make_file("etc/new", "x");
  CHECK(changes() == Lines{"f etc/new", "d opt"});
}

TEST_CASE_METHOD(ChangedRoot, "names of one file become hard links, links stay links",
                 "[layer][changes]") {
  make_file("a", "x");
  fs::create_hard_link(root / "a", root / "b");
  fs::create_symlink("/a", root / "c");
  CHECK(changes() == Lines{"f a", "h b a", "l c /a"});
}

TEST_CASE_METHOD(ChangedRoot, "overlay's marks become whiteouts", "[layer][changes]") {
  beneath.add(EntryType::file, "gone", 0644)
      .add(EntryType::directory, "hidden", 0755)
      .add(EntryType::file, "hidden/x", 0644);
  REQUIRE(::mknod((root / "gone").c_str(), S_IFCHR, 0) == 0);
  REQUIRE(::mknod((root / "never-there").c_str(), S_IFCHR, 0) == 0);
  make_directory("hidden");
  make_file("hidden/y", "");
  mark_opaque(open_file(root, O_RDONLY | O_DIRECTORY), "hidden");
  CHECK(changes() == Lines{"w gone", "d hidden", "o hidden", "f hidden/y"});
}

TEST_CASE_METHOD(ChangedRoot, "what mounting made is no change, what the command put there is",
                 "[layer][changes]") {
  make_directory("proc");
  make_directory("mnt/a");
  make_directory("mnt/b");
  make_file("mnt/b/kept", "");
  make_file("resolv.conf", "");
  ChangedTree tree;
  tree.mount_points = {"/proc", "/mnt", "/mnt/a", "/resolv.conf"};
  CHECK(changes(tree) == Lines{"d mnt", "d mnt/b", "f mnt/b/kept"});
}

TEST_CASE_METHOD(ChangedRoot,
                 "sockets are left out, times are clamped, attributes kept but overlay's",
                 "[layer][changes]") {
  const int handle = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = {}};
  const auto path = (root / "socket").native();
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(handle, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  ::close(handle);
  make_file("a", "x");
  const bool has_attributes =
      ::setxattr((root / "a").c_str(), "user.kept", "v", 1, 0) == 0 &&
      ::setxattr((root / "a").c_str(), "user.overlay.origin", "v", 1, 0) == 0;
  ChangedTree tree;
  tree.path = root;
  tree.epoch = 1000;
  const auto items = list_changes(tree, beneath.view());
  REQUIRE(items.size() == 1);
  CHECK(items[0].entry.mtime == 1000);
  if (has_attributes)
    CHECK(items[0].entry.xattrs ==
          std::vector<std::pair<std::string, std::string>>{{"user.kept", "v"}});
}

TEST_CASE_METHOD(ChangedRoot, "a whole root is compared with what lies beneath",
                 "[layer][changes]") {
  beneath.add(EntryType::directory, "d", 0755)
      .add(EntryType::file, "d/same", 0644, "same")
      .add(EntryType::file, "d/changed", 0644, "before")
      .add(EntryType::file, "d/gone", 0644, "x")
      .add(EntryType::file, "mode", 0600, "x");
  make_directory("d");
  make_file("d/same", "same");
  make_file("d/changed", "behind");
  make_file("mode", "x");
  ChangedTree tree;
  tree.kind = ChangedTree::Kind::whole;
  CHECK(changes(tree) == Lines{"f d/changed", "w d/gone", "f mode"});
}

TEST_CASE_METHOD(ChangedRoot, "deep trees need no stack and few descriptors", "[layer][changes]") {
  std::string path = "d";
  for (int depth = 0; depth < 3000; ++depth) path += "/d";
  Fd here = open_file(root, O_RDONLY | O_DIRECTORY);
  for (int depth = 0; depth <= 3000; ++depth) {
    REQUIRE(::mkdirat(here.get(), "d", 0755) == 0);
    here = Fd(::openat(here.get(), "d", O_RDONLY | O_DIRECTORY));
  }
  CHECK(changes().back() == "d " + path);
}

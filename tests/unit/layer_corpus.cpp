// Replays the layers of hostile and odd images that other projects collected
// (moby, containerd, umoci), where their folder is there: SLIPWAY_CORPUS, or
// `corpus` in `shared` beside this source tree.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.hpp"
#include "layer/unpack.hpp"
#include "layer/view.hpp"
#include "support/tar.hpp"

using namespace slipway;
using namespace slipway::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

fs::path corpus_file() {
  const char* set = std::getenv("SLIPWAY_CORPUS");
  const fs::path beside = fs::path(SLIPWAY_TEST_DATA) / "../../../../shared/corpus";
  return (set != nullptr ? fs::path(set) : beside) / "layers/cases.json";
}

EntryType type_of(const std::string& word) {
  static const std::map<std::string, EntryType> types = {{"file", EntryType::file},
                                                         {"dir", EntryType::directory},
                                                         {"symlink", EntryType::symlink},
                                                         {"hardlink", EntryType::hardlink},
                                                         {"fifo", EntryType::fifo},
                                                         {"block", EntryType::block_device},
                                                         {"char", EntryType::character_device}};
  return types.at(word);
}

unsigned mode_of(const json& value, unsigned otherwise) {
  return value.contains("mode")
             ? static_cast<unsigned>(std::stoul(value["mode"].get<std::string>(), nullptr, 8))
             : otherwise;
}

TarEntry entry_of(const json& value) {
  TarEntry entry;
  entry.type = type_of(value.at("type"));
  entry.name = value.at("name");
  const bool is_file = entry.type == EntryType::file;
  entry.content = value.value(is_file ? "content" : "target", "");
  entry.mode = mode_of(value, entry.type == EntryType::directory ? 0755 : 0644);
  return entry;
}

std::string tar_of(const json& layer) {
  std::vector<TarEntry> entries;
  for (const json& value : layer.value("entries", json::array())) {
    entries.push_back(entry_of(value));
  }
  for (const json& value : layer.value("paths", json::array())) {
    const std::string path = value;
    const bool is_directory = path.ends_with('/');
    entries.push_back({is_directory ? EntryType::directory : EntryType::file, path, "",
                       is_directory ? 0755U : 0644U});
  }
  return make_tar(entries);
}

/// The tree a case starts from, and beside it what must stay as it is.
struct Stage {
  TempDir dir{fs::temp_directory_path(), "slipway-test-"};
  fs::path root = dir.path() / "dest";

  explicit Stage(const json& base) {
    fs::create_directories(root);
    for (const char* name : {"victim/hello", "dest-evil/secret", "file"}) {
      fs::create_directories((dir.path() / name).parent_path());
      std::ofstream(dir.path() / name) << "hello world";
    }
    for (const json& step : base) make(step);
  }

  void make(const json& step) const {
    const fs::path path = at(step.at("path"));
    fs::create_directories(path.parent_path());
    const std::string what = step.at("op");
    if (what == "dir") fs::create_directories(path);
    if (what == "file") std::ofstream(path) << step.value("content", "");
    if (what == "symlink") fs::create_symlink(step.at("target").get<std::string>(), path);
    if (what == "hardlink") fs::create_hard_link(at(step.at("target")), path);
  }

  fs::path at(const std::string& path) const { return root / clean_path(path); }

  /// Everything outside the tree: names and contents.
  std::map<std::string, std::string> outside() const {
    std::map<std::string, std::string> found;
    for (auto it = fs::recursive_directory_iterator(dir.path());
         it != fs::recursive_directory_iterator(); ++it) {
      if (it->path() == root) it.disable_recursion_pending();
      found[it->path().native()] = it->is_regular_file() ? read_file(it->path()) : "";
    }
    return found;
  }

  /// No file in the tree may be one from outside.
  bool shares_files() const {
    const auto victim = lstat_file(dir.path() / "victim/hello");
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (lstat_file(entry.path())->st_ino == victim->st_ino) return true;
    }
    return false;
  }
};

/// Empty when all layers were applied.
std::string apply_layers(const Stage& stage, const json& layers) {
  const Fd root = open_file(stage.root, O_RDONLY | O_DIRECTORY);
  const bool may_all = ::geteuid() == 0;
  try {
    for (const json& layer : layers)
      unpack(source_of(tar_of(layer)), root, {may_all ? Owners::set : Owners::ours, may_all});
  } catch (const Error& error) {
    CHECK(error.code() == Errc::input);
    return error.what();
  }
  return {};
}

void check_expectations(const Stage& stage, const json& expect) {
  for (const char* key : {"present", "files", "dirs"}) {
    const json paths = expect.value(key, json::array());
    for (const std::string path : paths) {
      CAPTURE(path);
      CHECK(lstat_file(stage.at(path)).has_value());
    }
  }
  const json absent = expect.value("absent", json::array());
  for (const std::string path : absent) {
    CAPTURE(path);
    CHECK_FALSE(lstat_file(stage.at(path)).has_value());
  }
  const json contents = expect.value("content", json::object());
  for (const auto& [path, text] : contents.items()) {
    CAPTURE(path);
    CHECK(read_file(stage.at(path)) == text.get<std::string>());
  }
  const json modes = expect.value("modes", json::object());
  for (const auto& [path, mode] : modes.items()) {
    CAPTURE(path);
    CHECK((lstat_file(stage.at(path))->st_mode & 07777) ==
          std::stoul(mode.get<std::string>(), nullptr, 8));
  }
  for (const json& pair : expect.value("same_inode", json::array())) {
    CHECK(lstat_file(stage.at(pair[0]))->st_ino == lstat_file(stage.at(pair[1]))->st_ino);
  }
}

/// A path as a program inside the tree would open it.
std::optional<Fd> open_inside(const Stage& stage, const std::string& path) {
  const Fd root = open_file(stage.root, O_RDONLY | O_DIRECTORY);
  return open_in_root(root, clean_path(path), O_RDONLY);
}

std::string read_inside(const Stage& stage, const std::string& path) {
  const auto fd = open_inside(stage, path);
  if (!fd) return "nothing is there";
  std::string text(4096, '\0');
  text.resize(read_some(*fd, std::as_writable_bytes(std::span(text)), path));
  return text;
}

bool same_inside(const Stage& stage, const json& paths) {
  struct stat status[2] = {};
  for (int i = 0; i < 2; ++i) {
    const auto fd = open_inside(stage, paths[static_cast<std::size_t>(i)]);
    if (!fd || ::fstat(fd->get(), &status[i]) != 0) return false;
  }
  return status[0].st_ino == status[1].st_ino;
}

/// containerd's checks, those that a file listing can tell.
void check_named(const Stage& stage, const json& check) {
  if (!check.is_object()) return;
  const std::string what = check.at("check");
  const json args = check.value("args", json::array());
  CAPTURE(what, args.dump());
  if (what == "all") {
    for (const json& each : args) check_named(stage, each);
  } else if (what == "sameFile") {
    CHECK(same_inside(stage, args));
  } else if (what == "notSameFile") {
    CHECK_FALSE(same_inside(stage, args));
  } else if (what == "fileValue") {
    CHECK(read_inside(stage, args[0]) == args[1].get<std::string>());
  } else if (what == "fileNotExists") {
    CHECK_FALSE(open_inside(stage, args[0]).has_value());
  } else if (what == "directoriesExist") {
    for (const json& path : args) CHECK(fs::is_directory(stage.at(path)));
  }
}

}  // namespace

TEST_CASE("layers of the corpus are contained and applied", "[layer][corpus]") {
  const auto text = read_file_if_exists(corpus_file());
  if (!text) {
    WARN("skipped: there is no " << corpus_file());
    return;
  }
  std::size_t applied = 0;
  const json corpus = json::parse(*text);
  for (const json& one : corpus.at("cases")) {
    const std::string op = one.at("op");
    if (!one.contains("layers") || op == "round_trip") continue;
    const std::string name = one.at("name");
    const json& expect = one.at("expect");
    // An ordinary user could not look into the locked directories that it makes.
    if (expect.contains("modes") && ::geteuid() != 0) continue;
    CAPTURE(name);
    const Stage stage(one.value("base", json::array()));
    const auto before = stage.outside();
    const std::string refused = apply_layers(stage, one["layers"]);
    CAPTURE(refused);
    CHECK(stage.outside() == before);
    CHECK_FALSE(stage.shares_files());
    const bool must_be_refused = expect.contains("error") && one["category"] == "whiteout";
    if (must_be_refused) CHECK_FALSE(refused.empty());
    if (!refused.empty()) {
      // Refusing is right where something is wrong with the archive.
      const bool may_be_refused = one["category"] == "breakout" || must_be_refused;
      CHECK(may_be_refused);
      continue;
    }
    if (one["category"] != "breakout") check_expectations(stage, expect);
    check_named(stage, expect.value("checks", json()));
    ++applied;
  }
  CHECK(applied > 60);
}

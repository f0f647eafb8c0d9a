// The sources of a compile that runs inside of an image, as a folder of the
// image's context.
//
// Which of them the compile reads is known only once it has run: it leaves a
// list. From then on what is not on the list may change without
// consequence, until something on it changes: then everything is staged anew,
// and counts, because the next compile may read files that the last one did not.
//
// A list holds for exactly the staged tree that its compile saw, which it names
// by the tree's seal. After a compile that failed there is none that does.

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/staging.hpp"
#include "dockerfile/ignore.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

constexpr const char* seal_name = ".slipway-seal";

/// What a compile says that it read of the staged tree with this seal.
struct ReadList {
  std::string seal = {};
  std::vector<std::string> files = {};  ///< from the tree's root
};

ReadList parse_read_list(std::string_view text) {
  ReadList list;
  for (const auto& line : split(text, '\n')) {
    if (line.empty()) continue;
    if (list.seal.empty()) {
      list.seal = line;
    } else {
      list.files.emplace_back(line);
    }
  }
  return list;
}

class SourceStager {
 public:
  explicit SourceStager(const SourcesStage& stage)
      : stage_(stage), ignore_(read_ignore(stage.directory)) {}

  void run() {
    auto output = stage_.output;
    output.seal = seal_name;
    Staging staging(output);
    if (is_unread()) return staging.keep(inputs_);
    inputs_.clear();
    StagedTree tree;
    note(ignore_file());
    tree.add_contents("", stage_.directory, StagedModes::kept, inputs_, leave_out());
    staging.publish(std::move(tree), std::move(inputs_), StagedTimes::advancing);
  }

 private:
  fs::path ignore_file() const { return stage_.directory / ".dockerignore"; }

  static dockerfile::IgnoreMatcher read_ignore(const fs::path& directory) {
    const auto text = read_file_if_exists(directory / ".dockerignore");
    return dockerfile::IgnoreMatcher(dockerfile::read_ignore_file(text.value_or("")));
  }

  void note(const fs::path& file) {
    if (lstat_file(file)) inputs_.insert(file);
  }

  StagedTree::LeaveOut leave_out() const {
    return [this](const std::string& path, const fs::path& source, const struct stat& status) {
      return is_left_out(path, source, status);
    };
  }

  bool is_left_out(const std::string& path, const fs::path& source,
                   const struct stat& status) const {
    if (path == seal_name || path == ".git") return true;
    if (ignore_.excluded(path) && (!S_ISDIR(status.st_mode) || ignore_.prunes(path))) return true;
    if (!S_ISDIR(status.st_mode)) return false;
    return std::ranges::find(stage_.excluded, source) != stage_.excluded.end() ||
           lstat_file(source / "CMakeCache.txt").has_value();  // a build tree
  }

  /// Nothing that the last compile read has changed; `inputs_` is what tells.
  bool is_unread() {
    if (!stage_.read_list || !lstat_file(stage_.output.stamp)) return false;
    const auto list = parse_read_list(*stage_.read_list);
    const auto seal = read_file_if_exists(stage_.output.into / seal_name);
    if (!seal || list.seal.empty() || trim(*seal) != list.seal) return false;
    note(ignore_file());
    inputs_.insert(stage_.output.into / seal_name);
    std::set<std::string> directories = {""};
    for (const auto& file : list.files) {
      if (!is_equal_file(file)) return false;
      for (auto end = file.rfind('/'); end != std::string::npos && end > 0;
           end = file.rfind('/', end - 1)) {
        if (!directories.insert(file.substr(0, end)).second) break;
      }
    }
    // A file that is new may be one that a pattern of the project takes.
    return std::ranges::all_of(
        directories, [this](const auto& directory) { return has_equal_names(directory); });
  }

  bool is_equal_file(const std::string& path) {
    const auto source = stage_.directory / path;
    const auto staged = stage_.output.into / path;
    inputs_.insert(source);
    inputs_.insert(staged);
    const auto ours = lstat_file(source);
    const auto theirs = lstat_file(staged);
    if (!ours || !theirs || (ours->st_mode & 07777) != (theirs->st_mode & 07777)) return false;
    if (!S_ISREG(ours->st_mode) || !S_ISREG(theirs->st_mode) || ours->st_size != theirs->st_size)
      return false;
    return read_file(source) == read_file(staged);
  }

  bool has_equal_names(const std::string& directory) {
    const auto source = directory.empty() ? stage_.directory : stage_.directory / directory;
    const auto staged = directory.empty() ? stage_.output.into : stage_.output.into / directory;
    inputs_.insert(source);
    const auto ours = lstat_file(source);
    const auto theirs = lstat_file(staged);
    if (!ours || !theirs || !S_ISDIR(ours->st_mode) || !S_ISDIR(theirs->st_mode)) return false;
    auto names = list_directory(open_file(source, O_RDONLY | O_DIRECTORY), source.native());
    std::erase_if(names, [&](const auto& name) {
      const auto status = lstat_file(source / name);
      return !status || is_left_out(join_staged(directory, name), source / name, *status);
    });
    auto there = list_directory(open_file(staged, O_RDONLY | O_DIRECTORY), staged.native());
    std::erase(there, seal_name);
    return names == there;
  }

  const SourcesStage& stage_;
  dockerfile::IgnoreMatcher ignore_;
  std::set<fs::path> inputs_;
};

}  // namespace

void stage_sources(const SourcesStage& stage) {
  const auto status = lstat_file(stage.directory);
  if (!status || !S_ISDIR(status->st_mode)) {
    throw Error(Errc::input,
                fmt::format("'{}' is not a directory", printable(stage.directory.native())));
  }
  SourceStager(stage).run();
}

}  // namespace slipway

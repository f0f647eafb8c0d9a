#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <string_view>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/staging.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

/// stat() of what the source leads to: symlinks the user named are followed.
struct stat stat_source(const fs::path& source) {
  struct stat st = {};
  if (::stat(source.c_str(), &st) == 0) return st;
  const std::string name = printable(source.native());
  if (errno == ENOENT || errno == ENOTDIR)
    throw Error(Errc::input, fmt::format("file '{}' does not exist", name));
  throw Error::from_errno(errno, fmt::format("read '{}'", name));
}

std::string_view last_name(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path.substr(path.rfind('/') + 1);
}

class Collector {
 public:
  void add(const FilesStage::Group& group) {
    const auto destination = clean_path(group.destination);
    for (const auto& source : group.sources) {
      if (group.is_directory) {
        add_directory(source, destination);
      } else {
        add_file(source, destination);
      }
    }
  }

  StagedTree tree;
  std::set<fs::path> read;

 private:
  void add_file(const std::string& source, const std::string& destination) {
    const auto st = stat_source(source);
    if (S_ISDIR(st.st_mode)) {
      throw Error(Errc::input, fmt::format("'{}' is a directory, not a file", printable(source)))
          .with_hint("name it after DIRECTORY instead of FILES");
    }
    if (!S_ISREG(st.st_mode)) {
      throw Error(Errc::input, fmt::format("'{}' is not a regular file", printable(source)));
    }
    read.insert(source);
    tree.add_file(join_staged(destination, last_name(source)), source, st, StagedModes::normalised);
  }

  void add_directory(const std::string& source, const std::string& destination) {
    const auto st = stat_source(source);
    if (!S_ISDIR(st.st_mode)) {
      throw Error(Errc::input, fmt::format("'{}' is not a directory", printable(source)))
          .with_hint("name it after FILES instead of DIRECTORY");
    }
    const bool contents_only = source.ends_with('/');
    const auto to = contents_only ? destination : join_staged(destination, last_name(source));
    tree.add_directory(to);
    const fs::path without_slash =
        contents_only ? fs::path(source).parent_path() : fs::path(source);
    tree.add_contents(to, without_slash, StagedModes::normalised, read);
  }
};

}  // namespace

void stage_files(const FilesStage& stage) {
  Staging staging(stage.output);
  Collector collector;
  for (const auto& group : stage.groups) collector.add(group);
  staging.publish(std::move(collector.tree), std::move(collector.read));
}

}  // namespace slipway

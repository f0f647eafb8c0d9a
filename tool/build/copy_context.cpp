#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/copy_source.hpp"
#include "layer/file_entry.hpp"
#include "layer/path.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

class ContextSource final : public CopySource {
 public:
  ContextSource(const fs::path& directory, const std::vector<std::string>& ignore_files,
                Watched watched)
      : directory_(directory.native()),
        watched_(watched),
        root_(std::make_shared<const Fd>(open_file(directory, O_PATH | O_DIRECTORY))),
        ignore_(read_ignore(ignore_files)) {}

  std::optional<SourceNode> lookup(std::string_view path) override {
    return find(clean_path(path), O_PATH);
  }

  std::optional<SourceNode> lookup_itself(std::string_view path) override {
    return find(clean_path(path), O_PATH | O_NOFOLLOW);
  }

  std::vector<SourceNode> children(const SourceNode& directory) override {
    auto fd = open_in_root(*root_, directory.path, O_RDONLY | O_DIRECTORY);
    if (!fd)
      throw Error(Errc::input,
                  fmt::format("read directory '{}': it vanished", printable(directory.path)));
    note(directory.path);
    std::vector<SourceNode> result;
    for (const auto& name : list_directory(*fd, directory.path)) {
      const auto path = join_path(directory.path, name);
      struct stat st = {};
      if (::fstatat(fd->get(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) continue;  // gone since it was listed: as if it had never been there
        throw Error::from_errno(errno, fmt::format("stat '{}'", printable(path)));
      }
      auto found = node(path, st, fd->get(), name);
      if (!found || (found->excluded && ignore_.prunes(path))) continue;
      if (S_ISREG(st.st_mode) && watched_ == Watched::everything) note(path);
      result.push_back(std::move(*found));
    }
    return result;
  }

  std::string hint_for_missing(std::string_view path) override {
    if (open_in_root(*root_, std::string(path), O_PATH | O_NOFOLLOW)) {
      return fmt::format("it is there, but '{}' leaves it out", printable(ignore_file_));
    }
    return "paths are relative to the build context, and nothing outside of it can be copied";
  }

  void provide(std::vector<PackItem*>&) override {}  // the files are where they are

  const std::vector<std::string>& read() const override { return read_; }

 private:
  /// An excluded directory is there only for what is included again below it.
  bool holds_included(const SourceNode& directory) {
    if (ignore_.prunes(directory.path)) return false;
    std::vector<SourceNode> open = {directory};
    while (!open.empty()) {
      const auto level = std::move(open.back());
      open.pop_back();
      for (auto& child : children(level)) {
        if (!child.excluded) return true;
        open.push_back(std::move(child));  // nothing but directories is listed though excluded
      }
    }
    return false;
  }

  static dockerfile::IgnoreMatcher::Exceptions exceptions_of(const fs::path& file) {
    using Exceptions = dockerfile::IgnoreMatcher::Exceptions;
    return file.filename() == ".containerignore" ? Exceptions::by_plain_path : Exceptions::anywhere;
  }

  std::optional<SourceNode> find(const std::string& clean, int flags) {
    const auto fd = open_in_root(*root_, clean, flags);
    struct stat st = {};
    if (fd && ::fstat(fd->get(), &st) != 0)
      throw Error::from_errno(errno, fmt::format("stat '{}'", printable(clean)));
    // A missing path, too, was decided by the directory that it is not in.
    note(fd && (S_ISDIR(st.st_mode) || watched_ == Watched::everything)
             ? clean
             : clean_path(clean + "/.."));
    if (!fd) return std::nullopt;
    auto found = node(clean, st, fd->get(), {});
    if (found && found->excluded && !holds_included(*found)) return std::nullopt;
    return found;
  }

  dockerfile::IgnoreMatcher read_ignore(const std::vector<std::string>& files) {
    for (const auto& file : files) {
      const auto text = read_file_if_exists(file);
      if (!text) continue;
      read_.push_back(file);
      ignore_file_ = file;
      return with_context([&] { return fmt::format("read '{}'", file); },
                          [&] {
                            return dockerfile::IgnoreMatcher(dockerfile::read_ignore_file(*text),
                                                             exceptions_of(file));
                          });
    }
    return dockerfile::IgnoreMatcher({});
  }

  void note(std::string_view path) { read_.push_back(join_path(directory_, path)); }

  std::optional<SourceNode> node(const std::string& path, const struct stat& st, int parent,
                                 const std::string& name) const {
    // A socket is copied as an empty file, as BuildKit does.
    const auto type = S_ISSOCK(st.st_mode) ? EntryType::file : entry_type(st.st_mode);
    if (!type) return std::nullopt;
    const bool excluded = !ignore_.empty() && !path.empty() && ignore_.excluded(path);
    if (excluded && *type != EntryType::directory) return std::nullopt;
    SourceNode node;
    node.path = path;
    node.excluded = excluded;
    node.entry.type = *type;
    node.entry.mode = st.st_mode & 07777;
    node.changed_ns = std::max(nanoseconds(st.st_mtim), nanoseconds(st.st_ctim));
    if (S_ISSOCK(st.st_mode)) {
      node.is_socket = true;
    } else if (*type == EntryType::file) {
      node.entry.size = static_cast<std::uint64_t>(st.st_size);
      node.bytes = {root_, path};
      if (st.st_nlink > 1) node.identity = fmt::format("{}:{}", st.st_dev, st.st_ino);
      node.signature = fmt::format("{}:{}:{}:{}:{}", st.st_dev, st.st_ino, st.st_size,
                                   nanoseconds(st.st_mtim), nanoseconds(st.st_ctim));
    } else if (*type == EntryType::symlink) {
      node.entry.link_target = read_link(parent, name, path, static_cast<std::size_t>(st.st_size));
      node.signature = node.entry.link_target;
    } else if (*type != EntryType::directory) {
      node.entry.device_major = major(st.st_rdev);
      node.entry.device_minor = minor(st.st_rdev);
    }
    return node;
  }

  static std::string read_link(int parent, const std::string& name, const std::string& path,
                               std::size_t size) {
    std::string target(size + 1, '\0');
    const ssize_t length = ::readlinkat(parent, name.c_str(), target.data(), target.size());
    if (length < 0) throw Error::from_errno(errno, fmt::format("read link '{}'", printable(path)));
    target.resize(static_cast<std::size_t>(length));
    return target;
  }

  std::string directory_;
  Watched watched_;
  std::shared_ptr<const Fd> root_;
  std::vector<std::string> read_ = {};
  std::string ignore_file_ = {};  ///< before ignore_, whose reading sets it
  dockerfile::IgnoreMatcher ignore_;
};

}  // namespace

std::unique_ptr<CopySource> open_context(const fs::path& directory,
                                         const std::vector<std::string>& ignore_files,
                                         Watched watched) {
  return with_context(
      [&] { return std::string("open the build context"); },
      [&] { return std::make_unique<ContextSource>(directory, ignore_files, watched); });
}

Watched watched_by(const Step& step) {
  const bool is_staged = !step.script.origin.empty();
  return is_staged ? Watched::directories : Watched::everything;
}

std::unique_ptr<CopySource> open_context(const Step& step) {
  return open_context(step.context, step.ignore_files, watched_by(step));
}

}  // namespace slipway

#include "build/publish.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "build/depfile.hpp"
#include "build/file_copier.hpp"
#include "build/origins.hpp"
#include "build/staged_digests.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(std::string_view verb, const fs::path& path) {
  throw Error::from_errno(errno, fmt::format("{} '{}'", verb, printable(path.native())));
}

void set_time(const fs::path& path, const struct timespec& time) {
  const struct timespec times[2] = {time, time};
  if (::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
    fail("set the time of", path);
}

void set_mode(const fs::path& path, std::uint32_t mode) {
  if (::chmod(path.c_str(), mode) != 0) fail("set the mode of", path);
}

struct timespec just_before(const struct timespec& time) {
  if (time.tv_nsec > 0) return {.tv_sec = time.tv_sec, .tv_nsec = time.tv_nsec - 1};
  return {.tv_sec = time.tv_sec - 1, .tv_nsec = 999'999'999};
}

bool is_below(const fs::path& path, const fs::path& directory) {
  const auto& text = path.native();
  const auto& start = directory.native();
  return text.size() > start.size() && text.starts_with(start) && text[start.size()] == '/';
}

/// One line of the stamp; the path has no white space or control characters left.
std::string stamp_line(const std::string& path, const StagedEntry& entry,
                       const std::string& digest) {
  const auto escape = [](std::string_view text) {
    std::string result;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte <= ' ' || c == '\\' || byte == 0x7f) {
        result += fmt::format("\\x{:02x}", byte);
      } else {
        result += c;
      }
    }
    return result;
  };
  const char type = static_cast<char>(entry.type);
  switch (entry.type) {
    case StagedEntry::Type::file:
      return fmt::format("{} {:04o} {} {} {}\n", type, entry.mode, entry.size, digest,
                         escape(path));
    case StagedEntry::Type::symlink:
      return fmt::format("{} {} {}\n", type, escape(path), escape(entry.link_target));
    case StagedEntry::Type::directory:
      break;
  }
  return fmt::format("{} {:04o} {}\n", type, entry.mode, escape(path));
}

class Publisher {
 public:
  Publisher(StagedTree tree, const StageOutput& output, fs::path scratch,
            const struct timespec& start, StagedTimes times)
      : tree_(std::move(tree)),
        into_(output.into),
        seal_(output.seal),
        scratch_(std::move(scratch)),
        start_(start),
        times_(times),
        digests_(output.stamp.native() + ".known") {}

  /// Make all that will be put in place; the tree is not changed.
  void prepare() {
    prepare_entries();
    if (!seal_.empty()) prepare_seal();
  }

  void apply() {
    make_directories(into_);
    set_mode(into_, 0755);
    remove_others(into_, "");
    for (const auto& [path, entry] : tree_.entries()) {
      const auto at = into_ / path;
      if (entry.type == StagedEntry::Type::directory) {
        if (::mkdir(at.c_str(), 0755) != 0 && errno != EEXIST) fail("create directory", at);
      } else if (const auto from = replacements_.find(path); from != replacements_.end()) {
        if (::rename(from->second.c_str(), at.c_str()) != 0) fail("write", at);
      }
    }
    finish_directories();
  }

  /// The directories of the staged tree (see Watched).
  void list(std::set<fs::path>& inputs) const {
    inputs.insert(into_);
    for (const auto& [path, entry] : tree_.entries()) {
      if (entry.type == StagedEntry::Type::directory) inputs.insert(into_ / path);
    }
  }

  const std::string& stamp() const noexcept { return stamp_; }

  Origins origins(const fs::path& root) const {
    Origins origins;
    for (const auto& [path, entry] : tree_.entries()) {
      if (entry.type == StagedEntry::Type::file)
        origins.emplace(path, fs::path("/") / entry.source.lexically_relative(root));
    }
    return origins;
  }

  /// Spare the next run what this one read. After apply().
  void remember() {
    for (const auto& [path, digest] : replaced_) {
      if (const auto copy = lstat_file(into_ / path)) {
        digests_.remember(path, tree_.entries().at(path), *copy, digest, start_);
      }
    }
    digests_.save();
  }

 private:
  void prepare_entries() {
    const auto copies = scratch_ / "new";
    make_directories(copies);
    for (const auto& [path, entry] : tree_.entries()) {
      switch (entry.type) {
        case StagedEntry::Type::file:
          prepare_file(path, entry, copies / std::to_string(replacements_.size()));
          break;
        case StagedEntry::Type::symlink:
          prepare_symlink(path, entry, copies / std::to_string(replacements_.size()));
          stamp_ += stamp_line(path, entry, {});
          break;
        case StagedEntry::Type::directory:
          stamp_ += stamp_line(path, entry, {});
          break;
      }
    }
  }

  void prepare_seal() {
    const auto source = scratch_ / "seal";
    write_file_if_changed(source, sha256_hex(stamp_) + "\n");
    const auto status = lstat_file(source);
    tree_.add_file(seal_, source, *status, StagedModes::normalised);
    prepare_file(seal_, tree_.entries().at(seal_), source);
  }

  void prepare_file(const std::string& path, const StagedEntry& entry, const fs::path& copy) {
    const auto at = into_ / path;
    const auto there = lstat_file(at);
    const bool may_be_equal = there && S_ISREG(there->st_mode) &&
                              (there->st_mode & 07777) == entry.mode &&
                              static_cast<std::uint64_t>(there->st_size) == entry.size;
    auto digest = may_be_equal ? digests_.find(path, entry, *there) : std::nullopt;
    if (!digest && may_be_equal) digest = copier_.digest_if_equal(entry.source, at);
    if (digest) {
      digests_.remember(path, entry, *there, *digest, start_);
    } else {
      digest = prepare_replacement(path, entry, copy, there.has_value());
      replaced_.emplace_back(path, *digest);
    }
    stamp_ += stamp_line(path, entry, *digest);
  }

  std::string prepare_replacement(const std::string& path, const StagedEntry& entry,
                                  const fs::path& copy, bool takes_place) {
    const auto time = time_of(entry, takes_place);
    if (is_below(entry.source, scratch_)) {
      replacements_[path] = entry.source;
      set_time(entry.source, time);
      return copier_.digest(entry.source);
    }
    replacements_[path] = copy;
    return copier_.copy(entry.source, copy, {entry.mode, time}, into_ / path);
  }

  void prepare_symlink(const std::string& path, const StagedEntry& entry, const fs::path& link) {
    std::error_code error;
    const auto there = fs::read_symlink(into_ / path, error);
    if (!error && there.native() == entry.link_target) return;
    if (::symlink(entry.link_target.c_str(), link.c_str()) != 0) fail("create link", into_ / path);
    replacements_[path] = link;
  }

  struct timespec time_of(const StagedEntry& entry, bool takes_place) const {
    const auto& time = entry.time;
    const bool is_before = time.tv_sec < start_.tv_sec ||
                           (time.tv_sec == start_.tv_sec && time.tv_nsec < start_.tv_nsec);
    const bool is_advancing = times_ == StagedTimes::advancing;
    if (is_before && time.tv_sec > 0 && !(is_advancing && takes_place)) return time;
    if (is_advancing) return just_before(start_);
    return {.tv_sec = fixed_file_time, .tv_nsec = 0};
  }

  /// Remove what the tree does not have, or has as another type.
  void remove_others(const fs::path& directory, const std::string& prefix) {
    std::vector<fs::directory_entry> entries;
    std::error_code error;
    for (fs::directory_iterator it(directory, error), end; !error && it != end;
         it.increment(error)) {
      entries.push_back(*it);
    }
    if (error)
      throw Error::from_errno(error.value(),
                              fmt::format("list '{}'", printable(directory.native())));
    for (const auto& there : entries) {
      const auto path = join_staged(prefix, there.path().filename().native());
      const auto wanted = tree_.entries().find(path);
      const bool is_directory = there.is_directory(error) && !there.is_symlink(error);
      if (is_directory) set_mode(there.path(), 0755);  // until finish_directories()
      const bool fits = wanted != tree_.entries().end() &&
                        is_directory == (wanted->second.type == StagedEntry::Type::directory);
      if (is_directory) remove_others(there.path(), path);
      if (fits) continue;
      if (::remove(there.path().c_str()) != 0) fail("remove", there.path());
    }
  }

  /// Last, and from the bottom up: entries made and removed change times. A
  /// fixed old time makes a later change of the directory show (see list()).
  void finish_directories() const {
    const struct timespec time { .tv_sec = fixed_file_time, .tv_nsec = 0 };
    const auto& entries = tree_.entries();
    for (auto it = entries.rbegin(); it != entries.rend(); ++it) {
      const auto& [path, entry] = *it;
      if (entry.type != StagedEntry::Type::directory) continue;
      set_mode(into_ / path, entry.mode);
      set_time(into_ / path, time);
    }
    set_time(into_, time);
  }

  StagedTree tree_;
  fs::path into_;
  std::string seal_;
  fs::path scratch_;
  struct timespec start_;
  StagedTimes times_;
  StagedDigests digests_;
  std::vector<std::pair<std::string, std::string>> replaced_;  ///< path, digest
  FileCopier copier_;
  std::map<std::string, fs::path> replacements_;
  std::string stamp_ = "slipway-stage 1\n";
};

StageOutput absolute(StageOutput output) {
  std::error_code error;
  output.into = fs::absolute(output.into, error).lexically_normal();
  if (!output.into.has_filename()) output.into = output.into.parent_path();
  return output;
}

/// The lock, beside the stamp: the tree's folder is a build context, where it
/// has no business.
FileLock lock_for(const StageOutput& output) {
  make_directories(output.into.parent_path());
  make_directories(output.stamp.parent_path());
  return FileLock(output.stamp.native() + ".lock", FileLock::Mode::exclusive);
}

std::string scratch_prefix(const fs::path& into) {
  return fmt::format(".{}.stage-", into.filename().native());
}

/// Move what killed runs left (nobody else holds the lock) to where it is
/// removed with this run's own files.
void adopt_leftovers(const fs::path& into, const fs::path& scratch) {
  const auto prefix = scratch_prefix(into);
  int count = 0;
  std::error_code error;
  for (fs::directory_iterator it(into.parent_path(), error), end; !error && it != end;
       it.increment(error)) {
    if (it->path() == scratch || !it->path().filename().native().starts_with(prefix)) continue;
    const auto to = scratch / fmt::format("leftover-{}", count++);
    if (::rename(it->path().c_str(), to.c_str()) != 0) fail("remove", it->path());
  }
}

/// By the clock that files get their times from, which is behind the precise one.
struct timespec file_clock() {
  struct timespec now = {};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now;
}

}  // namespace

Staging::Staging(StageOutput output)
    : output_(absolute(std::move(output))),
      lock_(lock_for(output_)),
      scratch_(output_.into.parent_path(), scratch_prefix(output_.into)),
      start_(file_clock()) {
  adopt_leftovers(output_.into, scratch_.path());
}

void Staging::publish(StagedTree tree, std::set<fs::path> read, StagedTimes times) {
  Publisher publisher(std::move(tree), output_, scratch_.path(), start_, times);
  publisher.prepare();
  publisher.apply();
  publisher.remember();
  publisher.list(read);
  write_depfile(output_.depfile, output_.stamp.native(), {read.begin(), read.end()});
  if (!output_.origins.empty())
    write_file_if_changed(output_.origins, to_text(publisher.origins(output_.origins_root)));
  // Last: with it, the run is done.
  write_file_if_changed(output_.stamp, publisher.stamp());
}

void Staging::keep(const std::set<fs::path>& read) const {
  write_depfile(output_.depfile, output_.stamp.native(), {read.begin(), read.end()});
}

}  // namespace slipway

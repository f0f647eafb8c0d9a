#include "build/split_debug.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "elf/debug_identity.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

constexpr const char* debug_directory = "usr/lib/debug";

void run_tool(std::vector<std::string> argv) {
  const auto name = fs::path(argv.front()).filename().native();
  const auto file = argv.back();
  const auto result = run_captured({.argv = std::move(argv)});
  if (result.status == 0) return;
  auto message = fmt::format("take the debug information of '{}' apart: {} exited with status {}",
                             printable(file), name, result.status);
  if (const auto said = trim(result.output); !said.empty()) message += fmt::format("\n{}", said);
  throw Error(Errc::command, std::move(message));
}

/// A file's mode, set to one that we may write by and given back at the end.
class WritableFor {
 public:
  WritableFor(fs::path path, mode_t mode) : path_(std::move(path)), mode_(mode) {
    ::chmod(path_.c_str(), mode_ | S_IRUSR | S_IWUSR);
  }
  WritableFor(WritableFor&&) = delete;
  WritableFor& operator=(WritableFor&&) = delete;
  ~WritableFor() { ::chmod(path_.c_str(), mode_); }

 private:
  fs::path path_;
  mode_t mode_;
};

using Visit = std::function<void(const fs::path& file, const elf::DebugIdentity& identity)>;

/// The programs and libraries that have something to take off.
void for_each_program(const fs::path& root, const Visit& visit) {
  StagedTree tree;
  std::set<fs::path> read;
  tree.add_contents("", root, StagedModes::kept, read);
  for (const auto& [path, entry] : tree.entries()) {
    if (entry.type != StagedEntry::Type::file) continue;
    const WritableFor writable(entry.source, entry.mode);
    const auto identity = elf::read_debug_identity(entry.source);
    if (identity && identity->has_symbols) visit(entry.source, *identity);
  }
}

std::string link_name(const elf::DebugIdentity& identity) {
  return identity.id.substr(2) + ".debug";
}

fs::path by_build_id(const fs::path& debug, std::string_view id) {
  return debug / debug_directory / ".build-id" / id.substr(0, 2) /
         fmt::format("{}.debug", id.substr(2));
}

class DebugCollector {
 public:
  DebugCollector(fs::path root, fs::path debug, const DebugTools& tools)
      : root_(std::move(root)), debug_(std::move(debug)), tools_(tools) {}

  void collect(const fs::path& file, const elf::DebugIdentity& identity) const {
    if (identity.may_be_split_dwarf && !tools_.dwp.empty()) pack_split_dwarf(file);
    elf::write_build_id(file, identity);
    const auto to = place_of(file, identity);
    make_directories(to.parent_path());
    run_tool({tools_.objcopy, "--only-keep-debug", "--preserve-dates", file, to});
    ::chmod(to.c_str(), 0644);
    elf::force_crc32(to, elf::crc32_of(identity));
    if (identity.alternate) copy_alternate(file, *identity.alternate);
  }

 private:
  fs::path place_of(const fs::path& file, const elf::DebugIdentity& identity) const {
    if (identity.build_id_at) return by_build_id(debug_, identity.id);
    return debug_ / debug_directory / file.lexically_relative(root_).parent_path() /
           link_name(identity);
  }

  /// The .dwo files of a program as one, where debuggers look for it.
  void pack_split_dwarf(const fs::path& file) const {
    auto packed = debug_ / file.lexically_relative(root_);
    packed += ".dwp";
    make_directories(packed.parent_path());
    try {
      run_tool({tools_.dwp, "-o", packed, "-e", file});
    } catch (const Error& error) {
      throw Error(error.code(), error.what())
          .with_hint(
              "an old dwp cannot read DWARF 5: compile with -gdwarf-4 or without "
              "-gsplit-dwarf, or set SLIPWAY_DWP to a newer one");
    }
    const auto status = lstat_file(packed);
    if (!status || status->st_size == 0) fs::remove(packed);
  }

  void copy_alternate(const fs::path& file, const elf::DebugIdentity::Alternate& alternate) const {
    const auto source = file.parent_path() / alternate.file;
    if (alternate.build_id.size() < 4 || !lstat_file(source)) {
      throw Error(Errc::input,
                  fmt::format("'{}' shares debug information by '{}', which is not there",
                              printable(file.native()), printable(alternate.file)));
    }
    const auto to = by_build_id(debug_, alternate.build_id);
    make_directories(to.parent_path());
    fs::copy_file(source, to, fs::copy_options::overwrite_existing);
    ::chmod(to.c_str(), 0644);
  }

  fs::path root_;
  fs::path debug_;
  const DebugTools& tools_;
};

}  // namespace

void strip_to_link(const fs::path& root, const DebugTools& tools) {
  const TempDir scratch(root.parent_path(), "debuglink-");
  const auto link = scratch.path() / "link";
  for_each_program(root, [&](const fs::path& file, const elf::DebugIdentity& identity) {
    elf::write_build_id(file, identity);
    write_file_if_changed(link, elf::debug_link(link_name(identity), identity));
    run_tool({tools.objcopy, "--strip-all", "--preserve-dates", "--remove-section=.gnu_debuglink",
              "--add-section=.gnu_debuglink=" + link.native(), file});
  });
}

void collect_debug(const fs::path& root, const fs::path& debug, const DebugTools& tools) {
  const DebugCollector collector(root, debug, tools);
  for_each_program(root, [&](const fs::path& file, const elf::DebugIdentity& identity) {
    collector.collect(file, identity);
  });
}

void add_stripped(const fs::path& root, const fs::path& debug, Strip strip, const DebugTools& tools,
                  StagedTree& tree) {
  std::set<fs::path> staged;
  if (strip == Strip::to_link) strip_to_link(root, tools);
  if (strip != Strip::to_debug) return tree.add_contents("", root, StagedModes::kept, staged);
  make_directories(debug);
  collect_debug(root, debug, tools);
  tree.add_contents("", debug, StagedModes::normalised, staged);
}

}  // namespace slipway

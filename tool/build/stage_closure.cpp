// What may not happen: an image with two C libraries of one kind. Programs and
// libraries that were linked with different ones cannot live in one process,
// and the loader refuses a libc that is not of its own build. So the C library
// comes as a whole, loader included, from the base when that has it, else as a
// whole from the closure. A part of it that the base lacks (libm, say) comes along
// where it is of the very same build. All else is taken library by library.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <string_view>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "build/staging.hpp"
#include "elf/closure.hpp"
#include "elf/loader_cache.hpp"
#include "elf/object.hpp"
#include "elf/search.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

/// The base as its own loader would search it.
class Base {
 public:
  Base(const View& view, const elf::Abi& abi, const std::string& c_library) : view_(view) {
    elf::ConfigSource source;
    source.read = [&](const std::string& path) { return view.excerpt(path); };
    source.list = [&](const std::string& directory) { return list(directory); };
    directories_ = elf::loader_directories(abi, source);
    c_library_directory_ = find(c_library);
  }

  /// The directory (symlinks resolved) where the loader finds a file.
  std::optional<std::string> find(std::string_view name) const {
    for (const auto& directory : directories_) {
      if (!has_file(fmt::format("{}/{}", directory, name))) continue;
      return view_.resolve(directory, true).path;
    }
    return std::nullopt;
  }

  bool has_file(std::string_view path) const { return file(path) != nullptr; }

  /// The digest of a file that find() finds.
  std::optional<Digest> content_of(std::string_view name) const {
    const auto directory = find(name);
    const auto* entry = directory ? file(fmt::format("{}/{}", *directory, name)) : nullptr;
    return entry == nullptr ? std::nullopt : entry->content;
  }

  /// Where a file put at `path` ends up.
  std::string place_of(std::string_view path) const { return view_.resolve(path, true).path; }

  /// Where the base has its C library; none: it has none for such programs.
  const std::optional<std::string>& c_library_directory() const noexcept {
    return c_library_directory_;
  }

 private:
  /// A path that cannot be followed (a loop, a file among its parents) has nothing.
  View::Resolution resolve(std::string_view path) const {
    try {
      return view_.resolve(path, true);
    } catch (const Error&) {
      return {};
    }
  }

  const Entry* file(std::string_view path) const {
    const auto* node = resolve(path).node;
    return node != nullptr && node->entry.type == EntryType::file ? &node->entry : nullptr;
  }

  std::vector<std::string> list(const std::string& directory) const {
    std::vector<std::string> names;
    if (const auto* node = resolve(directory).node) {
      for (const auto& [name, child] : node->children) names.push_back(name);
    }
    return names;
  }

  const View& view_;
  std::vector<std::string> directories_;
  std::optional<std::string> c_library_directory_;
};

/// The files, and what directories among them hold.
std::vector<fs::path> files_in(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const auto& path : paths) {
    const auto status = lstat_file(path);
    if (!status || !S_ISDIR(status->st_mode)) {
      files.push_back(path);
      continue;
    }
    for (const auto& name :
         list_directory(open_file(path, O_RDONLY | O_DIRECTORY), path.native())) {
      const auto below = files_in({path / name});
      files.insert(files.end(), below.begin(), below.end());
    }
  }
  return files;
}

/// Programs and plugins of one kind, and what is known of them before a search.
struct Programs {
  elf::Abi abi = {};
  std::string c_library = {};  ///< the file that stands for the C library
  bool is_dynamic = false;
  std::map<std::string, fs::path> loaders = {};  ///< PT_INTERP, and who has it
  std::set<std::string> names = {};              ///< by which the files themselves are needed
};

/// musl's C library is its loader. A plugin names neither but by what it needs.
std::string c_library_of(const elf::Object& object, const elf::Abi& abi) {
  if (!abi.musl) return "libc.so.6";
  if (!object.interpreter.empty()) return fs::path(object.interpreter).filename().native();
  const auto needed =
      std::ranges::find_if(object.needed, [](const auto& name) { return elf::is_c_library(name); });
  return needed == object.needed.end() ? "libc.so" : *needed;
}

Programs look_at(const std::vector<fs::path>& files) {
  Programs result;
  bool is_by_program = false;
  for (const auto& file : files) {
    const auto object = elf::read_object(file);
    if (!object || !object->dynamic) continue;
    const bool is_program = !object->interpreter.empty();
    if (is_program) {
      result.loaders.emplace(object->interpreter, file);
    } else {
      result.names.insert(object->soname.empty() ? file.filename().native() : object->soname);
    }
    if (result.is_dynamic && (is_by_program || !is_program)) continue;
    result.is_dynamic = true;
    is_by_program = is_program;
    result.abi = elf::Abi::of(*object);
    result.c_library = c_library_of(*object, result.abi);
  }
  return result;
}

bool has_equal_bytes(const fs::path& a, const fs::path& b) {
  std::error_code error;
  return fs::file_size(a, error) == fs::file_size(b, error) && read_file(a) == read_file(b);
}

class ClosureStager {
 public:
  ClosureStager(const ClosureStage& stage, const View& view)
      : stage_(stage),
        plugins_(files_in(stage.plugins)),
        given_(files_in(stage.files)),
        programs_(look_at(given_)),
        base_(view, programs_.abi, programs_.c_library) {
    names_.insert(stage.provided.begin(), stage.provided.end());
    names_.insert(programs_.names.begin(), programs_.names.end());
    given_.insert(given_.end(), plugins_.begin(), plugins_.end());
  }

  StagedTree collect(std::set<fs::path>& read, const fs::path& scratch) {
    if (!stage_.of_image) read.insert(given_.begin(), given_.end());
    if (!programs_.is_dynamic) return {};
    check_loaders();
    elf::SearchOptions options{.sysroot = stage_.sysroot,
                               .extra_directories = stage_.library_directories};
    options.opened = stage_.opened;
    options.is_present = [this](const std::string& name) { return is_present(name); };
    auto closure = elf::find_closure(given_, options);
    add_opened_programs(closure);
    if (!stage_.of_image) read.insert(closure.read.begin(), closure.read.end());
    report_missing(closure);
    check_c_library(closure);
    const auto directory = library_directory(closure);
    for (const auto& library : closure.libraries) add(library, directory);
    for (const auto& plugin : plugins_) add_plugin(plugin);
    if (stage_.loader_cache) add_loader_cache(scratch / "ld.so.cache");
    return std::move(tree_);
  }

 private:
  /// As the one who reads the message knows it.
  std::string shown(const fs::path& path) const {
    if (!stage_.of_image) return printable(path.native());
    return printable((fs::path("/") / path.lexically_relative(stage_.sysroot)).native());
  }

  bool base_has_c_library() const { return base_.c_library_directory().has_value(); }

  /// In the base, for programs of this kind.
  bool is_present(const std::string& name) const {
    const bool is_path = name.find('/') != std::string::npos;
    if (elf::is_c_library(name))
      return base_has_c_library() && (is_path || base_.find(name));  // see check_loaders()
    if (stage_.policy == ClosurePolicy::all) return false;
    return is_path ? base_.has_file(name) : base_.find(name).has_value();
  }

  void check_loaders() const {
    if (!base_has_c_library()) return;
    for (const auto& [path, program] : programs_.loaders) {
      if (base_.has_file(path)) continue;
      throw Error(Errc::input,
                  fmt::format("the base has a C library, but not the loader '{}' that '{}' needs",
                              printable(path), shown(program)))
          .with_hint(
              "choose a base for the architecture and C library that the program was built for");
    }
  }

  /// A C library is a program, too: as the one that is looked at it is wanted itself.
  void add_opened_programs(elf::Closure& closure) const {
    for (const auto& file : stage_.files) {
      const auto object = elf::read_object(file);
      if (!object || std::ranges::count(stage_.opened, object->soname) == 0) continue;
      closure.libraries.push_back({.name = object->soname,
                                   .soname = object->soname,
                                   .file = fs::canonical(file),
                                   .found_at = file.lexically_normal()});
    }
  }

  /// What the base's C library lacks can be of the same build only.
  void check_c_library(const elf::Closure& closure) const {
    if (!base_has_c_library()) return;
    const auto of_base = base_.content_of(programs_.c_library);
    for (const auto& library : closure.libraries) {
      if (library.is_loader || !elf::is_c_library(library.name)) continue;
      const auto sibling = library.file.parent_path() / programs_.c_library;
      if (of_base && lstat_file(sibling) &&
          sha256_hex(open_file(sibling, O_RDONLY), sibling.native()) == of_base->hex())
        continue;
      throw Error(
          Errc::input,
          fmt::format("'{}' needs '{}' of the C library, which the base lacks; its C library "
                      "is of another build than '{}'",
                      shown(library.needed_by), printable(library.name), shown(library.file)))
          .with_hint(
              "choose a base that has it, compile in an image of the base's kind "
              "(COMPILE_IN), or link statically");
    }
  }

  void report_missing(const elf::Closure& closure) const {
    std::vector<const elf::Closure::Missing*> missing;
    std::set<std::string> told;
    for (const auto& library : closure.missing) {
      if (!names_.contains(library.name) && told.insert(library.name).second)
        missing.push_back(&library);
    }
    if (missing.empty()) return;
    const auto& first = *missing.front();
    std::string message = fmt::format("shared library '{}' is not found: needed by '{}'",
                                      printable(first.name), shown(first.needed_by));
    for (std::size_t i = 0; i < first.searched.size(); ++i) {
      message += fmt::format("{}'{}'", i == 0 ? ", searched in " : ", ", shown(first.searched[i]));
    }
    if (missing.size() > 1) message += fmt::format(" (and {} more libraries)", missing.size() - 1);
    throw Error(Errc::input, std::move(message))
        .with_hint(
            "install it, name its directory with --library-directory, or use RUNTIME_DEPENDENCIES "
            "NONE");
  }

  /// Where libraries go: beside the C library, which the loader searches for sure.
  std::string library_directory(const elf::Closure& closure) const {
    if (stage_.library_dir) return base_.place_of(*stage_.library_dir);
    if (base_has_c_library()) return *base_.c_library_directory();
    const auto c_library = std::ranges::find_if(closure.libraries, [](const auto& library) {
      return !library.is_loader && elf::is_c_library(library.name);
    });
    if (c_library == closure.libraries.end()) return base_.place_of("usr/lib");
    // A toolchain's own libc has no place of its own in the image.
    if (std::ranges::count(stage_.library_directories, c_library->found_at.parent_path()) > 0)
      return base_.place_of("usr/lib");
    std::error_code error;
    const auto sysroot = fs::canonical(stage_.sysroot, error);
    const auto directory = c_library->file.parent_path().lexically_relative(sysroot);
    return base_.place_of(directory.native().starts_with("..") ? "usr/lib" : directory.native());
  }

  void add(const elf::Library& library, const std::string& directory) {
    if (names_.contains(library.name) || names_.contains(library.soname)) return;
    const bool has_path = library.name.find('/') != std::string::npos;
    const auto path =
        has_path ? base_.place_of(library.name) : join_staged(directory, library.name);
    const auto [there, is_new] = files_.emplace(path, &library);
    if (!is_new) return check_equal(*there->second, library);
    put(path, library.file);
  }

  /// Links followed: the file alone.
  void put(const std::string& path, const fs::path& file) {
    struct stat st = {};
    if (::stat(file.c_str(), &st) != 0)
      throw Error::from_errno(errno, fmt::format("read '{}'", shown(file)));
    tree_.add_file(path, file, st, StagedModes::normalised);
  }

  void add_loader_cache(const fs::path& file) {
    std::vector<elf::CachedLibrary> libraries;
    for (const auto& [path, library] : files_) {
      if (!library->is_loader) libraries.push_back({library->name, "/" + path});
    }
    const auto text = elf::loader_cache(std::move(libraries), programs_.abi);
    if (!text) return;
    write_file_if_changed(file, *text);
    tree_.add_file("etc/ld.so.cache", file, *lstat_file(file), StagedModes::normalised);
  }

  /// At the path that programs know.
  void add_plugin(const fs::path& file) {
    const auto path = file.lexically_normal().lexically_relative(stage_.sysroot);
    put(base_.place_of(path.native()), file);
  }

  void check_equal(const elf::Library& first, const elf::Library& second) {
    if (has_equal_bytes(first.file, second.file)) return;
    throw Error(
        Errc::input,
        fmt::format("two different files for shared library '{}': '{}' (needed by '{}') and '{}' "
                    "(needed by '{}')",
                    printable(first.name), shown(first.file), shown(first.needed_by),
                    shown(second.file), shown(second.needed_by)))
        .with_hint("an image can hold only one of them: link all targets with the same one");
  }

  const ClosureStage& stage_;
  std::vector<fs::path> plugins_;
  std::vector<fs::path> given_;  ///< plugins among them
  Programs programs_;
  Base base_;
  std::set<std::string> names_;  ///< of libraries that others bring
  std::map<std::string, const elf::Library*> files_;
  StagedTree tree_;
};

}  // namespace

void stage_closure(const ClosureStage& stage, const View& base, const std::vector<fs::path>& read) {
  Staging staging(stage.output);
  std::set<fs::path> inputs(read.begin(), read.end());
  auto tree = ClosureStager(stage, base).collect(inputs, staging.scratch());
  staging.publish(std::move(tree), std::move(inputs));
}

}  // namespace slipway

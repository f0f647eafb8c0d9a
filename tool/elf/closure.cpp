#include "elf/closure.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "elf/search.hpp"

namespace slipway::elf {
namespace fs = std::filesystem;
namespace {

/// A root directory, and lookups that do not leave it.
class Sysroot {
 public:
  explicit Sysroot(const fs::path& path) : path_(path) {
    if (path_ != "/") root_ = open_file(path_, O_PATH | O_DIRECTORY);
  }

  bool is_host() const { return !root_; }

  /// The real path of what `path` (absolute, inside the root) leads to.
  std::optional<fs::path> resolve(const std::string& path) const {
    std::error_code error;
    if (is_host()) {
      auto real = fs::canonical(path, error);
      return error ? std::nullopt : std::optional(std::move(real));
    }
    const auto fd = open_in_root(root_, path, O_PATH);
    if (!fd) return std::nullopt;
    auto real = fs::read_symlink(fmt::format("/proc/self/fd/{}", fd->get()), error);
    if (error)
      throw Error::from_errno(error.value(),
                              fmt::format("find '{}' in the sysroot by /proc", printable(path)));
    return real;
  }

  /// A real path below the root, as what is in it sees it.
  fs::path inside(const fs::path& real) const {
    std::error_code error;
    const auto relative = real.lexically_relative(fs::canonical(path_, error));
    return fs::path("/") / relative;
  }

  /// The place of an absolute path inside the root, as this machine names it.
  fs::path outside(const std::string& path) const { return path_ / fs::path(path).relative_path(); }

 private:
  fs::path path_;
  Fd root_;
};

/// A file that may be the library, by its name and by its real one.
struct Place {
  fs::path found_at = {};
  fs::path file = {};
};

/// An object in the process that is being imagined.
struct Loaded {
  const Object* object = nullptr;
  fs::path file = {};
  std::string origin = {};  ///< inside the sysroot when `in_sysroot`
  bool in_sysroot = false;
  bool opens = false;  ///< what programs open by name
  const Loaded* loader = nullptr;
};

/// What becomes of a library that is nowhere.
enum class Lack { told, ignored };

class ClosureFinder {
 public:
  explicit ClosureFinder(const SearchOptions& options)
      : options_(options),
        sysroot_(options.sysroot),
        files_read_(options.read_files == nullptr ? own_files_ : *options.read_files) {
    config_.read = [this](const std::string& path) {
      const auto real = sysroot_.resolve(path);
      if (!real) return std::optional<std::string>();
      note(*real);
      return read_file_if_exists(*real);
    };
    config_.list = [this](const std::string& directory) { return list(directory); };
  }

  Closure find(const std::vector<fs::path>& files) {
    std::vector<Loaded> programs;
    std::vector<Loaded> libraries;
    for (const auto& file : files) {
      note(file);
      const auto* object = files_read_.object(file);
      if (object == nullptr) continue;
      std::error_code error;
      const auto real = fs::canonical(file, error);
      if (error)
        throw Error::from_errno(error.value(), fmt::format("find '{}'", printable(file.native())));
      auto& kind = object->interpreter.empty() ? libraries : programs;
      kind.push_back(
          {.object = object,
           .file = real,
           .origin =
               (options_.files_are_inside ? sysroot_.inside(real) : real).parent_path().native(),
           .in_sysroot = options_.files_are_inside});
    }
    for (auto& opener : programs.empty() ? libraries : programs) opener.opens = true;
    for (const auto& program : programs) add_loader(program);
    for (const auto& program : programs) load(program);
    // A library is loaded by a program in the first place, with the paths that
    // the program adds; on its own only when none needs it (a plugin).
    for (const auto& library : libraries) {
      if (!files_.contains(library.file)) load(library);
    }
    closure_.read.assign(read_.begin(), read_.end());
    return std::move(closure_);
  }

 private:
  void note(const fs::path& path) { read_.insert(path); }

  std::vector<std::string> list(const std::string& directory) {
    std::vector<std::string> names;
    const auto real = sysroot_.resolve(directory);
    if (!real) return names;
    note(*real);
    std::error_code error;
    for (fs::directory_iterator it(*real, error), end; !error && it != end; it.increment(error)) {
      names.push_back(it->path().filename().native());
    }
    return names;
  }

  const std::vector<std::string>& directories(const Abi& abi) {
    for (const auto& [known, result] : directories_) {
      if (known == abi) return result;
    }
    return directories_.emplace_back(abi, loader_directories(abi, config_)).second;
  }

  bool is_present(const std::string& name) const {
    return options_.is_present && options_.is_present(name);
  }

  void add_loader(const Loaded& program) {
    const auto& path = program.object->interpreter;
    loader_names_.insert(fs::path(path).filename().native());
    if (is_present(path)) return;
    const auto place = find_loader(path, Abi::of(*program.object));
    if (!place) {
      closure_.missing.push_back({path, program.file, {sysroot_.outside(path).parent_path()}});
      return;
    }
    if (!loader_paths_.insert(path).second) return;
    note(place->file);
    const auto* object = files_read_.object(place->file);
    const auto soname = object != nullptr ? object->soname : std::string();
    if (!soname.empty()) loader_names_.insert(soname);
    closure_.libraries.push_back({.name = path,
                                  .soname = soname,
                                  .file = place->file,
                                  .found_at = place->found_at,
                                  .needed_by = program.file,
                                  .is_loader = true});
  }

  /// A toolchain for another machine has it beside its C library, not at its own path.
  std::optional<Place> find_loader(const std::string& path, const Abi& abi) {
    if (auto real = sysroot_.resolve(path)) return Place{sysroot_.outside(path), std::move(*real)};
    for (const auto& directory : options_.extra_directories) {
      const auto file = directory / fs::path(path).filename();
      if (auto found = try_host(file.native(), abi)) return std::move(found->first);
    }
    return std::nullopt;
  }

  /// Load one program (or plugin) and all it needs, breadth first as the
  /// loader does: of two libraries with one name the one met first is taken.
  void load(const Loaded& program) {
    const Abi abi = Abi::of(*program.object);
    const bool is_plugin = program.object->interpreter.empty();
    std::deque<Loaded> process{program};
    std::set<std::string> names{program.object->soname};
    const auto load_library = [&](const std::string& name, const Loaded& loader,
                                  Lack lack = Lack::told) {
      if (names.contains(name) || is_in_loader(name, abi) || is_present(name)) return;
      names.insert(name);
      // What loads the plugin has its own libraries in the process already.
      if (is_plugin && names_.contains(name)) return;
      auto found = find_library(name, loader, process.front(), abi, lack);
      if (!found) return;
      if (!found->object->soname.empty()) names.insert(found->object->soname);
      process.push_back(std::move(*found));
    };
    if (!is_plugin) {
      for (const auto& name : options_.preloaded)
        load_library(name, process.front(), Lack::ignored);
    }
    for (std::size_t i = 0; i < process.size(); ++i) {
      const Loaded& loader = process[i];
      for (const auto& name : loader.object->needed) load_library(name, loader);
      if (!abi.musl) {
        for (const auto& name : loader.object->filters) load_library(name, loader);
        for (const auto& name : loader.object->auxiliaries)
          load_library(name, loader, Lack::ignored);
      }
      if (!loader.opens) continue;
      for (const auto& name : options_.opened) load_library(name, loader);
    }
    names_.insert(names.begin(), names.end());
    auto& files = closure_.processes.emplace_back();
    for (const auto& loaded : process) files.push_back(loaded.file);
    if (const auto real = sysroot_.resolve(program.object->interpreter); !is_plugin && real)
      files.push_back(*real);
  }

  /// musl's loader is its C library as well, and takes no file for these names.
  bool is_in_loader(const std::string& name, const Abi& abi) const {
    return loader_names_.contains(name) ||
           (abi.musl && !loader_names_.empty() && is_c_library(name));
  }

  std::optional<Loaded> find_library(const std::string& name, const Loaded& loader,
                                     const Loaded& program, const Abi& abi, Lack lack) {
    std::vector<fs::path> searched;
    in_the_way_.clear();
    auto found = search(name, loader, program, abi, searched);
    if (!in_the_way_.empty()) found.reset();
    if (!found) {
      if (lack == Lack::told)
        closure_.missing.push_back({name, loader.file, std::move(searched), in_the_way_});
      return std::nullopt;
    }
    auto& [place, loaded] = *found;
    note(place.file);
    files_.insert(place.file);
    if (listed_.emplace(name, place.file).second) {
      closure_.libraries.push_back({.name = name,
                                    .soname = loaded.object->soname,
                                    .file = place.file,
                                    .found_at = place.found_at,
                                    .needed_by = loader.file});
    }
    loaded.loader = &loader;
    return std::move(loaded);
  }

  using Found = std::pair<Place, Loaded>;

  std::optional<Found> search(const std::string& name, const Loaded& loader, const Loaded& program,
                              const Abi& abi, std::vector<fs::path>& searched) {
    if (name.find('/') != std::string::npos) {
      for (const auto& path : expand_tokens(name, abi, loader.origin)) {
        if (auto found = try_paths(path, loader, abi)) return found;
      }
      return std::nullopt;
    }
    // musl looks there before it looks at the files' own paths, and RUNPATH is an RPATH for it.
    if (abi.musl) {
      if (auto found = search_library_path(name, abi, searched)) return found;
    }
    if (auto found = search_rpath(name, loader, program, abi, searched)) return found;
    if (!abi.musl) {
      if (auto found = search_library_path(name, abi, searched)) return found;
      const auto& runpath = loader.object->runpath;
      if (auto found = search_elements(runpath, loader, name, abi, searched)) return found;
    }
    for (const auto& directory : options_.extra_directories) {
      searched.push_back(directory);
      if (auto found = try_host((directory / name).native(), abi)) return found;
    }
    const auto left_out =
        loader.object->skips_defaults ? built_in_directories(abi) : std::vector<std::string>();
    for (const auto& directory : directories(abi)) {
      if (std::ranges::find(left_out, directory) != left_out.end()) continue;
      const auto real = sysroot_.resolve(directory);
      if (!real) continue;
      note(*real);
      searched.push_back(sysroot_.outside(directory));
      if (auto found = try_in_directory(directory, name, abi)) return found;
    }
    return std::nullopt;
  }

  /// A directory inside the sysroot, what it has for better processors first.
  std::optional<Found> try_in_directory(const std::string& directory, const std::string& name,
                                        const Abi& abi) {
    for (const auto& below : hwcaps_directories(abi, options_.x86_level)) {
      if (auto found = try_sysroot(fmt::format("{}/{}/{}", directory, below, name), abi))
        return found;
    }
    return try_sysroot(directory + "/" + name, abi);
  }

  std::optional<Found> search_elements(const std::vector<std::string>& elements,
                                       const Loaded& owner, const std::string& name, const Abi& abi,
                                       std::vector<fs::path>& searched) {
    for (const auto& element : elements) {
      for (const auto& expanded : expand_tokens(element, abi, owner.origin)) {
        const auto directory = absolute(expanded);
        if (directory.empty()) continue;
        searched.emplace_back(directory);
        for (const auto& below : hwcaps_directories(abi, options_.x86_level)) {
          auto found = try_paths(fmt::format("{}/{}/{}", directory, below, name), owner, abi);
          if (found) return found;
        }
        if (auto found = try_paths(directory + "/" + name, owner, abi)) return found;
      }
    }
    return std::nullopt;
  }

  std::optional<Found> search_library_path(const std::string& name, const Abi& abi,
                                           std::vector<fs::path>& searched) {
    for (const auto& directory : options_.library_path) {
      searched.push_back(sysroot_.outside(directory));
      if (auto found = try_in_directory(directory, name, abi)) return found;
    }
    return std::nullopt;
  }

  std::optional<Found> search_rpath(const std::string& name, const Loaded& loader,
                                    const Loaded& program, const Abi& abi,
                                    std::vector<fs::path>& searched) {
    const auto in = [&](const std::vector<std::string>& elements, const Loaded& owner) {
      return search_elements(elements, owner, name, abi, searched);
    };
    if (abi.musl) {  // either path, and both are inherited
      for (const auto* owner = &loader; owner != nullptr; owner = owner->loader) {
        const auto& object = *owner->object;
        if (auto found = in(object.runpath.empty() ? object.rpath : object.runpath, *owner))
          return found;
      }
      return std::nullopt;
    }
    if (loader.object->runpath.empty()) {
      const Loaded* last = nullptr;
      for (const auto* owner = &loader; owner != nullptr; owner = owner->loader) {
        last = owner;
        if (!owner->object->runpath.empty())
          continue;  // it makes the loader ignore an RPATH beside it
        if (auto found = in(owner->object->rpath, *owner)) return found;
      }
      if (last != &program && program.object->runpath.empty()) {
        if (auto found = in(program.object->rpath, program)) return found;
      }
    }
    return std::nullopt;
  }

  /// By the working directory; empty where that is not known.
  std::string absolute(const std::string& path) const {
    if (path.starts_with('/') || options_.working_directory.empty())
      return path.starts_with('/') ? path : std::string();
    return fmt::format("{}/{}", options_.working_directory, path);
  }

  /// A full path written in `owner`: one inside the sysroot means a place in
  /// there; a file being built may name places of both sides.
  std::optional<Found> try_paths(const std::string& written, const Loaded& owner, const Abi& abi) {
    const auto path = absolute(written);
    if (path.empty()) return std::nullopt;
    if (!owner.in_sysroot) {
      if (auto found = try_host(path, abi)) return found;
    }
    return sysroot_.is_host() ? std::nullopt : try_sysroot(path, abi);
  }

  std::optional<Found> try_host(const std::string& path, const Abi& abi) {
    std::error_code error;
    auto real = fs::canonical(path, error);
    if (error) return std::nullopt;
    return try_file({path, std::move(real)}, fs::path(path).parent_path().native(), false, abi);
  }

  std::optional<Found> try_sysroot(const std::string& path, const Abi& abi) {
    auto real = sysroot_.resolve(path);
    if (!real) return std::nullopt;
    return try_file({sysroot_.outside(path), std::move(*real)},
                    fs::path(path).parent_path().native(), !sysroot_.is_host(), abi);
  }

  std::optional<Found> try_file(Place place, std::string origin, bool in_sysroot, const Abi& abi) {
    const auto* object = files_read_.object(place.file);
    if (object == nullptr && in_the_way_.empty()) in_the_way_ = place.found_at;
    if (object == nullptr || !abi.accepts(*object)) return std::nullopt;
    Loaded loaded{.object = object,
                  .file = place.file,
                  .origin = std::move(origin),
                  .in_sysroot = in_sysroot};
    return Found(std::move(place), std::move(loaded));
  }

  const SearchOptions& options_;
  Sysroot sysroot_;
  Files own_files_;
  Files& files_read_;
  ConfigSource config_;
  std::deque<std::pair<Abi, std::vector<std::string>>> directories_;
  std::set<std::string> loader_names_;
  std::set<std::string> loader_paths_;
  std::set<std::string> names_;  ///< loaded by programs
  std::set<fs::path> files_;     ///< libraries that were found
  fs::path in_the_way_;          ///< of the search that goes on
  std::set<std::pair<std::string, fs::path>> listed_;
  std::set<fs::path> read_;
  Closure closure_;
};

}  // namespace

Closure find_closure(const std::vector<fs::path>& files, const SearchOptions& options) {
  return ClosureFinder(options).find(files);
}

}  // namespace slipway::elf

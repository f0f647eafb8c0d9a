#include "elf/verify.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>

#include "base/text.hpp"
#include "elf/closure.hpp"
#include "elf/object.hpp"
#include "elf/search.hpp"
#include "elf/symbols.hpp"

namespace slipway::elf {
namespace fs = std::filesystem;
namespace {

std::string machine_name(std::uint16_t machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_386:
      return "x86";
    case EM_AARCH64:
      return "AArch64";
    case EM_ARM:
      return "ARM";
    case EM_RISCV:
      return "RISC-V";
    case EM_PPC64:
      return "64-bit PowerPC";
    case EM_S390:
      return "s390";
    case EM_MIPS:
      return "MIPS";
    default:
      return fmt::format("the machine {}", machine);
  }
}

/// "GLIBC_2.34" -> "GLIBC_", {2, 34}; of other forms all is the family.
std::pair<std::string_view, std::vector<std::int64_t>> split_version(std::string_view name) {
  const auto underscore = name.rfind('_');
  if (underscore == std::string_view::npos) return {name, {}};
  std::vector<std::int64_t> numbers;
  for (const auto& part : split(name.substr(underscore + 1), '.')) {
    const auto number = parse_integer(part);
    if (!number) return {name, {}};
    numbers.push_back(*number);
  }
  return {name.substr(0, underscore + 1), numbers};
}

/// The newest version of the same family; empty: there is none.
std::string newest_like(std::string_view wanted, const std::vector<std::string>& versions) {
  const auto [family, ignored] = split_version(wanted);
  const std::string* newest = nullptr;
  for (const auto& version : versions) {
    if (split_version(version).first != family) continue;
    if (newest == nullptr || split_version(*newest).second < split_version(version).second)
      newest = &version;
  }
  return newest == nullptr ? std::string() : *newest;
}

std::string hint_for_version(std::string_view version) {
  if (version.starts_with("GLIBC_")) {
    return "compile in an older image (COMPILE_IN), or choose a newer base: programs need the C library that they "
           "were linked with, or a later one";
  }
  if (version.starts_with("GLIBCXX_") || version.starts_with("CXXABI_") ||
      version.starts_with("GCC_")) {
    return "choose a base with a newer compiler's libraries, compile in an older image (COMPILE_IN), or link with "
           "-static-libstdc++ -static-libgcc";
  }
  return "put the library that the program was linked with into the image";
}

/// A file of the root, as far as it matters to the processes that load it.
struct Member {
  fs::path path = {};  ///< real
  const Object* object = nullptr;
  const Symbols* symbols = nullptr;
  bool is_incomplete = false;                     ///< it lacks a loader or library
  std::set<std::string, std::less<>> lacks = {};  ///< versions that were told of
  /// If it refers to nothing that is undefined: what defined it, in one process.
  std::optional<std::set<const Member*>> providers = {};
};

class Verifier {
 public:
  Verifier(const VerifyOptions& options, Files& files) : options_(options), files_(files) {
    std::error_code error;
    root_ = fs::canonical(options.root, error);
  }

  std::vector<Problem> run() {
    std::vector<fs::path> files;
    for (const auto& file : options_.files) {
      const auto* object = files_.object(file);
      if (object != nullptr && is_for_machine(file, *object) && object->dynamic)
        files.push_back(file);
    }
    auto closure = find_closure(files, {.sysroot = options_.root,
                                        .files_are_inside = true,
                                        .library_path = options_.library_path,
                                        .preloaded = options_.preloaded,
                                        .working_directory = options_.working_directory,
                                        .x86_level = options_.x86_level,
                                        .read_files = &files_});
    for (const auto& missing : closure.missing) add_missing(missing);
    // Some libraries can be started, too: what they lack is told of the programs first.
    auto& processes = closure.processes;
    std::stable_partition(processes.begin(), processes.end(), [&](const auto& process) {
      return member(process.front()).object->soname.empty();
    });
    for (const auto& process : closure.processes) check(process);
    return std::move(problems_);
  }

 private:
  /// In the order in which the loader looks for symbols.
  using Process = std::vector<Member*>;

  /// As a program in there sees it; what is written in a file is that already.
  std::string inside(const fs::path& path) const {
    for (const auto& root : {root_, options_.root}) {
      if (path.native().starts_with(root.native()))
        return fmt::format("/{}", path.lexically_relative(root).native());
    }
    return path.native();
  }

  void add(Problem problem) {
    if (known_.emplace(problem.file, problem.needs).second) problems_.push_back(std::move(problem));
  }

  bool is_for_machine(const fs::path& file, const Object& object) {
    if (!options_.machine || object.machine == *options_.machine) return true;
    // The kernel runs these beside its own.
    if (*options_.machine == EM_X86_64 && object.machine == EM_386)
      return !object.interpreter.empty();
    // Data for another machine (firmware, test files) is nothing unusual; a program is.
    if (object.interpreter.empty()) return false;
    add({.kind = Problem::Kind::machine,
         .file = inside(file),
         .needs = machine_name(object.machine),
         .message = fmt::format("is a program for {}, the image is for {}",
                                machine_name(object.machine), machine_name(*options_.machine)),
         .hint = "build for the image's PLATFORM, or say the right one"});
    return false;
  }

  void add_missing(const Closure::Missing& missing) {
    member(missing.needed_by).is_incomplete = true;
    const auto file = inside(missing.needed_by);
    if (missing.name.starts_with('/')) {
      const bool is_musl = missing.name.find("ld-musl-") != std::string::npos;
      add({.kind = Problem::Kind::loader,
           .file = file,
           .needs = missing.name,
           .message = fmt::format("needs the loader '{}', which the image does not have",
                                  printable(missing.name)),
           .hint = is_musl
                       ? "it was linked for musl: choose a base with musl, or link it statically"
                       : "choose a base with the C library that it was linked for, or put that in "
                         "(RUNTIME_DEPENDENCIES)"});
      return;
    }
    if (!missing.in_the_way.empty()) {
      add({.kind = Problem::Kind::library,
           .file = file,
           .needs = missing.name,
           .provider = inside(missing.in_the_way),
           .message = fmt::format("needs the library '{}' and finds '{}', which is no ELF file",
                                  printable(missing.name), printable(inside(missing.in_the_way))),
           .hint = "put the library itself there, not what stands for it (a linker script, a "
                   "pointer of Git LFS)"});
      return;
    }
    std::string places;
    for (const auto& directory : missing.searched) {
      places += fmt::format("{}'{}'", places.empty() ? ", searched in " : ", ",
                            printable(inside(directory)));
    }
    add({.kind = Problem::Kind::library,
         .file = file,
         .needs = missing.name,
         .message = fmt::format("needs the library '{}', which the image does not have{}",
                                printable(missing.name), places),
         .hint = "put it in, or into a directory that the loader searches"});
  }

  Member& member(const fs::path& file) {
    auto& member = members_[file.native()];
    if (member.object == nullptr) {
      static const Object none;
      const auto* object = files_.object(file);
      member.path = file;
      member.object = object == nullptr ? &none : object;
      member.symbols = &files_.symbols(file);
    }
    return member;
  }

  void check(const std::vector<fs::path>& files) {
    Process process;
    for (const auto& file : files) process.push_back(&member(file));
    const auto loader = Abi::of(*process.front()->object).musl ? Loader::musl : Loader::glibc;
    if (loader == Loader::glibc) {
      for (auto* file : process) check_versions(*file, process);
    }
    // What is missing would have defined some.
    const bool is_program = !process.front()->object->interpreter.empty();
    if (!is_program || std::ranges::any_of(process, &Member::is_incomplete)) return;
    const std::set<const Member*> loaded(process.begin(), process.end());
    for (auto* file : process) {
      // All that defined what it refers to in a process before may be in this one too.
      if (!file->providers || !std::ranges::includes(loaded, *file->providers))
        check_symbols(*file, process, loader);
    }
  }

  /// The file of the process that goes by the name.
  static const Member* find(const std::string& name, const Process& process) {
    const auto found = std::ranges::find_if(process, [&](const Member* file) {
      return file->object->soname == name || file->path.filename() == name;
    });
    return found == process.end() ? nullptr : *found;
  }

  void check_versions(Member& file, const Process& process) {
    for (const auto& needed : file.symbols->needed_versions()) {
      const auto* provider = find(needed.library, process);
      if (provider == nullptr || needed.is_weak) continue;
      const auto& defined = provider->symbols->defined_versions();
      // The loader takes a library without versions as it is.
      if (defined.empty() || std::ranges::find(defined, needed.name) != defined.end()) continue;
      const auto newest = newest_like(needed.name, defined);
      add({.kind = Problem::Kind::version,
           .file = inside(file.path),
           .needs = needed.name,
           .provider = inside(provider->path),
           .message = newest.empty() ? fmt::format("needs {} of {}, which the image's has not",
                                                   needed.name, needed.library)
                                     : fmt::format("needs {} of {}, the image's has up to {}",
                                                   needed.name, needed.library, newest),
           .hint = hint_for_version(needed.name)});
      file.lacks.insert(needed.name);
    }
  }

  void check_symbols(Member& file, const Process& process, Loader loader) {
    std::set<const Member*> providers;
    bool is_complete = true;
    for (const auto& reference : file.symbols->undefined()) {
      if (!file.lacks.empty() && file.lacks.contains(reference.version)) continue;
      const auto provider = std::ranges::find_if(process, [&](const Member* other) {
        return !(reference.is_copy && other == &file) && other->symbols->defines(reference, loader);
      });
      if (provider != process.end()) {
        providers.insert(*provider);
        continue;
      }
      is_complete = false;
      const auto name = reference.version.empty()
                            ? std::string(reference.name)
                            : fmt::format("{}@{}", reference.name, reference.version);
      add({.kind = Problem::Kind::symbol,
           .file = inside(file.path),
           .needs = name,
           .message = fmt::format("needs the symbol '{}', which nothing that '{}' loads defines",
                                  printable(name), printable(inside(process.front()->path))),
           .hint =
               "a library was replaced by another build of it, or was linked without what it needs"});
    }
    if (is_complete) file.providers = std::move(providers);
  }

  const VerifyOptions& options_;
  Files& files_;
  fs::path root_;
  std::unordered_map<std::string, Member> members_ = {};
  std::set<std::pair<std::string, std::string>> known_ = {};
  std::vector<Problem> problems_ = {};
};

}  // namespace

std::string_view name_of(Problem::Kind kind) {
  switch (kind) {
    case Problem::Kind::machine:
      return "machine";
    case Problem::Kind::loader:
      return "loader";
    case Problem::Kind::library:
      return "library";
    case Problem::Kind::version:
      return "version";
    case Problem::Kind::symbol:
      return "symbol";
    case Problem::Kind::opened_library:
      return "opened-library";
    case Problem::Kind::name_service:
      return "name-service";
    case Problem::Kind::charset:
      return "charset";
    case Problem::Kind::crypto_provider:
      return "crypto-provider";
    case Problem::Kind::certificates:
      return "certificates";
    case Problem::Kind::time_zones:
      return "time-zones";
    case Problem::Kind::locale:
      return "locale";
  }
  return {};
}

std::vector<Problem> verify(const VerifyOptions& options, Files& files) {
  return Verifier(options, files).run();
}

}  // namespace slipway::elf

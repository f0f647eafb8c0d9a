#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "elf/files.hpp"

namespace slipway::elf {

/// One shared library (or the loader) that programs need.
struct Library {
  std::string name = {};            ///< the name it is needed by (DT_NEEDED), or the loader's path
  std::string soname = {};          ///< its own DT_SONAME; empty: none
  std::filesystem::path file = {};  ///< the real file, symlinks followed
  std::filesystem::path found_at = {};  ///< where the search found it (below the sysroot)
  std::filesystem::path needed_by = {};
  bool is_loader = false;
};

/// Where and how to look.
struct SearchOptions {
  std::filesystem::path sysroot = "/";  ///< ld.so.conf, default directories
  std::vector<std::filesystem::path> extra_directories =
      {};  ///< searched after RUNPATH; loaders, too
  /// Libraries that the programs open by name (dlopen()), besides those that they need.
  std::vector<std::string> opened = {};
  /// The files lie in the sysroot, and see nothing outside of it.
  bool files_are_inside = false;
  /// LD_LIBRARY_PATH of the programs: absolute directories of the sysroot.
  std::vector<std::string> library_path = {};
  /// LD_PRELOAD of the programs: names, or paths of the sysroot. What is not there the loader
  /// leaves out.
  std::vector<std::string> preloaded = {};
  /// Where the programs are started, as the sysroot names it: relative paths in them mean
  /// places below. Empty: not known, and such paths lead nowhere.
  std::string working_directory = {};
  /// Which x86-64 level (2 to 4) the processor has at least, for glibc-hwcaps; 1: none of
  /// its directories is searched.
  int x86_level = 1;
  /// True for a needed name (or a loader's path) that is there already: it is
  /// neither searched nor followed. Empty: nothing is.
  std::function<bool(const std::string& name)> is_present = {};
  /// Files that were read already, and will be wanted later; nullptr: those of this search.
  Files* read_files = nullptr;
};

struct Closure {
  /// Each name and file once, dependencies after what needs them. One name may
  /// come with two files when two programs find it in different places.
  std::vector<Library> libraries = {};
  struct Missing {
    std::string name = {};
    std::filesystem::path needed_by = {};
    std::vector<std::filesystem::path> searched = {};
    std::filesystem::path in_the_way = {};  ///< a file of that name that is no ELF file; the
                                            ///< loader looks no further
  };
  std::vector<Missing> missing = {};
  /// Each given program, and each given library that none of them loads, with all
  /// that it loads, in the order in which the loader looks for symbols: itself first,
  /// the loader last. Real files.
  std::vector<std::vector<std::filesystem::path>> processes = {};
  /// Every file that decided, and the loader's own directories up to where a
  /// library was found (for a depfile). Directories of RPATH and RUNPATH are
  /// not among them: they lie in build trees, which change with every build.
  std::vector<std::filesystem::path> read = {};
};

/// The shared-library closure of `files` by the loader's own rules (ld.so(8)):
/// DT_RPATH (of the object and of what loaded it, unless RUNPATH is there),
/// DT_RUNPATH, DT_FILTER, DT_AUXILIARY, $ORIGIN $LIB $PLATFORM, ld.so.conf with its includes,
/// default directories of the interpreter (glibc, multiarch, musl), with glibc-hwcaps; a candidate
/// of another class or machine is passed over. No ldd, and nothing is run, so any architecture will
/// do. Files that are not ELF need nothing. A path inside a sysroot never leads out of it. Throws
/// Errc::input for a file that is missing or damaged.
Closure find_closure(const std::vector<std::filesystem::path>& files, const SearchOptions& options);

}  // namespace slipway::elf

#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace slipway::elf {

/// One shared library (or the loader) that programs need.
struct Library {
  std::string name = {};              ///< the name it is needed by (DT_NEEDED), or the loader's path
  std::filesystem::path file = {};    ///< the real file, symlinks followed
  std::filesystem::path found_at = {};  ///< where the search found it (below the sysroot)
  std::filesystem::path needed_by = {};
  bool is_loader = false;
};

/// Where and how to look.
struct SearchOptions {
  std::filesystem::path sysroot = "/";                 ///< ld.so.conf, default directories
  std::vector<std::filesystem::path> extra_directories = {};  ///< searched after RUNPATH
};

struct Closure {
  std::vector<Library> libraries = {};  ///< each once, dependencies after what needs them
  struct Missing {
    std::string name = {};
    std::filesystem::path needed_by = {};
    std::vector<std::filesystem::path> searched = {};
  };
  std::vector<Missing> missing = {};
  std::vector<std::filesystem::path> read = {};  ///< every file and directory that decided (depfile)
};

/// The shared-library closure of `files` by the loader's own rules (ld.so(8)):
/// DT_RPATH (of the object and of what loaded it, unless RUNPATH is there),
/// DT_RUNPATH, $ORIGIN $LIB $PLATFORM, ld.so.conf with its includes, default
/// directories of the interpreter (glibc, multiarch, musl), glibc-hwcaps left
/// out; a candidate of another class or machine is passed over. No ldd, and
/// nothing is run, so any architecture will do.
Closure find_closure(const std::vector<std::filesystem::path>& files, const SearchOptions& options);

/// True for the parts of the C library itself (libc, libm, the loader, ...),
/// glibc's and musl's, which must all come from one place.
bool is_c_library(const std::string& name);

}  // namespace slipway::elf

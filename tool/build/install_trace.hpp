#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// What an install script did, as cmake's trace tells (--trace-expand
/// --trace-format=json-v1).
struct InstallTrace {
  /// One source of file(INSTALL) or file(COPY).
  struct Source {
    std::string path = {};  ///< a '/' at the end: a directory's contents
    std::string destination = {};
  };
  std::vector<Source> sources = {};
  std::set<std::filesystem::path> scripts = {};  ///< that were run
};

/// Throws Errc::environment on a text that is no such trace.
InstallTrace parse_install_trace(std::string_view text);

/// The files and directories behind the sources. Of a directory only what is
/// below `root` (the DESTDIR) now, so that a pattern's exclusions (a build
/// folder among them, say) do not count.
std::set<std::filesystem::path> installed_sources(const InstallTrace& trace,
                                                  const std::filesystem::path& root);

}  // namespace slipway

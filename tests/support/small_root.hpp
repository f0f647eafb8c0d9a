#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

namespace slipway::test {

/// Make `root` a tree in which the host's `programs` run: they and the shared
/// libraries that ldd names, at their own paths.
inline void make_small_root(const std::filesystem::path& root,
                            const std::vector<std::string>& programs) {
  namespace fs = std::filesystem;
  const auto add = [&](const std::string& path) {
    const fs::path to = root / path.substr(1);
    fs::create_directories(to.parent_path());
    fs::copy_file(path, to, fs::copy_options::skip_existing);
  };
  for (const std::string& program : programs) {
    add(program);
    const CommandResult libraries = run_captured({.argv = {"ldd", program}});
    for (const std::string& line : split(libraries.output, '\n')) {
      const auto start = line.find('/');
      if (start != std::string::npos) add(line.substr(start, line.find(' ', start) - start));
    }
  }
}

/// What `body` prints on our standard output.
template <typename Body>
std::string printed_by(const Body& body) {
  const TempDir dir(std::filesystem::temp_directory_path(), "slipway-test-");
  const std::filesystem::path path = dir.path() / "output";
  const Fd file = open_file(path, O_CREAT | O_WRONLY);
  std::fflush(stdout);
  const Fd before(::dup(1));
  ::dup2(file.get(), 1);
  const auto restore = [&] {
    std::fflush(stdout);
    ::dup2(before.get(), 1);
  };
  try {
    body();
  } catch (...) {
    restore();
    throw;
  }
  restore();
  return read_file(path);
}

/// True where a test that cannot run here must fail instead of being skipped.
inline bool must_run() {
  const char* value = std::getenv("SLIPWAY_TEST_MUST_RUN");
  return value != nullptr && std::string(value) == "1";
}

}  // namespace slipway::test

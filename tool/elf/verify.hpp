#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "elf/files.hpp"

namespace slipway::elf {

/// Why a file could not be loaded, or would be without something it needs.
struct Problem {
  enum class Kind {
    machine,
    loader,
    library,
    version,
    symbol,
    // Doubts: what find_doubts() (elf/doubts.hpp) takes for a need.
    opened_library,
    name_service,
    charset,
    crypto_provider,
    certificates,
    time_zones,
    locale,
  };
  Kind kind = Kind::library;
  std::string file = {};   ///< in the root: "/usr/bin/app"
  std::string needs = {};  ///< the machine, loader, library, version or symbol
  std::string provider =
      {};  ///< in the root: the library that has too little of it; empty: none is there
  std::string message = {};  ///< a sentence without the place of the file
  std::string hint = {};

  bool is_doubt() const { return kind > Kind::symbol; }
};

/// "library", "name-service", ...
std::string_view name_of(Problem::Kind kind);

struct VerifyOptions {
  std::filesystem::path root = {};                ///< of the filesystem that programs will see
  std::vector<std::filesystem::path> files = {};  ///< ELF files below it; others are passed over
  std::optional<std::uint16_t> machine = {};      ///< e_machine that programs must have
  std::vector<std::string> library_path = {};     ///< LD_LIBRARY_PATH: absolute, in the root
  std::vector<std::string> preloaded = {};        ///< LD_PRELOAD: names, or paths in the root
  std::string working_directory = {};             ///< where programs are started, in the root
  int x86_level = 1;                              ///< of every processor that the image may meet
};

/// What the dynamic loader would say of the files, if each program was started with
/// LD_BIND_NOW, and each library that no program loads was opened by something.
/// Nothing is run, so any architecture will do. A library's undefined symbols may
/// be there for what opens it to define: that is no problem. What is read of them stays
/// in `files`.
std::vector<Problem> verify(const VerifyOptions& options, Files& files);

}  // namespace slipway::elf

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.hpp"
#include "elf/files.hpp"
#include "gate/rule.hpp"
#include "layer/view.hpp"
#include "oci/platform.hpp"

namespace slipway::gate {

/// A program or library of the image, and where its bytes are.
struct ElfPath {
  std::string path = {};  ///< in the image: "usr/bin/app"
  std::filesystem::path bytes = {};
};

/// What a target of the project is compiled with.
struct TargetFlags {
  std::string target = {};
  std::vector<std::string> flags = {};
};

/// What the gate looks at.
struct Subject {
  const View& view;
  const View& base;             ///< what the image stands on
  std::size_t base_layers = 0;  ///< of `view`, that many are the base's
  Platform platform = {};
  std::optional<std::uint16_t> machine = {};  ///< e_machine of its programs; others are data
  std::vector<ElfPath> elf_files = {};
  std::vector<TargetFlags> flags = {};
  std::vector<std::string> build_paths = {};  ///< absolute paths of build and source trees
};

struct Finding {
  const Rule* rule = nullptr;
  Severity severity = Severity::warning;
  std::string subject = {};  ///< a path in the image, or a target's name
  bool is_target = false;
  std::string message = {};  ///< what follows the subject: "has an executable stack"
  std::string hint = {};
};

/// Look at what the image adds to its base. Findings are ordered by rule, then by
/// path. What is read of the symbols of ELF files stays in `files`. Throws Errc::input
/// for a damaged one.
std::vector<Finding> check(const Subject& subject, const Levels& levels, elf::Files& files);

bool has_errors(const std::vector<Finding>& findings);

/// Lines of a target's name, a tab, and its options apart by spaces or semicolons.
/// Throws Errc::input for another form.
std::vector<TargetFlags> parse_target_flags(std::string_view text);

/// The compiler's form, with the program's name for a place.
std::string to_text(const std::vector<Finding>& findings);

/// One object with the list "findings".
std::string to_json(const std::vector<Finding>& findings);

/// SARIF 2.1.0; files are those of the image.
std::string to_sarif(const std::vector<Finding>& findings);

}  // namespace slipway::gate

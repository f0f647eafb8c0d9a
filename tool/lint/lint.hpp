#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.hpp"
#include "dockerfile/ast.hpp"
#include "lint/config.hpp"
#include "lint/rule.hpp"
#include "oci/platform.hpp"

namespace slipway::lint {

/// What an image that FROM names brings along.
struct BaseImage {
  std::vector<std::string> environment = {};  ///< names
  bool sets_shell = false;
  Platform platform = {};
  std::vector<std::string> triggers = {};  ///< its ONBUILD instructions
};

/// What values of a label must look like, by hadolint's names of it.
enum class LabelFormat { text, url, rfc3339, spdx, hash, semver, email };

/// Throws Errc::usage with the names that there are.
LabelFormat parse_label_format(std::string_view name);

struct Options {
  std::map<std::string, std::string> build_args = {};
  Platform platform = Platform::host();
  std::string target = {};  ///< stage to look at, with those it needs
  bool all_stages = true;   ///< where no target is named: every stage, not just what the last needs
  std::optional<std::string> ignore_file = {};  ///< text of the context's .dockerignore
  std::function<bool(const std::string& name)> is_context =
      {};  ///< names by --build-context; may be empty
  std::map<std::string, Level, std::less<>> levels = {};  ///< by --rule
  std::vector<Group> groups = {Group::build, Group::slipway, Group::hadolint, Group::cpp};
  std::vector<std::string> trusted_registries =
      {};  ///< "*" stands for any characters; none: all are trusted
  std::map<std::string, LabelFormat> required_labels = {};
  bool strict_labels = false;  ///< no labels but those
  /// What is known of an image without fetching it; may be empty.
  std::function<std::optional<BaseImage>(const std::string& reference)> base_image = {};
};

struct Finding {
  const Rule* rule = nullptr;
  Severity severity = Severity::warning;
  Span span = {};      ///< where to put the caret
  int first_line = 0;  ///< of the instruction
  int last_line = 0;
  std::string message = {};
  std::string hint = {};
};

struct Findings {
  std::vector<Finding> all = {};  ///< by line
  bool fail = false;  ///< check=error=true, and one of Docker's own checks found something

  bool has_errors() const;
};

/// Check a file as it was read: `reading` has the text and what its reader
/// noticed, which are findings too. Pure. Throws rendered Errc::input on a bad
/// "# check=" directive, and Errc::input on a bad BUILDKIT_DOCKERFILE_CHECK.
Findings lint(const dockerfile::Dockerfile& file, const Diagnostics& reading,
              const Options& options);

/// The finding in the compiler's form.
Diagnostic to_diagnostic(const Finding& finding);

}  // namespace slipway::lint

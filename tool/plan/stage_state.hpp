#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.hpp"
#include "dockerfile/ast.hpp"
#include "dockerfile/expand.hpp"
#include "oci/image.hpp"

namespace slipway {

/// What ARG instructions of a stage can refer to.
struct ArgumentValues {
  std::map<std::string, std::string> build = {};   ///< --build-arg
  std::map<std::string, std::string> global = {};  ///< ARGs before the first FROM, platform ARGs
  bool operator==(const ArgumentValues&) const = default;
};

/// What holds in a stage beside the image's config.
struct StageScope {
  /// ARGs with a value, less those that an ENV came after.
  std::map<std::string, std::string, std::less<>> args = {};
  std::vector<std::string> declared = {};  ///< names of all ARGs so far, each once
  bool has_cmd = false;                    ///< CMD was given in this stage: ENTRYPOINT keeps it
  bool operator==(const StageScope&) const = default;
};

/// The words of a COPY or ADD with variables expanded.
struct CopyWords {
  std::vector<std::string> sources = {};
  std::string destination = {};       ///< absolute; ends with '/' where a directory is meant
  std::string destination_text = {};  ///< as the history has it, not made absolute
  std::optional<std::string> chown = {};
  std::optional<std::string> chmod = {};
  std::string checksum = {};
  std::vector<std::string> excludes = {};
  std::vector<std::string> heredocs = {};  ///< contents, expanded where they ask for it
};

/// The command of a RUN, as it is executed.
struct RunWords {
  std::vector<std::string> arguments = {};
  /// A heredoc that begins with "#!" and is all of the command: a file of this
  /// name and text in `script_directory` is what runs.
  std::string script_name = {};
  std::string script = {};
};
inline constexpr std::string_view script_directory = "/dev/pipes";

/// A variable that a command sees, and whether it makes the command another one
/// (the predefined proxy arguments do not).
struct RunVariable {
  std::string name = {};
  std::string value = {};
  bool in_key = true;
};

/// The state of a stage between two instructions: image config, ARGs, and what
/// the history will say. Instructions are replayed on it, in order; nothing is
/// read from disk, so the same replay serves the planner, a single step (over
/// the few instructions that its words need) and the final assembly.
class StageState {
 public:
  /// `base` is the config of the image that the stage stands on; it gets a PATH
  /// if it has none. `os` decides on that, and on the default SHELL. `scope` is
  /// what the image's ONBUILD triggers left, which ran as the stage's first
  /// instructions.
  StageState(ContainerConfig base, ArgumentValues arguments, char escape, std::string created,
             std::string_view os = "linux", StageScope scope = {});

  /// Apply one instruction: metadata change the config; all leave the history
  /// entry that Docker's builder writes, less users and passwords of URLs. FROM starts a child
  /// stage: its parent's ENV wins over the parent's ARGs again. Mistakes in words (unset ${x:?},
  /// bad signal, bad port) are reported at their place.
  void apply(const dockerfile::Instruction& instruction, Diagnostics& diagnostics);

  /// The words of a COPY as they read here.
  CopyWords expand_copy(const dockerfile::Copy& copy, Diagnostics& diagnostics) const;

  /// The command of a RUN: SHELL in front of shell forms, heredocs as BuildKit
  /// passes them on.
  RunWords expand_run(const dockerfile::Run& run) const;

  /// What a RUN's command sees here: of each name the later of ENV and ARG, as
  /// lookup() says, and the predefined proxy arguments in both cases.
  std::vector<RunVariable> run_environment() const;

  /// `text` with its variables, for the fields of a RUN's mount.
  std::string expand_field(std::string_view text) const;

  /// The directory that WORKDIR `path` leads to here, absolute and clean.
  std::string expand_workdir(const dockerfile::Workdir& workdir, Diagnostics& diagnostics) const;

  /// The same of each path of a VOLUME.
  std::vector<std::string> expand_volumes(const dockerfile::Volume& volume,
                                          Diagnostics& diagnostics) const;

  const ContainerConfig& config() const noexcept { return config_; }
  const StageScope& scope() const noexcept { return scope_; }
  /// What MAINTAINER said; nullopt where there was none.
  const std::optional<std::string>& author() const noexcept { return author_; }
  const std::vector<HistoryEntry>& history() const noexcept { return history_; }

  /// The value of a variable here: what the later of ENV and ARG gave it.
  std::optional<std::string> lookup(std::string_view name) const;

 private:
  class Applier;

  std::string expand(const dockerfile::Word& word, Diagnostics& diagnostics) const;
  std::string expand_text(const dockerfile::Heredoc& heredoc, Diagnostics& diagnostics) const;
  std::vector<std::string> expand_all(const std::vector<dockerfile::Word>& words,
                                      Diagnostics& diagnostics) const;
  std::vector<std::string> with_shell(const dockerfile::CommandLine& command) const;
  void record(std::string_view created_by, bool has_layer);

  ContainerConfig config_;
  ArgumentValues arguments_;
  char escape_;
  std::string created_;
  bool is_windows_;
  StageScope scope_;
  std::vector<HistoryEntry> history_ = {};
  std::optional<std::string> author_ = {};
};

/// True for the proxy arguments that need no ARG: HTTP_PROXY, no_proxy, ...
bool is_proxy_argument(std::string_view name);

/// `path` against `directory`, absolute and lexically clean ("/a/../b" -> "/b").
std::string absolute_path(std::string_view directory, std::string_view path);

}  // namespace slipway

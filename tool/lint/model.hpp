#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/ast.hpp"
#include "dockerfile/ignore.hpp"
#include "lint/lint.hpp"
#include "lint/variables.hpp"

namespace slipway::lint {

/// A word and what became of the variables in it.
struct Expanded {
  dockerfile::Word word = {};  ///< as written
  std::string text = {};
  std::vector<std::string> matched = {};
  std::vector<std::string> unmatched = {};
};

/// A variable that is used where nothing defines it.
struct UndefinedUse {
  std::string name = {};
  std::string suggestion = {};  ///< one that is defined; empty: none is close
  Span span = {};
};

/// An instruction at its place in a stage.
struct Site {
  const dockerfile::Instruction* instruction = nullptr;
  const dockerfile::Instruction* onbuild = nullptr;  ///< the ONBUILD whose trigger this is
  std::string_view keyword = {};                     ///< as written
  /// COPY, ADD: the sources; WORKDIR: the path; ENV: the names; EXPOSE: the ports;
  /// ARG: the values.
  std::vector<std::string> words = {};
  std::vector<dockerfile::Mount> mounts = {};  ///< RUN: with variables expanded
  std::vector<UndefinedUse> undefined = {};
  bool shell_is_set = false;  ///< by SHELL, here or in the base

  /// What of the file this is.
  const dockerfile::Instruction& place() const {
    return onbuild == nullptr ? *instruction : *onbuild;
  }

  template <typename Kind>
  const Kind* as() const {
    return std::get_if<Kind>(&instruction->body);
  }
};

struct StageModel {
  const dockerfile::Stage* stage = nullptr;
  std::optional<std::size_t> parent = {};  ///< the stage that FROM names
  std::optional<BaseImage> base = {};      ///< the image that FROM names, where it is known
  bool reachable = true;
  Site from = {};
  Expanded image = {};
  std::string default_image = {};  ///< the same if no build argument were given
  std::optional<Expanded> platform = {};
  bool starts_with_workdir = false;  ///< a WORKDIR of a stage below
  std::vector<Site> sites = {};
};

/// A file with its variables resolved as far as they are known: what the rules
/// look at.
struct Model {
  const dockerfile::Dockerfile* file = nullptr;
  const Options* options = nullptr;
  std::vector<StageModel> stages = {};
  /// The ONBUILDs of each stage that has any, as the start of a stage on it.
  std::vector<StageModel> triggers = {};
  std::vector<std::unique_ptr<dockerfile::Instruction>> trigger_instructions = {};
  std::vector<std::string> global_names = {};  ///< what FROM may mention
  Variables global_values = {};                ///< of those that have one
  std::string target_platform = {};            ///< the value of TARGETPLATFORM

  /// The stages, and then what triggers would add to others: for rules that look at
  /// instructions wherever these run.
  std::vector<const StageModel*> all_bodies() const;

  /// Whether such a body is a stage, and not what triggers would add to one.
  bool is_stage(const StageModel& body) const { return &body == &stages[body.stage->index]; }

  /// The stages whose layers are in the image: the last, and those it stands on.
  std::vector<const StageModel*> final_stages() const;

  /// The stage of that name or number before `limit`.
  std::optional<std::size_t> find_stage(std::string_view word, std::size_t limit,
                                        bool numbers) const;
};

Model make_model(const dockerfile::Dockerfile& file, const Options& options);

}  // namespace slipway::lint

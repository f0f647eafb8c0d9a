#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lint/findings.hpp"
#include "lint/model.hpp"
#include "lint/shell_commands.hpp"

namespace slipway::lint {

/// A RUN of a stage and what it runs.
struct RunSite {
  const Site* site = nullptr;
  const dockerfile::Run* run = nullptr;
  std::vector<ShellCommand> commands = {};
};

std::vector<RunSite> runs_of(const StageModel& stage);

/// What a rule says about one command; empty: nothing.
using Judge = std::string (*)(const ShellCommand&);

struct CommandRule {
  std::string_view name;
  Judge judge;
  std::string_view hint;
};

/// Add one finding a rule and RUN: of the first command that the rule is about.
void judge_commands(const Model& model, std::span<const CommandRule> rules, Collector& findings);

/// Whether a mount keeps what the command writes in this directory out of the layer.
bool mounts_cache_at(const dockerfile::Run& run, std::string_view directory);

}  // namespace slipway::lint

// Habits that keep images small and builds quick.
#include <algorithm>
#include <string>

#include "dockerfile/ignore.hpp"
#include "lint/findings.hpp"
#include "lint/shell_commands.hpp"

namespace slipway::lint {
namespace df = dockerfile;
namespace {

bool installs_packages(const Site& site) {
  const auto* const run = site.as<df::Run>();
  if (run == nullptr) return false;
  return std::ranges::any_of(commands_of(*run), [](const ShellCommand& command) {
    return !operands_of(command, {"apt-get", "apt", "apk", "dnf", "yum", "microdnf", "zypper"},
                        {"install", "add", "in"})
                .empty();
  });
}

bool copies_all(const Site& site) {
  const auto* const copy = site.as<df::Copy>();
  return copy != nullptr && !copy->from && !copy->sources.empty() &&
         df::clean_path(copy->sources.front().text) == ".";
}

void check_order(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    const auto copy = std::ranges::find_if(stage.sites, copies_all);
    const auto install = std::find_if(copy, stage.sites.end(), installs_packages);
    if (install == stage.sites.end()) continue;
    findings.add("PackagesAfterSources", *install,
                 "each change of a source installs the packages again",
                 "put what changes least first: packages above the COPY");
  }
}

bool changes_modes_only(const Site& site) {
  const auto* const run = site.as<df::Run>();
  if (run == nullptr) return false;
  const auto commands = commands_of(*run);
  return !commands.empty() && std::ranges::all_of(commands, [](const ShellCommand& command) {
    return command.program() == "chmod" || command.program() == "chown";
  });
}

void check_modes(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    const Site* before = nullptr;
    for (const auto& site : stage.sites) {
      const bool follows_copy = before != nullptr && before->as<df::Copy>() != nullptr;
      before = &site;
      if (!follows_copy || !changes_modes_only(site)) continue;
      findings.add("ModesInOwnLayer", site, "the files are in the image twice, before and after",
                   "COPY --chmod=... --chown=... says it in one layer");
    }
  }
}

}  // namespace

std::vector<Check> practice_checks() { return {check_order, check_modes}; }

}  // namespace slipway::lint

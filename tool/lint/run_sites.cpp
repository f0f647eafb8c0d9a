#include "lint/run_sites.hpp"

#include <algorithm>
#include <utility>

#include "lint/mounts.hpp"

namespace slipway::lint {
namespace {

bool lies_in(std::string_view path, std::string_view directory) {
  while (directory.ends_with('/')) directory.remove_suffix(1);
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

}  // namespace

std::vector<RunSite> runs_of(const StageModel& stage) {
  std::vector<RunSite> runs;
  for (const auto& site : stage.sites) {
    const auto* const run = site.as<dockerfile::Run>();
    if (run != nullptr) runs.push_back({&site, run, commands_of(*run)});
  }
  return runs;
}

void judge_commands(const Model& model, std::span<const CommandRule> rules, Collector& findings) {
  for (const auto* const body : model.all_bodies()) {
    for (const auto& [site, run, commands] : runs_of(*body)) {
      for (const auto& rule : rules) {
        for (const auto& command : commands) {
          auto message = rule.judge(command);
          if (message.empty()) continue;
          findings.add(rule.name, *site, std::move(message), std::string(rule.hint));
          break;
        }
      }
    }
  }
}

bool mounts_cache_at(const dockerfile::Run& run, std::string_view directory) {
  return std::ranges::any_of(run.mounts, [&](const dockerfile::Mount& mount) {
    const auto target = mount_target(mount);
    return lies_in(target, directory) || (!target.empty() && lies_in(directory, target));
  });
}

}  // namespace slipway::lint

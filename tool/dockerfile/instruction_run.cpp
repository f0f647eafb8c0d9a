// RUN and its flags.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "dockerfile/instructions.hpp"

namespace slipway::dockerfile {
namespace {

std::string read_choice(std::string_view name, const std::vector<std::string>& choices,
                        FlagReader& flags, Reporter& report) {
  const auto word = flags.word(name);
  if (!word) return {};
  if (std::find(choices.begin(), choices.end(), word->text) == choices.end()) {
    report.error_at(word->span, fmt::format("unknown {} mode '{}'", name, printable(word->text)),
                    fmt::format("it is one of {}", fmt::join(choices, ", ")));
  }
  return word->text;
}

}  // namespace

Body read_run(const Statement& statement, Reporter& report) {
  Run run;
  FlagReader flags(statement, report);
  for (const auto& word : flags.words("mount")) {
    if (auto mount = read_mount(word, report)) run.mounts.push_back(std::move(*mount));
  }
  run.network = read_choice("network", {"default", "none", "host"}, flags, report);
  run.security = read_choice("security", {"sandbox", "insecure"}, flags, report);
  run.devices = flags.words("device");
  flags.finish();
  run.command = command_line(statement.arguments, report);
  run.heredocs = statement.heredocs;
  return run;
}

}  // namespace slipway::dockerfile

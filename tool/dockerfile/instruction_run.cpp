// RUN and its flags.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dockerfile/instructions.hpp"
#include "dockerfile/mount.hpp"

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

std::vector<Word> read_devices(FlagReader& flags, Reporter& report) {
  auto devices = flags.words("device");
  for (const auto& device : devices) {
    try {
      parse_device(device.text);
    } catch (const Error& error) {
      report.error_at(device.span, error.what(), error.hint());
    }
  }
  return devices;
}

}  // namespace

Body read_run(Statement& statement, Reporter& report) {
  Run run;
  FlagReader flags(statement, report);
  for (const auto& word : flags.words("mount")) {
    if (auto mount = read_mount(word, report)) run.mounts.push_back(std::move(*mount));
  }
  run.network = read_choice("network", {"default", "none", "host"}, flags, report);
  run.security = read_choice("security", {"sandbox", "insecure"}, flags, report);
  run.devices = read_devices(flags, report);
  flags.finish();
  run.command = command_line(statement.arguments, report);
  run.heredocs = std::move(statement.heredocs);
  return run;
}

}  // namespace slipway::dockerfile

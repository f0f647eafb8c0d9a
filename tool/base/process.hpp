#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

/// A program to run. It inherits the environment, changed by `environment`,
/// unless that is to be all.
struct Command {
  std::vector<std::string> argv = {};
  std::vector<std::pair<std::string, std::string>> environment = {};
  bool inherits = true;
  std::optional<std::filesystem::path> directory = {};
  std::optional<unsigned> umask = {};
};

struct CommandResult {
  int status = 0;      ///< exit status, or 128 + signal
  std::string output;  ///< stdout and stderr, joined in the order written
};

/// Run to the end and capture what it prints. Throws Errc::environment when
/// the program cannot be started ("run 'cmake': No such file or directory").
/// The child dies with us (PR_SET_PDEATHSIG).
CommandResult run_captured(const Command& command);

/// Run with `input` (short: it must fit into a pipe) as its standard input, and
/// capture its standard output alone; stderr is passed through.
CommandResult run_asked(const Command& command, std::string_view input);

/// Run with its standard input fed by `feed` (called with the write function
/// until it returns) and stdout/stderr passed through. Returns the exit status.
int run_fed(const Command& command,
            const std::function<void(const std::function<void(std::span<const std::byte>)>&)>& feed);

}  // namespace slipway

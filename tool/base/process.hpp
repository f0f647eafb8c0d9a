#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
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
  /// Set-ID bits of the program do not count: with them the kernel would not let it
  /// die with us.
  bool gains_nothing = false;
};

struct CommandResult {
  int status = 0;      ///< exit status, or 128 + signal
  std::string output;  ///< stdout and stderr, joined in the order written
};

/// Run to the end and capture what it prints. Throws Errc::environment when
/// the program cannot be started ("run 'cmake': No such file or directory").
/// The child dies with us (PR_SET_PDEATHSIG).
CommandResult run_captured(const Command& command);

/// A program that runs beside us for as long as this object lives; what it prints
/// goes nowhere. It dies with us.
class Companion {
 public:
  /// Throws as run_captured() does.
  explicit Companion(const Command& command);
  Companion(Companion&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Companion& operator=(Companion&&) = delete;
  ~Companion();

  /// Not killed by us, but by itself.
  bool has_ended();

 private:
  pid_t pid_;
};

/// Run with `input` (short: it must fit into a pipe) as its standard input, and
/// capture its standard output alone; stderr is passed through.
CommandResult run_asked(const Command& command, std::string_view input);

/// Run with its standard input fed by `feed` (called with the write function
/// until it returns) and stdout/stderr passed through. Returns the exit status.
int run_fed(
    const Command& command,
    const std::function<void(const std::function<void(std::span<const std::byte>)>&)>& feed);

/// The same, what it prints (short: it must fit into a pipe) captured.
CommandResult run_fed_captured(
    const Command& command,
    const std::function<void(const std::function<void(std::span<const std::byte>)>&)>& feed);

}  // namespace slipway

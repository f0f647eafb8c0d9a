#pragma once

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/types.h>

#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"
#include "run/child.hpp"
#include "run/raw_terminal.hpp"
#include "run/sandbox.hpp"

namespace slipway {

struct Pipe {
  Fd read = {};
  Fd write = {};
};

/// With O_CLOEXEC. Throws Errc::environment.
Pipe make_pipe();

/// Blocks the signals that are handed on to commands, so that they wait in line
/// instead of ending us.
class BlockedSignals {
 public:
  BlockedSignals();
  BlockedSignals(BlockedSignals&&) = delete;
  BlockedSignals& operator=(BlockedSignals&&) = delete;
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  const sigset_t& set() const noexcept { return set_; }

 private:
  sigset_t set_ = {};
  sigset_t before_ = {};
};

/// What flows between a command and us: its output, and a terminal of its own.
class Streams {
 public:
  /// Opens what the sandbox asks for and puts the command's ends into the plan.
  Streams(const Sandbox& sandbox, ChildPlan& plan);
  Streams(Streams&&) = delete;
  Streams& operator=(Streams&&) = delete;
  ~Streams();

  /// After the command has them: let go of its ends.
  void close_ends_of_command();

  /// Once the command runs: take its terminal over, ours becomes raw.
  void take_terminal();

  /// Pass on what flows, and the signals that arrive at `signals` to `process`, until
  /// the process of `pidfd` has ended.
  void serve(const Fd& pidfd, pid_t process, const BlockedSignals& signals);

  /// What was written right before the end.
  void drain();

 private:
  void set_window_size() const;
  void pass_keys();
  int input_of_command() const;
  void watch_visitors(std::vector<pollfd>& watched) const;
  void serve_visitors();
  void write_pending();

  const Sandbox& sandbox_;
  std::function<void(std::string_view)> output_sink_;
  std::function<void(std::string_view)> errors_sink_;
  Pipe output_ = {};
  Pipe errors_ = {};
  Pipe input_ = {};  ///< what a command with Input::held reads from
  Fd no_input_ = {};
  Pipe terminal_ = {};  ///< a pair of sockets: our end, the command's
  Fd master_ = {};
  bool passes_keys_ = false;
  std::unique_ptr<RawTerminal> raw_terminal_ = {};
  std::string pending_ = {};  ///< of visitors, for the command
};

}  // namespace slipway

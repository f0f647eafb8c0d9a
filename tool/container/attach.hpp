#pragma once

#include <filesystem>
#include <string_view>

#include "base/file.hpp"
#include "container/container.hpp"
#include "run/visitors.hpp"

namespace slipway {

/// The supervisor's side: a socket in the container's folder, `attach`, for those who
/// come to its streams.
class AttachServer : public Visitors {
 public:
  explicit AttachServer(const Container& container);

  std::vector<int> files() const override;
  VisitorInput read() override;

  /// What the command writes. Who does not keep up is sent away.
  void show_output(std::string_view text) { send('o', text); }
  void show_errors(std::string_view text) { send('e', text); }
  /// It has ended, with that status.
  void finish(int status);

 private:
  void send(char kind, std::string_view text);

  Fd listener_ = {};
  std::vector<Fd> visitors_ = {};
};

struct AttachOptions {
  bool input = true;  ///< ours goes to the command, where that takes any
  bool passes_signals = true;
};

/// Come to the streams of a container that runs detached, until it ends or the keys
/// Ctrl-P Ctrl-Q are pressed (0 then); its exit status. Throws Errc::input for one that
/// does not run, or runs in another process's foreground.
int attach_to(const Container& container, const AttachOptions& options);

}  // namespace slipway

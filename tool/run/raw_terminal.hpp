#pragma once

#include <sys/ioctl.h>
#include <termios.h>

namespace slipway {

/// Our terminal hands on key by key for as long as it lives.
class RawTerminal {
 public:
  RawTerminal();
  RawTerminal(RawTerminal&&) = delete;
  RawTerminal& operator=(RawTerminal&&) = delete;
  ~RawTerminal();

 private:
  termios mode_ = {};
};

/// The size of our own terminal, as far as we have one.
winsize own_window() noexcept;

}  // namespace slipway

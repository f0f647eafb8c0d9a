#include "run/raw_terminal.hpp"

#include <unistd.h>

namespace slipway {

RawTerminal::RawTerminal() {
  ::tcgetattr(STDIN_FILENO, &mode_);
  termios raw = mode_;
  ::cfmakeraw(&raw);
  ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

RawTerminal::~RawTerminal() { ::tcsetattr(STDIN_FILENO, TCSADRAIN, &mode_); }

winsize own_window() noexcept {
  winsize window = {};
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::ioctl(file, TIOCGWINSZ, &window) == 0) break;
  }
  return window;
}

}  // namespace slipway

#pragma once

#include <sys/ioctl.h>

#include <optional>
#include <string>
#include <vector>

namespace slipway {

/// What others have for a command that runs already.
struct VisitorInput {
  std::string text = {};               ///< for its standard input, or terminal
  std::optional<winsize> window = {};  ///< of theirs
};

/// Others who come to a command's streams while it runs.
class Visitors {
 public:
  Visitors() = default;
  Visitors(Visitors&&) = delete;
  Visitors& operator=(Visitors&&) = delete;
  virtual ~Visitors() = default;

  /// What can be read when somebody comes, goes or has something to say.
  virtual std::vector<int> files() const = 0;

  /// Called when one of them can be read. Does not wait.
  virtual VisitorInput read() = 0;
};

}  // namespace slipway

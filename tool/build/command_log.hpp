#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "build/step.hpp"

namespace slipway {

/// The output of a step's command: on its way to who watches the build, and kept
/// in a file beside the step's others.
class CommandLog {
 public:
  CommandLog(const std::string& id, const BuildContext& context);

  void write(std::string_view text);

  const std::filesystem::path& path() const { return path_; }

  /// The last lines, for the report of a failure; empty where they stand right
  /// above it on the standard error.
  std::string end_for_reader() const;

 private:
  const std::string id_;
  const BuildContext& context_;
  std::filesystem::path path_;
  Fd file_;
  std::string end_ = {};
};

}  // namespace slipway

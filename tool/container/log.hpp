#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.hpp"

namespace slipway {

/// Now, with nanoseconds, as Docker's documents have times.
std::string rfc3339_now();

/// What a container prints, a line of JSON a piece, as Docker's json-file driver
/// writes it: {"log":"text\n","stream":"stdout","time":"..."}. A piece is a line, or
/// what there was of one after 16 KiB or at the end. What does not fit on the disk is
/// left out.
class LogWriter {
 public:
  /// Goes on with the file that is there.
  explicit LogWriter(const std::filesystem::path& path);
  LogWriter(LogWriter&&) = delete;
  LogWriter& operator=(LogWriter&&) = delete;
  /// The command has ended: what is left of unfinished lines.
  void finish();

  void write_output(std::string_view text) { write(output_, "stdout", text); }
  void write_errors(std::string_view text) { write(errors_, "stderr", text); }

 private:
  void write(std::string& pending, const char* stream, std::string_view text);
  void write_piece(const char* stream, std::string_view piece);

  std::filesystem::path path_;
  Fd file_;
  std::string output_ = {};
  std::string errors_ = {};
};

struct LogLine {
  std::string text = {};
  bool is_error = false;
  std::string time = {};
};

struct LogSelection {
  std::optional<std::uint64_t> tail = {};  ///< so many of the last lines
  std::optional<std::int64_t> since = {};  ///< seconds since 1970
  std::optional<std::int64_t> until = {};
  bool follows = false;
};

/// Hand over what is chosen of the log; with `follows` also what comes, until
/// `has_ended` says that nothing more will.
void read_log(const std::filesystem::path& path, const LogSelection& selection,
              const std::function<void(const LogLine&)>& sink,
              const std::function<bool()>& has_ended);

}  // namespace slipway

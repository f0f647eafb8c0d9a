#include "build/command_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {

constexpr std::size_t kept_text = 8192;
constexpr std::size_t shown_lines = 20;

/// Ours, but not ours to close.
struct StandardError : Fd {
  StandardError() : Fd(STDERR_FILENO) {}
  ~StandardError() { release(); }
};

}  // namespace

CommandLog::CommandLog(const std::string& id, const BuildContext& context)
    : id_(id),
      context_(context),
      path_(context.directory / (id + ".log")),
      file_(open_file(path_, O_WRONLY | O_CREAT | O_TRUNC)) {}

void CommandLog::write(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  write_all(file_, bytes, path_.native());
  if (context_.printed) {
    context_.printed(id_, text);
  } else {
    write_all(StandardError(), bytes, "standard error");
  }
  end_ += text;
  if (end_.size() > 2 * kept_text) end_.erase(0, end_.size() - kept_text);
}

std::string CommandLog::end_for_reader() const {
  if (!context_.printed || end_.empty()) return {};
  auto lines = split(end_, '\n');
  if (lines.back().empty()) lines.pop_back();
  std::string text;
  for (std::size_t i = lines.size() > shown_lines ? lines.size() - shown_lines : 0;
       i < lines.size(); ++i) {
    text += fmt::format("  | {}\n", printable(lines[i]));
  }
  return text;
}

}  // namespace slipway

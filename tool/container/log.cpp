#include "container/log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <deque>
#include <utility>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {

constexpr std::size_t longest_piece = 16 * 1024;

/// How often a log that is followed is looked at.
constexpr useconds_t follow_interval = 50'000;

std::optional<LogLine> parse_line(const std::string& text) {
  const auto json = try_parse_json(text).value_or(Json());
  if (!json.is_object()) return std::nullopt;
  LogLine line;
  line.text = json.value("log", "");
  line.is_error = json.value("stream", "") == "stderr";
  line.time = json.value("time", "");
  return line;
}

/// Whole lines of a file that grows.
class GrowingFile {
 public:
  explicit GrowingFile(const std::filesystem::path& path)
      : path_(path), file_(open_file(path, O_RDONLY | O_CREAT, 0600)) {}

  /// What there is now.
  std::vector<std::string> read_lines() {
    std::string buffer(1 << 16, '\0');
    while (const auto size =
               read_some(file_, std::as_writable_bytes(std::span(buffer)), path_.native())) {
      pending_.append(buffer, 0, size);
    }
    std::vector<std::string> lines;
    std::size_t start = 0;
    for (auto end = pending_.find('\n'); end != std::string::npos;
         end = pending_.find('\n', start)) {
      lines.push_back(pending_.substr(start, end - start));
      start = end + 1;
    }
    pending_.erase(0, start);
    return lines;
  }

 private:
  std::filesystem::path path_;
  Fd file_;
  std::string pending_ = {};
};

}  // namespace

std::string rfc3339_now() {
  timespec now = {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  auto text = rfc3339(now.tv_sec);
  text.pop_back();
  return fmt::format("{}.{:09}Z", text, now.tv_nsec);
}

LogWriter::LogWriter(const std::filesystem::path& path)
    : path_(path), file_(open_file(path, O_WRONLY | O_CREAT | O_APPEND, 0600)) {}

void LogWriter::finish() {
  if (!output_.empty()) write_piece("stdout", std::exchange(output_, {}));
  if (!errors_.empty()) write_piece("stderr", std::exchange(errors_, {}));
}

void LogWriter::write(std::string& pending, const char* stream, std::string_view text) {
  pending += text;
  std::size_t start = 0;
  while (start < pending.size()) {
    const auto end = pending.find('\n', start);
    const auto size = std::min(end == std::string::npos ? pending.size() - start : end + 1 - start,
                               longest_piece);
    if (end == std::string::npos && size < longest_piece) break;
    write_piece(stream, std::string_view(pending).substr(start, size));
    start += size;
  }
  pending.erase(0, start);
}

void LogWriter::write_piece(const char* stream, std::string_view piece) {
  const Json json = {{"log", piece}, {"stream", stream}, {"time", rfc3339_now()}};
  const auto line = to_printable_text(json) + '\n';
  struct stat before = {};
  const bool is_known = ::fstat(file_.get(), &before) == 0;
  try {
    write_all(file_, std::as_bytes(std::span(line)), path_.native());
  } catch (const Error&) {
    // A full disk costs the line, not the container; half a line would be none.
    if (is_known) (void)!::ftruncate(file_.get(), before.st_size);
  }
}

void read_log(const std::filesystem::path& path, const LogSelection& selection,
              const std::function<void(const LogLine&)>& sink,
              const std::function<bool()>& has_ended) {
  GrowingFile file(path);
  const auto is_chosen = [&](const LogLine& line) {
    const auto time = parse_rfc3339(line.time);
    return (!selection.since || !time || *time >= *selection.since) &&
           (!selection.until || !time || *time <= *selection.until);
  };
  std::deque<LogLine> last;
  for (const auto& text : file.read_lines()) {
    auto line = parse_line(text);
    if (!line || !is_chosen(*line)) continue;
    last.push_back(std::move(*line));
    if (selection.tail && last.size() > *selection.tail) last.pop_front();
  }
  for (const auto& line : last) sink(line);
  while (selection.follows) {
    // Asked before reading: what was written until then is read.
    const bool was_last = has_ended();
    for (const auto& text : file.read_lines()) {
      const auto line = parse_line(text);
      if (line && is_chosen(*line)) sink(*line);
    }
    if (was_last) return;
    ::usleep(follow_interval);
  }
}

}  // namespace slipway

#include "cli/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "base/base64.hpp"
#include "base/digesting.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/transfer_display.hpp"
#include "plan/emit.hpp"

namespace slipway::cli {

const std::vector<std::string> progress_modes = {"auto",  "plain", "tty",
                                                 "quiet", "none",  "rawjson"};

namespace {

using Clock = std::chrono::steady_clock;

/// Lines of a command's output that a terminal shows while it runs.
constexpr std::size_t shown_output = 6;

/// Bytes are told of no oftener than this, but for the last.
constexpr auto transfer_period = std::chrono::seconds(1);

/// "1.5 MB / 20 MB".
std::string amount(std::uint64_t done, std::uint64_t total) {
  return total == 0 ? human_size(done)
                    : fmt::format("{} / {}", human_size(done), human_size(total));
}

/// When a step's bytes were last told of, or began to come.
class TransferTimes {
 public:
  /// True when it is time to tell again.
  bool take(const Step& step, std::uint64_t done, std::uint64_t total) {
    const auto now = Clock::now();
    auto& last = last_.emplace(&step, now).first->second;
    if (done != total && now - last < transfer_period) return false;
    last = now;
    return true;
  }

 private:
  std::map<const Step*, Clock::time_point> last_ = {};
};

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

/// The steps' numbers and titles: "[2/5] COPY share /usr/share/app/".
class Titles {
 public:
  explicit Titles(const std::vector<Plan>& plans) {
    for (const auto& plan : plans) {
      const auto platform = plans.size() > 1 ? plan.image.platform.str() + ' ' : std::string();
      std::size_t number = 0;
      for (const auto& step : plan.steps) {
        auto title =
            fmt::format("[{}{}/{}] {}", platform, ++number, plan.steps.size(), title_of(step));
        titles_.emplace(&step, std::pair(titles_.size() + 1, std::move(title)));
      }
    }
  }

  std::size_t number(const Step& step) const { return titles_.at(&step).first; }
  const std::string& title(const Step& step) const { return titles_.at(&step).second; }
  std::size_t size() const { return titles_.size(); }

 private:
  std::map<const Step*, std::pair<std::size_t, std::string>> titles_ = {};
};

/// Makes lines of what comes in pieces. Of a line that is written over (by a
/// carriage return) what came last counts.
class Lines {
 public:
  template <typename Take>
  void add(std::string_view text, const Take& take) {
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      unfinished_ += text.substr(0, end);
      take(shown(unfinished_));
      unfinished_.clear();
      text.remove_prefix(end + 1);
    }
    unfinished_ += text;
  }

  /// A last line may have no end.
  template <typename Take>
  void end(const Take& take) {
    if (!unfinished_.empty()) take(shown(unfinished_));
    unfinished_.clear();
  }

 private:
  static std::string_view shown(std::string_view line) {
    while (line.ends_with('\r')) line.remove_suffix(1);
    const auto written_over = line.rfind('\r');
    return written_over == std::string_view::npos ? line : line.substr(written_over + 1);
  }

  std::string unfinished_ = {};
};

class QuietProgress final : public BuildObserver {
 public:
  void started(const Step&) override {}
  void finished(const Step&, StepOutcome, std::chrono::nanoseconds) override {}
  void failed(const Step&, const std::string&) override {}
  void printed(const Step&, std::string_view) override {}
  void transferred(const Step&, std::uint64_t, std::uint64_t) override {}
};

class PlainProgress final : public BuildObserver {
 public:
  explicit PlainProgress(const std::vector<Plan>& plans) : titles_(plans) {}

  void started(const Step& step) override {
    if (!transfers_) transfers_.emplace();
    outputs_[&step].start = Clock::now();
    fmt::print(stderr, "#{} {}\n", titles_.number(step), titles_.title(step));
  }
  void finished(const Step& step, StepOutcome outcome, std::chrono::nanoseconds duration) override {
    end_line(step);
    if (outcome == StepOutcome::reused) {
      fmt::print(stderr, "#{} CACHED\n", titles_.number(step));
    } else {
      fmt::print(stderr, "#{} DONE {:.1f}s\n", titles_.number(step), seconds(duration));
    }
  }
  void failed(const Step& step, const std::string&) override {
    end_line(step);
    fmt::print(stderr, "#{} ERROR\n", titles_.number(step));
  }
  void printed(const Step& step, std::string_view text) override {
    auto& output = outputs_[&step];
    output.lines.add(text, [&](std::string_view line) { print_line(step, output, line); });
  }
  void transferred(const Step& step, std::uint64_t done, std::uint64_t total) override {
    if (times_.take(step, done, total))
      fmt::print(stderr, "#{} {}\n", titles_.number(step), amount(done, total));
  }

 private:
  struct Output {
    Clock::time_point start = Clock::now();
    Lines lines = {};
  };

  /// "#7 0.123 text", the seconds since the step began.
  void print_line(const Step& step, const Output& output, std::string_view line) const {
    fmt::print(stderr, "#{} {:.3f} {}\n", titles_.number(step),
               seconds(Clock::now() - output.start), line);
  }

  void end_line(const Step& step) {
    auto& output = outputs_[&step];
    output.lines.end([&](std::string_view line) { print_line(step, output, line); });
  }

  std::map<const Step*, Output> outputs_ = {};
  Titles titles_;
  TransferTimes times_;
  std::optional<TransferDisplay> transfers_ = {};  ///< since the first step
};

std::string json_string(const std::string& text) { return to_printable_text(text); }

/// A line a change, each a status document of BuildKit with one vertex in it.
class JsonProgress final : public BuildObserver {
 public:
  explicit JsonProgress(const std::vector<Plan>& plans) : titles_(plans) {}

  void started(const Step& step) override { print(step, {}); }
  void finished(const Step& step, StepOutcome outcome, std::chrono::nanoseconds) override {
    print(step, fmt::format(",\"completed\":\"{}\"{}", now(),
                            outcome == StepOutcome::reused ? ",\"cached\":true" : ""));
  }
  void failed(const Step& step, const std::string& message) override {
    print(step, fmt::format(",\"completed\":\"{}\",\"error\":{}", now(), json_string(message)));
  }
  void printed(const Step& step, std::string_view text) override {
    fmt::print(
        stderr,
        "{{\"logs\":[{{\"vertex\":\"{}\",\"stream\":1,\"data\":\"{}\",\"timestamp\":\"{}\"}}]}}\n",
        digest_of(step), base64_encoded(text), now());
  }
  void transferred(const Step& step, std::uint64_t done, std::uint64_t total) override {
    if (!times_.take(step, done, total)) return;
    fmt::print(
        stderr,
        "{{\"statuses\":[{{\"id\":\"fetching\",\"vertex\":\"{}\",\"current\":{},\"total\":{},"
        "\"timestamp\":\"{}\"}}]}}\n",
        digest_of(step), done, total, now());
  }

 private:
  static std::string now() {
    return rfc3339(std::chrono::duration_cast<std::chrono::seconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count());
  }

  std::string digest_of(const Step& step) const {
    return "sha256:" + sha256_hex(titles_.title(step));
  }

  void print(const Step& step, std::string_view rest) {
    auto& start = starts_[&step];
    if (start.empty()) start = now();
    fmt::print(stderr,
               "{{\"vertexes\":[{{\"digest\":\"{}\",\"name\":{},\"started\":\"{}\"{}}}]}}\n",
               digest_of(step), json_string(titles_.title(step)), start, rest);
  }

  Titles titles_;
  TransferTimes times_;
  std::map<const Step*, std::string> starts_ = {};
};

/// A list of the steps that is redrawn: what is done scrolls away above what runs.
class TerminalProgress final : public BuildObserver {
 public:
  explicit TerminalProgress(const std::vector<Plan>& plans) : titles_(plans) {}

  ~TerminalProgress() override {
    if (ticker_.joinable()) {
      ticker_.request_stop();
      changed_.notify_all();
      ticker_.join();
    }
    erase();
  }

  void started(const Step& step) override {
    const std::lock_guard lock(mutex_);
    if (!ticker_.joinable())
      ticker_ = std::jthread([this](const std::stop_token& stop) { tick(stop); });
    running_[titles_.number(step)] = {titles_.title(step), Clock::now(), {}, {}, {}};
    draw();
  }
  void finished(const Step& step, StepOutcome outcome, std::chrono::nanoseconds duration) override {
    end(step,
        outcome == StepOutcome::reused ? "CACHED" : fmt::format("{:.1f}s", seconds(duration)));
  }
  void failed(const Step& step, const std::string&) override { end(step, "ERROR"); }
  void printed(const Step& step, std::string_view text) override {
    const std::lock_guard lock(mutex_);
    auto& running = running_[titles_.number(step)];
    running.lines.add(text, [&](std::string_view line) {
      running.tail.emplace_back(line);
      if (running.tail.size() > shown_output) running.tail.pop_front();
    });
  }
  void transferred(const Step& step, std::uint64_t done, std::uint64_t total) override {
    const std::lock_guard lock(mutex_);
    running_[titles_.number(step)].transfer = amount(done, total) + ' ';
  }

 private:
  struct Running {
    std::string title = {};
    Clock::time_point start = {};
    std::string transfer = {};  ///< how much has come, where something is fetched
    Lines lines = {};
    std::deque<std::string> tail = {};  ///< the last lines that its command printed
  };

  void end(const Step& step, const std::string& how) {
    const std::lock_guard lock(mutex_);
    running_.erase(titles_.number(step));
    ++done_;
    erase();
    print_line(titles_.title(step), how);
    drawn_ = 0;
    draw();
  }

  void tick(const std::stop_token& stop) {
    constexpr auto period = std::chrono::milliseconds(200);
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      changed_.wait_for(lock, period);
      if (!stop.stop_requested()) draw();
    }
  }

  static std::size_t width() {
    struct winsize size = {};
    constexpr std::size_t usual = 80;
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : usual;
  }

  static void print_line(const std::string& title, const std::string& end) {
    const auto room = width() - 5 - end.size();
    const auto shown = printable(title, room > 20 ? room - 4 : 20);
    fmt::print(stderr, " => {:<{}} {}\n", shown, room > 20 ? room : 20, end);
  }

  void erase() {
    if (drawn_ > 0) fmt::print(stderr, "\x1b[{}A\x1b[J", drawn_);
    drawn_ = 0;
  }

  void draw() {
    erase();
    if (running_.empty()) return;
    fmt::print(stderr, "[+] Building {:.1f}s ({}/{})\n", seconds(Clock::now() - start_), done_,
               titles_.size());
    drawn_ = 1;
    for (const auto& [number, step] : running_) {
      print_line(step.title,
                 fmt::format("{}{:.1f}s", step.transfer, seconds(Clock::now() - step.start)));
      for (const auto& line : step.tail)
        fmt::print(stderr, " => => # {}\n", printable(line, width() - 12));
      drawn_ += 1 + step.tail.size();
    }
    if (const auto transfers = describe_transfers(); !transfers.empty()) {
      fmt::print(stderr, " => {}\n", transfers);
      ++drawn_;
    }
  }

  Titles titles_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::size_t, Running> running_ = {};
  std::size_t done_ = 0;
  std::size_t drawn_ = 0;  ///< lines on the terminal that the next draw() replaces
  Clock::time_point start_ = Clock::now();
  std::jthread ticker_ = {};  ///< since the first step; last: it uses the others
};

}  // namespace

std::unique_ptr<BuildObserver> make_progress(const std::string& mode,
                                             const std::vector<Plan>& plans) {
  if (mode == "quiet" || mode == "none") return std::make_unique<QuietProgress>();
  if (mode == "rawjson") return std::make_unique<JsonProgress>(plans);
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  if (mode == "tty" || (mode == "auto" && terminal))
    return std::make_unique<TerminalProgress>(plans);
  return std::make_unique<PlainProgress>(plans);
}

}  // namespace slipway::cli

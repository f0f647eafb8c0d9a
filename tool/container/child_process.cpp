#include "container/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <string>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {

/// What such a process tells the one that made it: "+", or the error.
constexpr std::string_view all_is_well = "+";

constexpr unsigned first_of_ours = STDERR_FILENO + 1;

class Report {
 public:
  Report() {
    std::array<int, 2> ends = {};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw Error::from_errno(errno, "make a pipe");
    read_ = Fd(ends[0]);
    write_ = Fd(ends[1]);
  }

  /// The writer's. Only the first call counts.
  void tell(std::string_view text) {
    if (!write_) return;
    [[maybe_unused]] const auto written = ::write(write_.get(), text.data(), text.size());
    write_ = Fd();
  }
  void tell(const Error& error) {
    tell(fmt::format("{}\n{}\n{}", static_cast<int>(error.code()), error.what(), error.hint()));
  }

  /// The writer's, of a process that stays: pipes and locks of who made it end with that.
  void close_all_others() {
    read_ = Fd();
    const auto kept = static_cast<unsigned>(write_.get());
    if (kept > first_of_ours) ::close_range(first_of_ours, kept - 1, 0);
    ::close_range(std::max(first_of_ours, kept + 1), ~0U, 0);
  }

  /// The reader's: waits, and throws where the news is bad.
  void read() {
    write_ = Fd();
    std::string text(1 << 16, '\0');
    text.resize(read_some(read_, std::as_writable_bytes(std::span(text)), "another process"));
    if (text == all_is_well) return;
    const auto lines = split(text, '\n');
    if (lines.size() < 3) throw Error(Errc::environment, "work on the container: killed meanwhile");
    throw Error(static_cast<Errc>(parse_integer(lines.front()).value_or(0)), lines[1])
        .with_hint(lines[2]);
  }

 private:
  Fd read_ = {};
  Fd write_ = {};
};

template <typename Body>
void report_errors(Report& report, Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    report.tell(error);
  } catch (const std::exception& error) {
    report.tell(Error(Errc::internal, error.what()));
  }
}

void leave_our_streams() {
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, stream);
  ::close(nothing);
}

pid_t fork_process() {
  const pid_t child = ::fork();
  if (child < 0) throw Error::from_errno(errno, "start a process");
  return child;
}

void wait_for_process(pid_t child) {
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

void run_in_child(const std::function<void()>& body) {
  Report report;
  const pid_t child = fork_process();
  if (child == 0) {
    report_errors(report, [&] {
      body();
      report.tell(all_is_well);
    });
    ::_exit(0);
  }
  wait_for_process(child);
  report.read();
}

void leave_behind(const std::function<void(const std::function<void()>& started)>& body) {
  Report report;
  const pid_t child = fork_process();
  if (child == 0) {
    ::setsid();
    if (::fork() != 0) ::_exit(0);
    leave_our_streams();
    report.close_all_others();
    [[maybe_unused]] const int there = ::chdir("/");
    std::signal(SIGPIPE, SIG_IGN);
    report_errors(report, [&] { body([&] { report.tell(all_is_well); }); });
    ::_exit(0);
  }
  wait_for_process(child);
  report.read();
}

}  // namespace slipway

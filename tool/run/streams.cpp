#include "run/streams.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "run/raw_terminal.hpp"

namespace slipway {
namespace {

constexpr std::array handed_on = {SIGHUP,  SIGINT,  SIGQUIT,  SIGTERM,
                                  SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT};

using Sink = std::function<void(std::string_view)>;

Sink writer_to(int stream) {
  return [stream](std::string_view text) {
    write_all(Fd(::fcntl(stream, F_DUPFD_CLOEXEC, 3)), std::as_bytes(std::span(text)),
              stream == STDOUT_FILENO ? "the standard output" : "the standard error");
  };
}

/// Whoever reads what we write does not want it to wait: commands are not made for that.
bool is_nonblocking(int stream) {
  const int flags = ::fcntl(stream, F_GETFL);
  return flags >= 0 && (flags & O_NONBLOCK) != 0;
}

void make_nonblocking(const Fd& file) {
  if (::fcntl(file.get(), F_SETFL, O_NONBLOCK) != 0)
    throw Error::from_errno(errno, "watch the container's output");
}

enum class Passed { some, nothing, end };

/// A piece of what it holds now; its end is an error for a terminal.
Passed pass_piece(const Fd& from, const Sink& sink) {
  std::array<char, 65536> buffer = {};
  const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return Passed::nothing;
  if (count <= 0) return Passed::end;
  sink({buffer.data(), static_cast<std::size_t>(count)});
  return Passed::some;
}

/// What is left when nobody writes any more.
void pass_rest(const Fd& from, const Sink& sink) {
  while (pass_piece(from, sink) == Passed::some) {
  }
}

Pipe make_sockets() {
  std::array<int, 2> ends = {};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw Error::from_errno(errno, "make a pair of sockets");
  }
  return {Fd(ends[0]), Fd(ends[1])};
}

Fd receive_file(const Fd& socket) {
  char byte = 0;
  int file = -1;
  iovec data = {&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof file)> control = {};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(socket.get(), &message, MSG_CMSG_CLOEXEC) == 1) {
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header != nullptr && header->cmsg_type == SCM_RIGHTS)
      std::memcpy(&file, CMSG_DATA(header), sizeof file);
  }
  if (file < 0)
    throw Error(Errc::environment, "take over the container's terminal: it did not come");
  return Fd(file);
}

}  // namespace

Pipe make_pipe() {
  std::array<int, 2> ends = {};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw Error::from_errno(errno, "make a pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

BlockedSignals::BlockedSignals() {
  sigemptyset(&set_);
  for (const int signal : handed_on) sigaddset(&set_, signal);
  for (int signal = SIGRTMIN; signal <= SIGRTMAX; ++signal) sigaddset(&set_, signal);
  ::pthread_sigmask(SIG_BLOCK, &set_, &before_);
}

Streams::Streams(const Sandbox& sandbox, ChildPlan& plan)
    : sandbox_(sandbox),
      output_sink_(sandbox.output ? sandbox.output : writer_to(STDOUT_FILENO)),
      errors_sink_(sandbox.errors ? sandbox.errors : writer_to(STDERR_FILENO)) {
  if (sandbox.terminal) {
    terminal_ = make_sockets();
    plan.terminal = terminal_.write.get();
    plan.window = own_window();
    return;
  }
  if (sandbox.input == Input::none) {
    no_input_ = open_file("/dev/null", O_RDONLY);
    plan.input = no_input_.get();
  } else if (sandbox.input == Input::held) {
    input_ = make_pipe();
    make_nonblocking(input_.write);
    plan.input = input_.read.get();
  }
  if (!sandbox.output && !is_nonblocking(STDOUT_FILENO) && !is_nonblocking(STDERR_FILENO)) return;
  output_ = make_pipe();
  make_nonblocking(output_.read);
  plan.output = output_.write.get();
  plan.errors = plan.output;
  if (sandbox.output && !sandbox.errors) return;
  errors_ = make_pipe();
  make_nonblocking(errors_.read);
  plan.errors = errors_.write.get();
}

Streams::~Streams() = default;

void Streams::close_ends_of_command() {
  output_.write = Fd();
  errors_.write = Fd();
  input_.read = Fd();
  terminal_.write = Fd();
}

void Streams::take_terminal() {
  if (!sandbox_.terminal) return;
  master_ = receive_file(terminal_.read);
  make_nonblocking(master_);
  passes_keys_ = sandbox_.input == Input::ours;
  if (passes_keys_ && ::isatty(STDIN_FILENO) == 1) raw_terminal_ = std::make_unique<RawTerminal>();
}

void Streams::set_window_size() const {
  const auto window = own_window();
  (void)::ioctl(master_.get(), TIOCSWINSZ, &window);
}

void Streams::pass_keys() {
  std::array<char, 4096> keys = {};
  const ssize_t count = ::read(STDIN_FILENO, keys.data(), keys.size());
  if (count < 0 && errno == EINTR) return;
  if (count <= 0) {
    // As if the user had typed it: what reads a terminal sees its end by that.
    keys[0] = '\x04';
    passes_keys_ = false;
  }
  pending_.assign(keys.data(), count <= 0 ? 1 : static_cast<std::size_t>(count));
  write_pending();
}

void Streams::serve(const Fd& pidfd, pid_t process, const BlockedSignals& signals) {
  const Fd arriving(::signalfd(-1, &signals.set(), SFD_CLOEXEC | SFD_NONBLOCK));
  if (!arriving || !pidfd) throw Error::from_errno(errno, "watch the container");
  // What is -1 poll passes over.
  std::vector<pollfd> watched = {
      {pidfd.get(), POLLIN, 0},        {arriving.get(), POLLIN, 0},
      {output_.read.get(), POLLIN, 0}, {errors_.read.get(), POLLIN, 0},
      {master_.get(), POLLIN, 0},      {passes_keys_ ? STDIN_FILENO : -1, POLLIN, 0}};
  const auto own_count = watched.size();
  while (watched[0].revents == 0) {
    watched.resize(own_count);
    watched[5].fd = passes_keys_ && pending_.empty() ? STDIN_FILENO : -1;
    watch_visitors(watched);
    if (::poll(watched.data(), watched.size(), -1) < 0) {
      if (errno == EINTR) continue;
      throw Error::from_errno(errno, "watch the container");
    }
    signalfd_siginfo signal = {};
    while (::read(arriving.get(), &signal, sizeof signal) == sizeof signal) {
      if (signal.ssi_signo == SIGWINCH && master_) {
        set_window_size();
      } else {
        ::kill(process, static_cast<int>(signal.ssi_signo));
      }
    }
    // A piece of each at a time: one that never pauses must not hold up signals.
    const auto pass = [](pollfd& one, const Fd& from, const Sink& sink) {
      if (one.revents != 0 && pass_piece(from, sink) == Passed::end) one.fd = -1;
    };
    pass(watched[2], output_.read, output_sink_);
    pass(watched[3], errors_.read, errors_sink_);
    pass(watched[4], master_, output_sink_);
    if (watched[5].revents != 0) pass_keys();
    const bool has_visit =
        std::any_of(watched.begin() + static_cast<std::ptrdiff_t>(own_count), watched.end(),
                    [](const pollfd& one) { return one.revents != 0; });
    if (has_visit) serve_visitors();
  }
}

int Streams::input_of_command() const { return master_ ? master_.get() : input_.write.get(); }

/// Nothing more is read of them until the command has taken what there is.
void Streams::watch_visitors(std::vector<pollfd>& watched) const {
  if (!pending_.empty()) {
    watched.push_back({input_of_command(), POLLOUT, 0});
    return;
  }
  if (sandbox_.visitors == nullptr) return;
  for (const int file : sandbox_.visitors->files()) watched.push_back({file, POLLIN, 0});
}

void Streams::serve_visitors() {
  if (pending_.empty()) {
    auto [text, window] = sandbox_.visitors->read();
    if (window && master_) (void)::ioctl(master_.get(), TIOCSWINSZ, &*window);
    if (input_of_command() >= 0) pending_ = std::move(text);
  }
  write_pending();
}

void Streams::write_pending() {
  while (!pending_.empty()) {
    const auto written = ::write(input_of_command(), pending_.data(), pending_.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) return;
    if (written < 0) return pending_.clear();  // it reads nothing any more
    pending_.erase(0, static_cast<std::size_t>(written));
  }
}

void Streams::drain() {
  if (output_.read) pass_rest(output_.read, output_sink_);
  if (errors_.read) pass_rest(errors_.read, errors_sink_);
  if (master_) pass_rest(master_, output_sink_);
  raw_terminal_.reset();
}

}  // namespace slipway

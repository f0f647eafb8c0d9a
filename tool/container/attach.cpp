// Messages in both directions are a letter and what belongs to it: o and e, what the
// command writes; x, its exit status; i, what it is to read; w, a window's size.
#include "container/attach.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>

#include "base/error.hpp"
#include "base/text.hpp"
#include "container/lifecycle.hpp"
#include "run/raw_terminal.hpp"
#include "run/streams.hpp"

namespace slipway {
namespace {

constexpr std::size_t longest_message = 65536;
constexpr int patience_ms = 5000;
constexpr char detach_first = 0x10;   // Ctrl-P
constexpr char detach_second = 0x11;  // Ctrl-Q

/// By way of the open folder: the path itself may be longer than an address can be.
sockaddr_un address_in(const Fd& folder) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const auto path = fmt::format("/proc/self/fd/{}/attach", folder.get());
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

Fd make_socket() {
  Fd made(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!made) throw Error::from_errno(errno, "make a socket");
  return made;
}

bool send_message(const Fd& to, char kind, std::string_view text) {
  iovec parts[] = {{&kind, 1}, {const_cast<char*>(text.data()), text.size()}};
  msghdr message = {};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  while (::sendmsg(to.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    if (errno == EINTR) continue;
    pollfd ready = {to.get(), POLLOUT, 0};
    if (errno != EAGAIN || ::poll(&ready, 1, patience_ms) <= 0) return false;
  }
  return true;
}

/// With its letter; nullopt where nothing is there now, empty at the end.
std::optional<std::string> receive_message(const Fd& from) {
  std::string message(longest_message + 1, '\0');
  const auto size = ::recv(from.get(), message.data(), message.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  message.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  return message;
}

Fd connect_to(const Container& container) {
  if (!container.is_running()) {
    throw Error(Errc::input,
                fmt::format("attach to container '{}': it does not run", container.spec().name))
        .with_hint(fmt::format("start it: slipway start -a {}", container.spec().name));
  }
  auto made = make_socket();
  const auto folder = open_file(container.folder(), O_PATH | O_DIRECTORY);
  const auto address = address_in(folder);
  if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return made;
  throw Error(Errc::input, fmt::format("attach to container '{}': it runs in the foreground of "
                                       "another command",
                                       container.spec().name))
      .with_hint(fmt::format("see what it prints by: slipway logs -f {}", container.spec().name));
}

/// The one who attaches.
class Visit {
 public:
  Visit(const Container& container, const AttachOptions& options)
      : container_(container),
        options_(options),
        socket_(connect_to(container)),
        takes_input_(options.input && container.spec().interactive) {
    if (!container.spec().terminal) return;
    send_window();
    if (takes_input_ && ::isatty(STDIN_FILENO) == 1) terminal_ = std::make_unique<RawTerminal>();
  }

  int run() {
    const Fd arriving(::signalfd(-1, &signals_.set(), SFD_CLOEXEC | SFD_NONBLOCK));
    std::array<pollfd, 3> watched = {{{socket_.get(), POLLIN, 0},
                                      {arriving.get(), POLLIN, 0},
                                      {takes_input_ ? STDIN_FILENO : -1, POLLIN, 0}}};
    while (!status_) {
      if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR)
        throw Error::from_errno(errno, "watch the container");
      pass_signals(arriving);
      if (watched[0].revents != 0) take_message();
      if (watched[2].revents != 0) pass_input();
      if (!takes_input_) watched[2].fd = -1;
    }
    terminal_.reset();
    return *status_;
  }

 private:
  void send_window() {
    const auto window = own_window();
    send_message(socket_, 'w', {reinterpret_cast<const char*>(&window), sizeof window});
  }

  void pass_signals(const Fd& arriving) {
    signalfd_siginfo signal = {};
    while (::read(arriving.get(), &signal, sizeof signal) == sizeof signal) {
      const auto number = static_cast<int>(signal.ssi_signo);
      if (number == SIGWINCH) {
        if (container_.spec().terminal) send_window();
      } else if (options_.passes_signals) {
        signal_container(container_, number);
      } else {
        status_ = 128 + number;
      }
    }
  }

  void take_message() {
    const auto message = receive_message(socket_);
    if (!message) return;
    if (message->empty()) {
      status_ = wait_for(container_);  // its supervisor was killed
      return;
    }
    const auto text = std::string_view(*message).substr(1);
    if (message->front() == 'x') {
      status_ = static_cast<int>(parse_integer(text).value_or(0));
    } else {
      const int stream = message->front() == 'e' ? STDERR_FILENO : STDOUT_FILENO;
      write_all(Fd(::fcntl(stream, F_DUPFD_CLOEXEC, 3)), std::as_bytes(std::span(text)),
                "the output");
    }
  }

  void pass_input() {
    std::array<char, 4096> buffer = {};
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) return;
    if (count <= 0) {
      takes_input_ = false;
      return;
    }
    std::string text = held_ + std::string(buffer.data(), static_cast<std::size_t>(count));
    held_.clear();
    if (terminal_) {
      const auto keys = text.find(std::string{detach_first, detach_second});
      if (keys != std::string::npos) {
        text.resize(keys);
        status_ = 0;
      } else if (text.back() == detach_first) {
        held_ = detach_first;
        text.pop_back();
      }
    }
    if (!text.empty()) send_message(socket_, 'i', text);
  }

  const Container& container_;
  const AttachOptions& options_;
  Fd socket_;
  bool takes_input_;
  BlockedSignals signals_ = {};
  std::unique_ptr<RawTerminal> terminal_ = {};
  std::string held_ = {};  ///< a first key of the two
  std::optional<int> status_ = {};
};

}  // namespace

AttachServer::AttachServer(const Container& container) : listener_(make_socket()) {
  std::error_code ignored;
  std::filesystem::remove(container.folder() / "attach", ignored);  // of an earlier run
  const auto folder = open_file(container.folder(), O_PATH | O_DIRECTORY);
  const auto address = address_in(folder);
  const bool listens =
      ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::listen(listener_.get(), SOMAXCONN) == 0 &&
      ::fcntl(listener_.get(), F_SETFL, O_NONBLOCK) == 0;
  if (!listens) throw Error::from_errno(errno, "listen to those who attach to the container");
}

std::vector<int> AttachServer::files() const {
  std::vector<int> files = {listener_.get()};
  for (const auto& visitor : visitors_) files.push_back(visitor.get());
  return files;
}

VisitorInput AttachServer::read() {
  for (Fd come(-1); (come = Fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)));)
    visitors_.push_back(std::move(come));
  VisitorInput input;
  std::erase_if(visitors_, [&](const Fd& visitor) {
    const auto message = receive_message(visitor);
    if (!message) return false;
    if (message->empty()) return true;
    const auto text = std::string_view(*message).substr(1);
    winsize window = {};
    if (message->front() == 'i') {
      input.text += text;
    } else if (message->front() == 'w' && text.size() == sizeof window) {
      std::memcpy(&window, text.data(), sizeof window);
      input.window = window;
    }
    return false;
  });
  return input;
}

void AttachServer::send(char kind, std::string_view text) {
  for (std::size_t done = 0; done < text.size(); done += longest_message) {
    const auto piece = text.substr(done, longest_message);
    std::erase_if(visitors_,
                  [&](const Fd& visitor) { return !send_message(visitor, kind, piece); });
  }
}

void AttachServer::finish(int status) { send('x', std::to_string(status)); }

int attach_to(const Container& container, const AttachOptions& options) {
  return Visit(container, options).run();
}

}  // namespace slipway

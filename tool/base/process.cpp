#include "base/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "base/file.hpp"

extern char** environ;

namespace slipway {
namespace {

struct Pipe {
  Fd read, write;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw Error::from_errno(errno, "make a pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

/// The environment of the child as "K=v" texts.
std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> result;
  for (char** entry = environ; command.inherits && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto name = text.substr(0, text.find('='));
    bool replaced = false;
    for (const auto& [key, value] : command.environment) replaced = replaced || key == name;
    if (!replaced) result.emplace_back(text);
  }
  for (const auto& [key, value] : command.environment)
    result.push_back(fmt::format("{}={}", key, value));
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// A child that is killed and reaped when unwound.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    (void)wait();
  }
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t pid_;
};

/// Standard streams of the child; -1: inherited.
struct Streams {
  int in = -1;
  int out = -1;
  int err = -1;
};

/// Start the program; an exec that fails is reported by errno over a pipe.
pid_t start(const Command& command, const Streams& streams) {
  auto argv_texts = command.argv;
  auto env_texts = environment_of(command);
  const auto argv = pointers(argv_texts);
  const auto env = pointers(env_texts);
  auto failure = make_pipe();
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw Error::from_errno(errno, fmt::format("run '{}'", command.argv.front()));
  if (pid == 0) {
    // Only async-signal-safe calls from here on.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    if (command.gains_nothing) ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    bool ok = (streams.in < 0 || ::dup2(streams.in, 0) >= 0) &&
              (streams.out < 0 || ::dup2(streams.out, 1) >= 0) &&
              (streams.err < 0 || ::dup2(streams.err, 2) >= 0) &&
              (!command.directory || ::chdir(command.directory->c_str()) == 0);
    if (command.umask) ::umask(static_cast<mode_t>(*command.umask));
    if (ok) ::execvpe(argv[0], argv.data(), env.data());
    const int err = errno;
    ok = ::write(failure.write.get(), &err, sizeof err) == sizeof err;
    ::_exit(127);
  }
  failure.write = Fd();
  int err = 0;
  if (read_some(failure.read, std::as_writable_bytes(std::span(&err, 1)), "pipe") == sizeof err) {
    ::waitpid(pid, nullptr, 0);
    throw Error::from_errno(err, fmt::format("run '{}'", command.argv.front()));
  }
  return pid;
}

std::string read_all(const Fd& pipe) {
  std::string all;
  std::string buffer(65536, '\0');
  while (const auto size = read_some(pipe, std::as_writable_bytes(std::span(buffer)), "pipe")) {
    all.append(buffer, 0, size);
  }
  return all;
}

}  // namespace

CommandResult run_captured(const Command& command) {
  auto output = make_pipe();
  const Fd null = open_file("/dev/null", O_RDONLY);
  Child child(start(command, {null.get(), output.write.get(), output.write.get()}));
  output.write = Fd();
  CommandResult result;
  result.output = read_all(output.read);
  result.status = child.wait();
  return result;
}

Companion::Companion(const Command& command) : pid_(-1) {
  const Fd null = open_file("/dev/null", O_RDWR);
  pid_ = start(command, {null.get(), null.get(), null.get()});
}

Companion::~Companion() {
  if (pid_ > 0) const Child killed(pid_);
}

bool Companion::has_ended() {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
  return pid_ < 0;
}

CommandResult run_asked(const Command& command, std::string_view input) {
  auto question = make_pipe();
  auto answer = make_pipe();
  // While both ends are open: a program that does not read breaks no pipe.
  write_all(question.write, std::as_bytes(std::span(input)), "pipe");
  Child child(start(command, {question.read.get(), answer.write.get(), -1}));
  question = {};
  answer.write = Fd();
  CommandResult result;
  result.output = read_all(answer.read);
  result.status = child.wait();
  return result;
}

namespace {

using Feed = std::function<void(const std::function<void(std::span<const std::byte>)>&)>;

/// A program that ends early must give its own exit status, not kill us.
void feed_child(const Fd& input, const Feed& feed, const std::string& name) {
  const auto old = ::signal(SIGPIPE, SIG_IGN);
  bool broken = false;
  feed([&](std::span<const std::byte> bytes) {
    while (!bytes.empty() && !broken) {
      const ssize_t written = ::write(input.get(), bytes.data(), bytes.size());
      if (written >= 0) {
        bytes = bytes.subspan(static_cast<std::size_t>(written));
      } else if (errno == EPIPE) {
        broken = true;
      } else if (errno != EINTR) {
        throw Error::from_errno(errno, fmt::format("feed '{}'", name));
      }
    }
  });
  ::signal(SIGPIPE, old);
}

}  // namespace

int run_fed(const Command& command, const Feed& feed) {
  auto input = make_pipe();
  Child child(start(command, {input.read.get(), -1, -1}));
  input.read = Fd();
  feed_child(input.write, feed, command.argv.front());
  input.write = Fd();
  return child.wait();
}

CommandResult run_fed_captured(const Command& command, const Feed& feed) {
  auto input = make_pipe();
  auto output = make_pipe();
  Child child(start(command, {input.read.get(), output.write.get(), output.write.get()}));
  input.read = Fd();
  output.write = Fd();
  feed_child(input.write, feed, command.argv.front());
  input.write = Fd();
  CommandResult result;
  result.output = read_all(output.read);
  result.status = child.wait();
  return result;
}

}  // namespace slipway

#include "run/user_namespace.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <mutex>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/file.hpp"
#include "run/idmap.hpp"
#include "run/refusal.hpp"

namespace slipway {
namespace {

struct Channel {
  Fd read = {};
  Fd write = {};
};

Channel open_channel() {
  std::array<int, 2> ends = {};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw Error::from_errno(errno, "make a pipe");
  return {Fd(ends[0]), Fd(ends[1])};
}

/// Only a process outside can map more than one id, so one stays there: it
/// waits for `go`, maps the ids of its parent, and tells what went wrong.
[[noreturn]] void map_parent(const IdMap& map, const Channel& go, const Channel& reply) {
  try {
    std::byte byte{};
    if (read_some(go.read, {&byte, 1}, "the parent") == 1) apply_id_map(map, ::getppid(), 0, 0);
  } catch (const Error& error) {
    const std::string_view text = error.what();
    [[maybe_unused]] const auto written = ::write(reply.write.get(), text.data(), text.size());
  }
  ::_exit(0);
}

/// A thread that was joined may still be on its way out, and the kernel wants
/// the process to have one only.
int leave_user_namespace() {
  for (int tries = 0; ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0; ++tries) {
    if (errno != EINVAL || tries == 1000) return errno;
    ::sched_yield();
  }
  return 0;
}

Rights enter_namespace() {
  const IdMap map = choose_id_map(0, 0);
  Channel go = open_channel();
  Channel reply = open_channel();
  const pid_t helper = ::fork();
  if (helper < 0) throw Error::from_errno(errno, "start a process");
  if (helper == 0) {
    go.write = Fd();
    map_parent(map, go, reply);
  }
  reply.write = Fd();
  const int refused = leave_user_namespace();
  if (refused == 0) write_all(go.write, std::as_bytes(std::span("g", 1)), "the helper");
  go.write = Fd();
  std::string trouble(4096, '\0');
  trouble.resize(read_some(reply.read, std::as_writable_bytes(std::span(trouble)), "the helper"));
  while (::waitpid(helper, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (refused != 0) throw namespace_refusal(refused, true);
  if (!trouble.empty()) throw Error(Errc::environment, trouble);
  return map.has_ranges ? Rights::ranges : Rights::single_id;
}

}  // namespace

Rights become_root() {
  static std::mutex mutex;
  static std::optional<Rights> rights;
  static std::optional<Error> refused;
  const std::lock_guard lock(mutex);
  if (refused) throw Error(*refused);
  if (rights) return *rights;
  try {
    rights = ::geteuid() == 0 ? Rights::root : enter_namespace();
  } catch (const Error& error) {
    refused = error;
    throw;
  }
  return *rights;
}

void try_become_root() noexcept {
  try {
    become_root();
  } catch (const Error&) {
    // Told when it is needed.
  }
}

}  // namespace slipway

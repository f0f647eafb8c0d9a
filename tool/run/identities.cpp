#include "run/identities.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace slipway {
namespace {

constexpr std::uint32_t unchanged = 0xffffffff;
/// Ancestors that are asked: more generations are all taken for the first.
constexpr int most_generations = 64;

bool is_one_of(const IdSet& ids, std::uint32_t id) noexcept {
  return id == unchanged || id == ids.real || id == ids.effective || id == ids.saved;
}

/// The number behind `key` in the text of /proc/<pid>/status.
pid_t number_after(const char* text, const char* key) noexcept {
  const char* const found = std::strstr(text, key);
  return found == nullptr ? 0
                          : static_cast<pid_t>(std::strtol(found + std::strlen(key), nullptr, 10));
}

/// Who it inherits from: of a thread the first one of its process, else the
/// parent. 0: nobody that is known.
pid_t next_of(pid_t thread) noexcept {
  char name[64];
  std::snprintf(name, sizeof name, "/proc/%d/status", thread);
  const int file = ::open(name, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[1024];
  const ssize_t size = ::read(file, text, sizeof text - 1);
  ::close(file);
  if (size <= 0) return 0;
  text[size] = '\0';
  const pid_t group = number_after(text, "\nTgid:");
  return group != thread ? group : number_after(text, "\nPPid:");
}

}  // namespace

Identities::Slot* Identities::find(pid_t thread) noexcept {
  for (std::size_t i = 0; i < slot_count; ++i) {
    Slot& slot = slots_[(static_cast<std::size_t>(thread) + i) % slot_count];
    if (slot.thread == thread) return &slot;
    if (slot.thread == 0) return nullptr;
  }
  return nullptr;
}

const Identity& Identities::of(pid_t thread) noexcept {
  if (!is_used_) return first_;
  pid_t ancestor = thread;
  for (int i = 0; i < most_generations && ancestor > 1; ++i) {
    const Slot* const slot = find(ancestor);
    if (slot == nullptr) {
      ancestor = next_of(ancestor);
      continue;
    }
    // It is the thread's own from now on: ancestors may die, or become others.
    if (ancestor != thread) set(thread, slot->identity);
    return slot->identity;
  }
  return first_;
}

void Identities::set(pid_t thread, const Identity& identity) noexcept {
  is_used_ = true;
  const Identity copy = identity;  // it may lie in the slot that is taken
  for (std::size_t i = 0; i < slot_count; ++i) {
    Slot& slot = slots_[(static_cast<std::size_t>(thread) + i) % slot_count];
    if (slot.thread != 0 && slot.thread != thread && i + 1 < slot_count) continue;
    slot = {thread, copy};
    return;
  }
}

int set_all_ids(IdSet& ids, std::uint32_t real, std::uint32_t effective, std::uint32_t saved,
                bool may_all) noexcept {
  if (!may_all && !(is_one_of(ids, real) && is_one_of(ids, effective) && is_one_of(ids, saved)))
    return EPERM;
  if (real != unchanged) ids.real = real;
  if (effective != unchanged) ids.effective = ids.filesystem = effective;
  if (saved != unchanged) ids.saved = saved;
  return 0;
}

int set_two_ids(IdSet& ids, std::uint32_t real, std::uint32_t effective, bool may_all) noexcept {
  const bool saves = real != unchanged || (effective != unchanged && effective != ids.real);
  const int error = set_all_ids(ids, real, effective, unchanged, may_all);
  if (error == 0 && saves) ids.saved = ids.effective;
  return error;
}

int set_id(IdSet& ids, std::uint32_t id, bool may_all) noexcept {
  if (id == unchanged) return EINVAL;
  return may_all ? set_all_ids(ids, id, id, id, true)
                 : set_all_ids(ids, unchanged, id, unchanged, false);
}

}  // namespace slipway

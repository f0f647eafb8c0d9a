#include "run/identity_calls.hpp"

#include <sys/syscall.h>

#include <cerrno>

namespace slipway {
namespace {

constexpr std::uint32_t same_id = 0xffffffff;

class IdentityCall {
 public:
  IdentityCall(const Caller& caller, Identities& identities) noexcept
      : caller_(caller), identities_(identities) {}

  CallAnswer handle() noexcept {
    Identity identity = identities_.of(caller_.thread());
    const bool is_root = identity.is_root();
    switch (caller_.number()) {
      case SYS_getuid:
        return {0, identity.users.real};
      case SYS_geteuid:
        return {0, identity.users.effective};
      case SYS_getgid:
        return {0, identity.groups.real};
      case SYS_getegid:
        return {0, identity.groups.effective};
      case SYS_getresuid:
        return tell_ids(identity.users);
      case SYS_getresgid:
        return tell_ids(identity.groups);
      case SYS_getgroups:
        return tell_groups(identity);
      case SYS_setgroups:
        return set_groups(identity);
      case SYS_setuid:
        return keep(identity, set_id(identity.users, caller_.id(0), is_root));
      case SYS_setgid:
        return keep(identity, set_id(identity.groups, caller_.id(0), is_root));
      case SYS_setreuid:
        return keep(identity, set_two_ids(identity.users, caller_.id(0), caller_.id(1), is_root));
      case SYS_setregid:
        return keep(identity, set_two_ids(identity.groups, caller_.id(0), caller_.id(1), is_root));
      case SYS_setresuid:
        return keep(identity, set_three(identity.users, is_root));
      case SYS_setresgid:
        return keep(identity, set_three(identity.groups, is_root));
      case SYS_setfsuid:
        return set_filesystem_id(identity, identity.users, is_root);
      case SYS_setfsgid:
        return set_filesystem_id(identity, identity.groups, is_root);
      default:
        return kernels_own;
    }
  }

 private:
  CallAnswer keep(const Identity& identity, int error) noexcept {
    if (error == 0) identities_.set(caller_.thread(), identity);
    return {error};
  }

  int set_three(IdSet& ids, bool is_root) const noexcept {
    return set_all_ids(ids, caller_.id(0), caller_.id(1), caller_.id(2), is_root);
  }

  /// Says what it was before, whether or not it may change.
  CallAnswer set_filesystem_id(Identity& identity, IdSet& ids, bool is_root) noexcept {
    const auto before = ids.filesystem;
    const auto wanted = caller_.id(0);
    const bool may =
        is_root || wanted == ids.real || wanted == ids.effective || wanted == ids.saved;
    if (may && wanted != same_id) {
      ids.filesystem = wanted;
      keep(identity, 0);
    }
    return {0, before};
  }

  CallAnswer set_groups(Identity& identity) noexcept {
    const auto count = caller_.argument(0);
    if (!identity.is_root()) return {EPERM};
    if (count > Identity::most_groups) return {EINVAL};
    if (count > 0) {
      if (const int error = caller_.read(caller_.argument(1), identity.others.data(),
                                         count * sizeof(std::uint32_t))) {
        return {error};
      }
    }
    identity.other_count = static_cast<std::uint32_t>(count);
    return keep(identity, 0);
  }

  CallAnswer tell_groups(const Identity& identity) const noexcept {
    const auto room = caller_.file(0);
    const auto count = identity.other_count;
    if (room < 0 || (room > 0 && static_cast<std::uint32_t>(room) < count)) return {EINVAL};
    if (room == 0 || count == 0) return {0, count};
    const int error =
        caller_.write(caller_.argument(1), identity.others.data(), count * sizeof(std::uint32_t));
    return {error, count};
  }

  CallAnswer tell_ids(const IdSet& ids) const noexcept {
    const std::uint32_t values[] = {ids.real, ids.effective, ids.saved};
    for (unsigned i = 0; i < 3; ++i) {
      if (const int error = caller_.write(caller_.argument(i), &values[i], sizeof values[i]))
        return {error};
    }
    return {};
  }

  const Caller& caller_;
  Identities& identities_;
};

}  // namespace

CallAnswer answer_identity_call(const Caller& caller, Identities& identities) noexcept {
  return IdentityCall(caller, identities).handle();
}

}  // namespace slipway

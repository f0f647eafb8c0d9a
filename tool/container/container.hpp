#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"
#include "container/spec.hpp"
#include "layer/view.hpp"
#include "store/store.hpp"

namespace slipway {

/// A container that stays, a folder of the store:
///
///   containers/<id>/spec.json    what it is run with (ContainerSpec)
///   containers/<id>/state.json   how far it has come (ContainerState)
///   containers/<id>/changes/     what its commands wrote: Sandbox::scratch
///   containers/<id>/log          what they printed (container/log.hpp)
///   containers/<id>/alive        locked by who supervises it, as long as it runs; then it
///                                says how that ended
///   containers/<id>/attach       a socket, while it runs detached (container/attach.hpp)
///   containers/<id>/guard        locked by who starts, changes or removes it
///   containers/<id>/restart      locked by who restarts it
///
/// There is no daemon. The process that started a container, or one left behind for
/// a detached one, supervises it. When that is killed the kernel lets go of its lock
/// and kills the container, so what is seen here is true without anybody's help.
class Container {
 public:
  const ContainerSpec& spec() const noexcept { return spec_; }
  const std::filesystem::path& folder() const noexcept { return folder_; }
  std::filesystem::path changes() const { return folder_ / "changes"; }
  std::filesystem::path log() const { return folder_ / "log"; }

  /// As it is now: one whose supervisor was killed has exited.
  ContainerState state() const;
  bool is_running() const { return state().phase == ContainerState::Phase::running; }

  /// Whoever supervises it writes.
  void write_state(const ContainerState& state) const;

  /// Held while it is started, changed or removed. Throws Errc::input when it was
  /// removed meanwhile.
  FileLock guard() const;

  /// The same, but nullopt when it was removed.
  std::optional<FileLock> guard_if_there() const;

  /// Held by who restarts it, one at a time: its end is not its removal meanwhile.
  /// Takes its guard.
  FileLock keep() const;
  bool is_kept() const;

  /// Whether it is to go when it ends, has ended, and nobody sees to it.
  bool is_left() const;

  /// The lock of its supervisor; nullopt: another process is that.
  std::optional<FileLock> try_to_supervise() const;

 private:
  friend Container make_container(ContainerSpec spec, const Store& store);
  friend std::vector<Container> all_containers(const Store& store);
  Container(std::filesystem::path folder, ContainerSpec spec)
      : folder_(std::move(folder)), spec_(std::move(spec)) {}

  std::filesystem::path folder_;
  ContainerSpec spec_;
};

/// A new container: gets its id, and a name where the spec has none. Throws
/// Errc::input for a name that is taken, or is none.
Container make_container(ContainerSpec spec, const Store& store);

/// 64 random hex digits.
std::string new_container_id();

/// Newest first. Removes those that are to go when they end and whose supervisor
/// could not see to it.
std::vector<Container> all_containers(const Store& store);

/// By name, id, or the start of exactly one id. Throws Errc::input where there is
/// none, or more than one.
Container find_container(const std::string& name, const Store& store);

/// The same, but nullopt where there is none.
std::optional<Container> find_container_if(const std::string& name, const Store& store);

/// What goes with a container that is removed: volumes that nobody named always go
/// with one that is to go when it ends.
enum class RemovedVolumes { none, unnamed };

/// Remove it with all it holds, if it is still there. Takes its guard. Throws
/// Errc::input for one that runs.
void remove_container(const Container& container, const Store& store,
                      RemovedVolumes volumes = RemovedVolumes::none);

/// The same by its supervisor: stays where it is restarted.
void remove_at_end(const Container& container, const Store& store);

/// Remove it where it is left over (Container::is_left()), in a process of its own, so
/// that ours stays the user's.
void remove_if_left(const Container& container, const Store& store);

/// Its image, as far as the store still has it.
LocatedImage image_of(const Container& container, const Store& store);

}  // namespace slipway

#pragma once

#include <optional>

#include "base/file.hpp"
#include "container/container.hpp"
#include "layer/view.hpp"
#include "run/user_namespace.hpp"

namespace slipway {

/// A container's filesystem, open as it is seen inside; every path is to be resolved
/// in it (open_in_root).
struct ContainerRoot {
  Fd directory = {};
  Rights rights = Rights::root;
  /// Of one that does not run: nobody starts or removes it meanwhile.
  std::optional<FileLock> guard = {};
};

/// Whether what is mounted in the container is seen in one that does not run.
enum class Volumes { mounted, left_out };

/// Open it. This process takes the place of the container's root for the rest of its
/// life, so that it may read and write all of it. An ordinary user's process must not
/// have become root before, and have one thread.
ContainerRoot open_container_root(const Container& container, const Store& store,
                                  Volumes volumes = Volumes::mounted);

/// What the container's own passwd and group say, for find_owner() and its kin.
View users_of(const ContainerRoot& root);

}  // namespace slipway

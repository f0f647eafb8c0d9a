#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "run/overlay.hpp"
#include "run/sandbox.hpp"

namespace slipway {

/// One step of furnishing a container's root. A list of them is made before
/// clone, where allocating and throwing are allowed, and carried out after it,
/// where they are not.
struct MountOp {
  enum class Kind {
    directory,       ///< make `target` where nothing is there
    file,            ///< make an empty file `target` where nothing is there
    symlink,         ///< `target` -> `source`
    device,          ///< a character device, `major` and `minor`
    node,            ///< the same, or the host's `source` where there can be none
    filesystem,      ///< a new filesystem of type `source`
    new_proc,        ///< /proc of the namespaces that we are in
    attach,          ///< the host's file or directory `source`
    make_read_only,  ///< what is at `target` already
    hide,            ///< a file: /dev/null over it; a directory: an empty one
    // Made beneath `source`, a path of the host that nobody else sees it at,
    // for an `attach` that follows:
    stage_overlay,
    stage_tmpfs,
    stage_file,  ///< with the content `data`, `mode` and owner
  };
  Kind kind = Kind::directory;
  std::string source = {};
  std::string target = {};  ///< in the container
  std::string data = {};    ///< options of a filesystem
  unsigned long flags = 0;  ///< MS_*, of a filesystem or new_proc
  bool read_only = false;   ///< attach
  unsigned major = 0;       ///< device
  unsigned minor = 0;
  std::uint32_t mode = 0;  ///< stage_file, as the two below
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::shared_ptr<const OverlayOptions> overlay = {};  ///< stage_overlay
  bool optional = false;                               ///< no failure when it cannot be done
  int fd = -1;  ///< attach, node, new_proc: the detached mount, between detach() and furnish()
};

/// What every container gets: /proc, a minimal /dev, read-only /sys, the
/// host's resolv.conf and hosts, its working directory; masked paths as Docker
/// masks them; and the mounts of its own. Makes what these need in `scratch`.
std::vector<MountOp> container_mounts(const Sandbox& sandbox);

/// What can be had of that without a mount: a /dev of device nodes, /tmp.
std::vector<MountOp> container_nodes(const std::string& working_dir);

/// The paths in the container that furnishing makes where nothing is.
std::vector<std::string> mount_points(const std::vector<MountOp>& ops);

/// "mount 'proc' on '/proc'".
std::string describe(const MountOp& op);

/// Is it made beneath a path of the host's, for an `attach` that follows?
bool is_staged(const MountOp& op) noexcept;

/// For the child, while it still sees the host: take hold of what will be moved into
/// the root. Returns 0 or errno; allocates nothing.
int detach(MountOp& op) noexcept;

/// For the child, inside the new root, the host's let go: every target resolves in
/// there, so that no symlink of the image leads out. Returns 0 or errno; allocates nothing.
int furnish(const MountOp& op) noexcept;

}  // namespace slipway

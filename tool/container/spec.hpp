#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "build/run_conditions.hpp"
#include "oci/image.hpp"
#include "run/sandbox.hpp"

namespace slipway {

/// All that a container is run with, decided when it is made; it never changes.
struct ContainerSpec {
  std::string id = {};  ///< 64 hex digits
  std::string name = {};
  std::string created = {};     ///< RFC 3339
  std::string image_name = {};  ///< as the user wrote it
  Descriptor image = {};        ///< its manifest, in the store
  Platform platform = {};
  /// The image's, with what the command line says about the container: what an image
  /// that is made of the container says.
  ImageConfig config = {};
  std::vector<std::string> argv = {};
  std::vector<std::string> env = {};
  std::string working_dir = "/";
  std::string user = {};  ///< as the user or the image has it
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups = {};
  std::string hostname = {};
  std::vector<SandboxMount> mounts = {};
  /// Targets of volumes that begin with what the image has there.
  std::vector<std::string> unfilled = {};
  std::vector<SandboxMount> devices = {};
  CgroupLimits cgroup_limits = {};
  Network network = Network::host;
  RunConditions conditions = {};
  std::map<std::string, std::string> labels = {};
  std::vector<std::string> ports = {};  ///< as -p has them
  std::uint64_t capabilities = default_capabilities();
  bool is_privileged = false;
  bool filters_calls = true;
  bool may_gain_privileges = true;
  bool read_only_root = false;
  bool terminal = false;
  bool interactive = false;
  bool auto_remove = false;
  std::string stop_signal = {};    ///< "SIGTERM", "15"; empty: SIGTERM
  std::int64_t stop_timeout = 10;  ///< seconds

  /// Of its cgroup, while it runs.
  std::string cgroup() const { return "slipway-" + id; }
  std::string short_id() const { return id.substr(0, 12); }
};

/// How far a container has come.
struct ContainerState {
  enum class Phase { created, running, exited };
  Phase phase = Phase::created;
  int pid = 0;  ///< of its pid 1, while it runs
  int exit_code = 0;
  std::string started = {};  ///< RFC 3339, of the last time
  std::string finished = {};
  bool is_copy = false;  ///< see SandboxResult
  std::vector<std::string> mount_points = {};
  std::string error = {};  ///< why it did not start
};

/// "created", "running", "exited".
std::string phase_name(ContainerState::Phase phase);

/// JSON documents; parsers throw Errc::input for what is none of ours.
std::string to_json(const ContainerSpec& spec);
ContainerSpec parse_container_spec(std::string_view text);
std::string to_json(const ContainerState& state);
ContainerState parse_container_state(std::string_view text);

}  // namespace slipway

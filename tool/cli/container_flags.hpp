#pragma once

#include <string>
#include <vector>

#include "container/settings.hpp"
#include "container/spec.hpp"
#include "store/store.hpp"

namespace slipway::cli {

class Command;

/// The flags of `run` and `create`, and the container that they describe.
struct ContainerFlags {
  RunSettings settings = {};
  std::vector<std::string> env_files = {};
  std::vector<std::string> labels = {};
  std::vector<std::string> label_files = {};
  std::vector<std::string> volumes = {};
  std::vector<std::string> mounts = {};
  std::vector<std::string> tmpfs = {};
  std::vector<std::string> ports = {};
  std::vector<std::string> groups = {};
  std::vector<std::string> added_capabilities = {};
  std::vector<std::string> dropped_capabilities = {};
  std::vector<std::string> security = {};
  std::vector<std::string> limits = {};
  std::vector<std::string> hosts = {};
  std::vector<std::string> devices = {};
  std::string memory = {};
  std::string memory_swap = {};
  std::string cpus = {};
  std::string processes = {};
  std::string shm_size = {};
  std::string isolation = {};
  std::string user = {};
  std::string hostname = {};
  std::string name = {};
  std::string network = {};
  std::string platform = {};
  std::string pull = "missing";
  std::string stop_signal = {};
  std::string stop_timeout = {};
  std::string id_file = {};
  bool auto_remove = false;
  bool interactive = false;
  bool terminal = false;
  bool read_only = false;
  bool privileged = false;

  void add_to(Command& command);

  /// The container of `words`: an image, and what is to be run in it. The image is
  /// brought into the store. Throws Errc::usage and Errc::input.
  ContainerSpec describe(std::vector<std::string> words, const Store& store);

  /// Throws Errc::input where --cidfile is there already.
  void require_new_id_file() const;

  /// Write its id to --cidfile. Throws as require_new_id_file().
  void write_id(const ContainerSpec& spec) const;

 private:
  void read_files();
  void set_rights(ContainerSpec& spec) const;
  void set_network(ContainerSpec& spec) const;
  void set_mounts(ContainerSpec& spec, const Store& store) const;
  void set_cgroup_limits(ContainerSpec& spec) const;
};

}  // namespace slipway::cli

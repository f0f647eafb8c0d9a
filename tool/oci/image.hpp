#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "oci/digest.hpp"
#include "oci/platform.hpp"

namespace slipway {

/// Media types of manifest, config and layers: OCI's or Docker's (v2 schema 2).
enum class ImageFormat { oci, docker };

namespace media_type {
inline constexpr std::string_view oci_index = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view oci_manifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view oci_config = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view oci_layer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view docker_index =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view docker_manifest =
    "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view docker_config = "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view docker_layer = "application/vnd.docker.image.rootfs.diff.tar";
}  // namespace media_type

/// The annotation that names an image inside a layout's index.
inline constexpr std::string_view ref_name_annotation = "org.opencontainers.image.ref.name";
inline constexpr std::string_view image_name_annotation = "io.containerd.image.name";

/// image-spec descriptor.md.
struct Descriptor {
  std::string media_type = {};
  Digest digest = Digest::of("");
  std::uint64_t size = 0;
  std::map<std::string, std::string> annotations = {};
  std::optional<Platform> platform = {};
  std::string artifact_type = {};  ///< of a manifest that is no image
  bool operator==(const Descriptor&) const = default;
};

struct Manifest {
  ImageFormat format = ImageFormat::oci;
  Descriptor config = {};
  std::vector<Descriptor> layers = {};
  std::map<std::string, std::string> annotations = {};
  std::string artifact_type = {};          ///< empty: an image
  std::optional<Descriptor> subject = {};  ///< the manifest that it is about
};

struct Index {
  ImageFormat format = ImageFormat::oci;  ///< written; read as what it is
  std::vector<Descriptor> manifests = {};
  std::map<std::string, std::string> annotations = {};
};

/// Docker's health check; times in nanoseconds, 0: the engine's default.
struct Healthcheck {
  std::vector<std::string> test = {};  ///< {"NONE"}, {"CMD", ...} or {"CMD-SHELL", line}
  std::int64_t interval = 0;
  std::int64_t timeout = 0;
  std::int64_t start_period = 0;
  std::int64_t start_interval = 0;
  int retries = 0;
  bool operator==(const Healthcheck&) const = default;
};

/// The "config" object: how a container of the image runs (image-spec config.md).
struct ContainerConfig {
  std::string user = {};
  std::set<std::string> exposed_ports = {};  ///< "80/tcp"
  std::vector<std::string> env = {};         ///< "K=v", in order of first setting
  std::optional<std::vector<std::string>> entrypoint = {};
  std::optional<std::vector<std::string>> cmd = {};
  std::set<std::string> volumes = {};
  std::string working_dir = {};
  std::map<std::string, std::string> labels = {};
  std::string stop_signal = {};
  std::vector<std::string> shell = {};
  std::vector<std::string> onbuild = {};
  std::optional<Healthcheck> healthcheck = {};
  bool args_escaped = false;
};

struct HistoryEntry {
  std::string created = {};  ///< RFC 3339; empty: left out
  std::string created_by = {};
  std::string author = {};
  std::string comment = {};
  bool empty_layer = false;
};

/// The image configuration document (image-spec config.md).
struct ImageConfig {
  std::string created = {};
  std::string author = {};
  Platform platform = {};
  ContainerConfig config = {};
  std::vector<Digest> diff_ids = {};
  std::vector<HistoryEntry> history = {};
};

/// JSON documents. Parsers throw Errc::input with what is wrong and where
/// ("manifest: layers[2].digest: ..."); writers are deterministic (fixed order
/// of keys, no white space) and lose no byte that is valid UTF-8; a text that
/// is not UTF-8 is refused (Errc::input) by the field's name.
ImageConfig parse_image_config(std::string_view json);
std::string to_json(const ImageConfig& config);
Manifest parse_manifest(std::string_view json);
std::string to_json(const Manifest& manifest);
Index parse_index(std::string_view json);
std::string to_json(const Index& index);

/// Set `key` in an environment list: replaced in place or appended.
void set_env(std::vector<std::string>& env, std::string_view key, std::string_view value);

/// The value of `key`, if there is one.
std::optional<std::string_view> get_env(const std::vector<std::string>& env, std::string_view key);

}  // namespace slipway

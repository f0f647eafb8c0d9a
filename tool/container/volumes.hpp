#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "container/container.hpp"
#include "run/sandbox.hpp"
#include "store/store.hpp"

namespace slipway {

/// Volumes are folders of the store, "volumes/<name>". One that nobody named has 64
/// random hex digits for a name, and goes when it is asked to, or with `--rm`.

/// The folder of a named volume, made where it is missing. Throws Errc::usage for what
/// is no name of one.
std::filesystem::path volume_folder(const std::string& name, const Store& store);

/// The name of a volume that nobody names.
std::string new_volume_name();
bool is_unnamed_volume(const std::string& name);

/// The volume that the mount shows; nullopt: it shows none.
std::optional<std::string> volume_of(const SandboxMount& mount, const Store& store);

/// Mount a new volume wherever the image's VOLUMEs say, but where the container has a
/// mount already.
void add_image_volumes(ContainerSpec& spec, const Store& store);

/// The container's volumes that are empty get what its image has in their place, as
/// Docker does: before its first start. Throws what becoming root throws.
void fill_volumes(const Container& container, const Store& store);

/// Remove those of them that nobody named.
void remove_unnamed_volumes(const ContainerSpec& spec, const Store& store);

}  // namespace slipway

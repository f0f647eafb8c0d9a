#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "oci/platform.hpp"
#include "store/store.hpp"

namespace slipway {

/// How people name an image:
///   oci:<dir or .tar>[:<tag>]  oci-archive:<file>[:<tag>]  docker-archive:<file>[:<name>]
///   docker-daemon:<name>  containers-storage:<name>
///   docker://<reference>  <name>[:<tag>]  sha256:<digest>  <start of a digest>
/// The path ends at the first colon, as in skopeo. The last three are looked up
/// in the store.
struct ImageName {
  enum class Where {
    store,
    layout,
    oci_archive,
    docker_archive,
    docker_daemon,
    containers_storage,
    registry
  };
  Where where = Where::store;
  std::filesystem::path path = {};  ///< of the layout or the archive
  std::string tag = {};             ///< a tag or digest in there; empty: the only image

  /// Throws Errc::input for an empty name or path, and for a malformed reference.
  static ImageName parse(std::string_view text);

  std::string str() const;
};

/// An image whose blobs `layout` has, or fetches when they are read.
struct OpenedImage {
  Layout layout;
  LocatedImage image = {};
};

/// Find the image, anywhere but in a registry (build/find_image.hpp); what an archive
/// or another engine (asked by its program, docker or podman) has is brought into
/// the store first, its digests checked. Throws Errc::input naming
/// the image and what is missing.
OpenedImage open_image(const ImageName& name, const Store& store, const Platform& platform);
OpenedImage open_image(std::string_view name, const Store& store, const Platform& platform);

/// Bring what an archive holds under the name into the store: a manifest, or an index
/// as it is. Throws as open_image() does, without the name.
Descriptor import_entry(const ImageName& name, const Store& store);

/// Copy a manifest, or an index with all that it names, into another layout, the
/// digests checked; blobs that are there stay.
void copy_image(const Layout& from, const Descriptor& entry, const Layout& to);

/// Let the layout fetch what it lacks of a manifest, or of an index with all that it
/// names.
void require_image(const Layout& layout, const Descriptor& entry);

/// The same image, opened in the store: the blobs of another layout are copied, their
/// digests checked.
OpenedImage bring_into_store(OpenedImage opened, const Store& store);

/// The entry of the store's index that `name` means: a name as tagged, with
/// Docker's defaults ("app" is "app:latest"), a digest, or the start (four
/// digits or more) of exactly one. Throws Errc::input where there is none, or more than one.
Descriptor find_in_store(std::string_view name, const Store& store);

/// The same; nullopt where there is none.
std::optional<Descriptor> look_in_store(std::string_view name, const Store& store);

}  // namespace slipway

#pragma once

#include "layer/image_source.hpp"
#include "registry/pull.hpp"

namespace slipway {

/// What a name without a scheme means where the store does not know it.
enum class BareName {
  of_store,     ///< nothing: an error
  of_registry,  ///< a registry's image, as for FROM and `docker run`
};

/// Find an image wherever it is: as open_image(), and of images of registries
/// ("docker://..." and, as `bare` says, others) the documents are brought into the
/// store first, the layers when they are read.
/// PullPolicy::always asks the registry although the store knows the name; a tag
/// of the store that the registry moved moves, too.
OpenedImage find_image(const ImageName& name, const Store& store, const Platform& platform,
                       BareName bare = BareName::of_store,
                       PullPolicy policy = default_pull_policy());

/// The same for a command that works on images: of one that is named as a
/// registry's ("docker://...") the registry is asked what it is now.
OpenedImage find_image(std::string_view name, const Store& store, const Platform& platform,
                       BareName bare = BareName::of_store);

/// What a name means as it is: an index stays whole, all its images with it. Throws
/// Errc::usage for what holds no indexes: docker archives and engines.
struct FoundEntry {
  Layout layout;
  Descriptor entry = {};
};
FoundEntry find_whole(const ImageName& name, const Store& store);

}  // namespace slipway

#pragma once

#include "base/json.hpp"
#include "container/container.hpp"
#include "oci/image.hpp"
#include "store/store.hpp"

namespace slipway::cli {

/// The configuration of an image, by the names of Docker's API: what always has a
/// value, then what is set.
Json describe_config(const ContainerConfig& config);

/// A container as `docker inspect` has it, as far as there is the like here.
Json describe_container(const Container& container, const Store& store);

}  // namespace slipway::cli

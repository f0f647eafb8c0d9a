#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "store/store.hpp"

namespace slipway::test {

/// An image for linux/amd64 in `layout`, one layer for each text. The texts are
/// no tars: archives and names care for bytes only.
inline LocatedImage make_small_image(const Layout& layout, const std::vector<std::string>& layers,
                                     ImageFormat format = ImageFormat::oci) {
  LocatedImage image;
  image.config.platform = {.os = "linux", .architecture = "amd64"};
  image.config.config.cmd = std::vector<std::string>{"/bin/app"};
  image.manifest.format = format;
  const bool oci = format == ImageFormat::oci;
  for (const std::string& layer : layers) {
    image.config.diff_ids.push_back(Digest::of(layer));
    image.manifest.layers.push_back(
        layout.write_document(layer, oci ? media_type::oci_layer : media_type::docker_layer));
  }
  image.manifest.config = layout.write_document(
      to_json(image.config), oci ? media_type::oci_config : media_type::docker_config);
  image.descriptor = layout.write_document(
      to_json(image.manifest), oci ? media_type::oci_manifest : media_type::docker_manifest);
  image.descriptor.platform = image.config.platform;
  return image;
}

/// The message of the Error that `body` throws, with its hint in brackets;
/// "no error" where it throws none.
template <typename Body>
std::string error_of(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.hint().empty() ? error.what()
                                : std::string(error.what()) + " [" + error.hint() + "]";
  }
  return "no error";
}

}  // namespace slipway::test

#pragma once

#include <map>
#include <string>
#include <vector>

#include "oci/image.hpp"
#include "oci/reference.hpp"
#include "registry/pull.hpp"

namespace slipway {

/// Something about an image: a list of what is in it, a signature, a report.
struct Artifact {
  std::string type = {};               ///< a media type: "application/spdx+json"
  std::vector<Descriptor> files = {};  ///< blobs of the store, with their titles
  std::map<std::string, std::string> annotations = {};
};

/// Push the artifact beside the image (or index) that the reference names, as its
/// referrer (distribution-spec 1.1, "Pushing Manifests with Subject"). Where the
/// registry does not know referrers, the list under the tag "sha256-<digest>" gets
/// it. The artifact's manifest. Throws Errc::remote naming the reference.
Descriptor attach(Http& http, const Reference& subject, const Artifact& artifact,
                  const Store& store);

/// The manifests of what refers to the image, of one type only where that is given
/// (distribution-spec 1.1, "Listing Referrers").
std::vector<Descriptor> list_referrers(Http& http, const Reference& subject,
                                       const std::string& type);

}  // namespace slipway

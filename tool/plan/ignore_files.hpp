#pragma once

#include <string>
#include <vector>

namespace slipway {

/// The files that say what of a context is not to be seen; the first that exists
/// counts, and no other. That of the Dockerfile stands before the context's own,
/// and by Buildah's rule .containerignore before .dockerignore, which is all that
/// Docker reads. Named contexts have no Dockerfile (empty).
std::vector<std::string> ignore_files_of(const std::string& context,
                                         const std::string& dockerfile = {});

}  // namespace slipway

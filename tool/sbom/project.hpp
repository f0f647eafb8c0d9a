#pragma once

#include <filesystem>
#include <set>

#include "sbom/bill.hpp"
#include "sbom/facts.hpp"
#include "sbom/image_contents.hpp"

namespace slipway::sbom {

/// Put what a project knows of an image into its bill: the targets in it and what they
/// link, static and header-only libraries among it, where that comes from, the packages
/// of copied libraries, and the compilers. Files that are read are put into `read`. Throws
/// Errc::input for facts that name a file that is not there.
void add_project(const Facts& facts, const ImageContents& image, const Store& store, Bill& bill,
                 std::set<std::filesystem::path>& read);

}  // namespace slipway::sbom

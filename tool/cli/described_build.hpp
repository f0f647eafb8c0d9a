#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "build/step.hpp"
#include "cli/described_image.hpp"
#include "sbom/provenance.hpp"

namespace slipway::cli {

/// An image as a material of another.
sbom::Provenance::Material material_of(const DescribedImage::Base& base);

/// What is known of how an image was made before one looks at its plan.
sbom::Provenance begin_provenance(const DescribedImage& image, const std::string& builder);

/// What a plan says of how its image is made: the Dockerfile, its arguments, the images
/// that it needs. Nothing is fetched for it but documents.
void add_plan(const ImageStep& image, const BuildContext& context, sbom::Provenance& provenance);

/// The image that facts say compiled the project; nullopt: none did. Throws Errc::input
/// for a step that cannot be read.
std::optional<DescribedImage::Base> toolchain_of(const sbom::Facts& facts, const Store& store);

/// The commit of a source directory, where no file that git knows differs from it; `name`
/// stands for a repository that has no address. What was looked at is added to `read`.
void add_source(const std::string& directory, const std::string& name, sbom::Provenance& provenance,
                std::set<std::filesystem::path>& read);

/// Which layers of a plan's image (from 0) COPY and ADD made.
std::set<std::size_t> copied_layers(const ImageStep& image, const BuildContext& context);

}  // namespace slipway::cli

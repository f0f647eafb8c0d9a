#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "build/step.hpp"
#include "oci/platform.hpp"
#include "plan/plan.hpp"
#include "sbom/facts.hpp"
#include "store/store.hpp"

namespace slipway::cli {

class Command;

/// What a document about an image has to know of it first.
struct DescribedImage {
  struct Base {
    std::string name = {};
    std::string digest = {};  ///< of its manifest; empty: not known
  };
  std::string name = {};
  LocatedImage located = {};  ///< its blobs are in the store
  std::optional<Base> base = {};
  std::int64_t time = 0;  ///< SOURCE_DATE_EPOCH, else when the image says that it was made, else 0
};

/// The image argument and the options of such commands.
struct DescribedImageFlags {
  std::string image = {};
  std::string name = {};
  std::string platform = Platform::host().str();
  std::string step = {};   ///< image.step: its base is the image's
  std::string facts = {};  ///< see sbom/facts.hpp

  /// The files among them. Never none in an edge: for CMake a depfile without inputs is none.
  std::set<std::filesystem::path> files() const;

  void add_to(Command& command);

  /// Throws Errc::input for an image that is not there.
  DescribedImage find(const Store& store) const;
};

/// The image that a plan's steps have just made, its manifest in the store; it is called
/// by the first of its names, if it has one.
DescribedImage describe_image(const ImageStep& step, const Descriptor& manifest,
                              const BuildContext& context);

/// What a base step of a plan stands for. Nothing is fetched for it but documents.
DescribedImage::Base base_of(const Step& step, const Store& store);

/// The files that such commands read. Throw Errc::input naming them.
ImageStep read_image_step(const std::string& path);
sbom::Facts read_facts(const std::string& path);

/// Where such a document goes.
struct DocumentOutput {
  std::string path = {};  ///< empty: the standard output
  std::string depfile = {};

  void add_to(Command& command);

  /// Writes the file if it changes, and what it depends on.
  void write(std::string_view text, const std::set<std::filesystem::path>& read) const;
};

}  // namespace slipway::cli

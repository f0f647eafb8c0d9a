#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layer/pack.hpp"
#include "layer/view.hpp"
#include "store/store.hpp"

namespace slipway::sbom {

/// The files of a system that tell of its packages, wherever that is: on a disk, or in
/// the layers of an image. Paths have no leading '/'.
class SystemFiles {
 public:
  static SystemFiles below(const std::filesystem::path& root);
  /// `view` is that of `layers`.
  static SystemFiles of_image(const std::vector<Layer>& layers, std::shared_ptr<const View> view,
                              const Store& store);

  /// nullopt where there is no such file.
  std::optional<std::string> read(std::string_view path) const { return read_(path); }
  /// The names in a directory, sorted; none where there is none.
  std::vector<std::string> list(std::string_view path) const { return list_(path); }
  /// Where the file lies that read() reads; nullopt: in a layer.
  std::optional<std::filesystem::path> place_of(std::string_view path) const;

 private:
  std::optional<std::filesystem::path> root_ = {};
  std::function<std::optional<std::string>(std::string_view)> read_ = {};
  std::function<std::vector<std::string>(std::string_view)> list_ = {};
};

/// The names in a directory of the disk, sorted; none where there is none.
std::vector<std::string> names_in(const std::filesystem::path& directory);

}  // namespace slipway::sbom

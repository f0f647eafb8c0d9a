#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "layer/contents.hpp"
#include "layer/pack.hpp"
#include "layer/view.hpp"
#include "store/store.hpp"

namespace slipway {

/// Which files of a layer are wanted again and again.
struct LayerFileKind {
  std::string_view folder;  ///< of the store; one a kind
  bool (*is_wanted)(const Entry& entry);
  bool (*is_kept)(std::span<const std::byte> start);  ///< by how it begins
};

/// Some files of one layer: unpacked once, and kept in the store, in a folder a layer,
/// by number; "index" says which is which.
class LayerFiles {
 public:
  LayerFiles(const LayerFileKind& kind, const Layer& layer, const Store& store);

  /// Where the file of that path in the layer lies; empty: it is not kept.
  std::filesystem::path find(const std::string& path) const;

 private:
  void make(const LayerFileKind& kind, const Layer& layer, const Store& store) const;

  std::filesystem::path folder_;
  std::unordered_map<std::string, std::string> files_ = {};
};

/// The same of all layers that a view was merged from.
class ViewFiles {
 public:
  ViewFiles(const LayerFileKind& kind, const std::vector<Layer>& layers, const Store& store);

  /// Where the bytes of a file of the view lie; empty: they are not kept.
  std::filesystem::path find(const View::Node& node) const;

 private:
  std::vector<LayerFiles> layers_ = {};
};

}  // namespace slipway

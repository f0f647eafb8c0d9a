#include "sbom/system_files.hpp"

#include <fcntl.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "build/layer_files.hpp"

namespace slipway::sbom {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t database_limit = 64u << 20;

/// What databases of packages consist of.
bool is_of_database(const Entry& entry) {
  const std::string_view path = entry.path;
  if (entry.type != EntryType::file || entry.size > database_limit) return false;
  if (path.starts_with("usr/share/doc/")) return path.ends_with("/copyright");
  if (path.starts_with("var/lib/dpkg/info/")) return path.ends_with(".list");
  return path == "var/lib/dpkg/status" || path.starts_with("var/lib/dpkg/status.d/") ||
         path == "lib/apk/db/installed" || path == "usr/lib/apk/db/installed";
}

bool always(std::span<const std::byte>) { return true; }

constexpr LayerFileKind package_files = {"packages", is_of_database, always};

/// Nothing where the path leads nowhere.
const View::Node* follow(const View& view, std::string_view path) {
  try {
    return view.resolve(path, true).node;
  } catch (const Error&) {
    return nullptr;
  }
}

}  // namespace

SystemFiles SystemFiles::below(const fs::path& root) {
  SystemFiles files;
  files.root_ = root;
  files.read_ = [root](std::string_view path) { return read_file_if_exists(root / path); };
  files.list_ = [root](std::string_view path) { return names_in(root / path); };
  return files;
}

SystemFiles SystemFiles::of_image(const std::vector<Layer>& layers,
                                  std::shared_ptr<const View> view, const Store& store) {
  const auto kept = std::make_shared<const ViewFiles>(package_files, layers, store);
  SystemFiles files;
  files.read_ = [view, kept](std::string_view path) -> std::optional<std::string> {
    if (auto excerpt = view->excerpt(path)) return excerpt;
    const auto* node = follow(*view, path);
    if (node == nullptr || node->entry.type != EntryType::file) return std::nullopt;
    const auto file = kept->find(*node);
    return file.empty() ? std::nullopt : std::optional(read_file(file));
  };
  files.list_ = [view](std::string_view path) {
    std::vector<std::string> names;
    if (const auto* node = follow(*view, path)) {
      for (const auto& [name, child] : node->children) names.push_back(name);
    }
    return names;
  };
  return files;
}

std::optional<fs::path> SystemFiles::place_of(std::string_view path) const {
  return root_ ? std::optional(*root_ / path) : std::nullopt;
}

std::vector<std::string> names_in(const fs::path& directory) {
  std::error_code error;
  if (!fs::is_directory(directory, error)) return {};
  return list_directory(open_file(directory, O_RDONLY | O_DIRECTORY), directory.native());
}

}  // namespace slipway::sbom

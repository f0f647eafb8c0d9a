#include "cli/stored_file.hpp"

#include <fcntl.h>

#include <array>
#include <filesystem>

#include "base/file.hpp"

namespace slipway::cli {
namespace {

constexpr std::string_view unknown_media_type = "application/octet-stream";
constexpr std::string_view title_annotation = "org.opencontainers.image.title";

Descriptor titled(Descriptor descriptor, const std::string& title) {
  descriptor.annotations[std::string(title_annotation)] = title;
  return descriptor;
}

Descriptor store_file(const std::string& path, const std::string& media_type, const Store& store) {
  const auto file = open_file(path, O_RDONLY);
  auto writer = store.blobs().begin();
  std::array<std::byte, 65536> buffer = {};
  while (const auto count = read_some(file, buffer, path))
    writer.write(std::span(buffer).first(count));
  return titled(std::move(writer).commit(media_type),
                std::filesystem::path(path).filename().native());
}

}  // namespace

Descriptor store_named_file(const std::string& text, const Store& store) {
  const auto colon = text.rfind(':');
  const bool has_type =
      colon != std::string::npos && text.find('/', colon) != std::string::npos && !lstat_file(text);
  if (!has_type) return store_file(text, std::string(unknown_media_type), store);
  return store_file(text.substr(0, colon), text.substr(colon + 1), store);
}

Descriptor store_text(std::string_view text, const std::string& title,
                      const std::string& media_type, const Store& store) {
  auto writer = store.blobs().begin();
  writer.write(text);
  return titled(std::move(writer).commit(media_type), title);
}

}  // namespace slipway::cli

#include "registry/blob_notes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace slipway {
namespace {

constexpr std::size_t most_kept_lines = 8;

}  // namespace

bool BlobNotes::has(const Digest& blob) const {
  return lstat_file(store_.root() / folder_ / blob.hex()).has_value();
}

std::vector<std::string> BlobNotes::read(const Digest& blob) const {
  const auto text = read_file_if_exists(store_.root() / folder_ / blob.hex());
  auto lines = split(text.value_or(""), '\n');
  std::erase(lines, "");
  return lines;
}

void BlobNotes::note(const Digest& blob, const std::string& line) const {
  auto lines = read(blob);
  if (!lines.empty() && lines.front() == line) return;
  std::erase(lines, line);
  lines.insert(lines.begin(), line);
  lines.resize(std::min(lines.size(), most_kept_lines));
  write_file_if_changed(store_.folder(folder_) / blob.hex(),
                        fmt::format("{}\n", fmt::join(lines, "\n")), store_.folder("tmp"));
}

}  // namespace slipway

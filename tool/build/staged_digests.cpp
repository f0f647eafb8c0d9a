#include "build/staged_digests.hpp"

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "build/record.hpp"

namespace slipway {
namespace {

constexpr std::string_view header = "slipway-staged 1\n";

/// Whatever changes a file's content changes one of these.
std::string facts(const StagedEntry& source, const struct stat& copy) {
  return fmt::format("{} {} {} {} {} {} {} ", source.inode, source.size,
                     nanoseconds(source.changed), copy.st_ino, copy.st_size,
                     nanoseconds(copy.st_mtim), nanoseconds(copy.st_ctim));
}

}  // namespace

StagedDigests::StagedDigests(std::filesystem::path file) : file_(std::move(file)) {
  const auto text = read_file_if_exists(file_);
  if (!text || !text->starts_with(header)) return;
  for (const auto& line : split(std::string_view(*text).substr(header.size()), '\n')) {
    const auto tab = line.find('\t');
    if (tab != std::string::npos) before_.emplace(line.substr(tab + 1), line.substr(0, tab));
  }
}

std::optional<std::string> StagedDigests::find(const std::string& path, const StagedEntry& source,
                                               const struct stat& copy) const {
  const auto known = before_.find(escaped(path));
  if (known == before_.end()) return std::nullopt;
  const auto wanted = facts(source, copy);
  if (!known->second.starts_with(wanted)) return std::nullopt;
  return known->second.substr(wanted.size());
}

void StagedDigests::remember(const std::string& path, const StagedEntry& source,
                             const struct stat& copy, const std::string& digest,
                             const struct timespec& start) {
  if (racy_line(nanoseconds(source.changed), nanoseconds(start))) return;
  now_ += facts(source, copy) + digest + '\t' + escaped(path) + '\n';
}

void StagedDigests::save() const { write_file_if_changed(file_, std::string(header) + now_); }

}  // namespace slipway

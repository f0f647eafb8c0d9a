#include "registry/remembered.hpp"

#include <fmt/format.h>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {

// A file a reference, named by its digest:
//   slipway-reference 1
//   <reference>
//   <media type> <digest> <size>
constexpr std::string_view reference_header = "slipway-reference 1";

std::filesystem::path reference_file(const Reference& reference, const Store& store) {
  return store.folder("references") / sha256_hex(reference.str());
}

/// nullopt for what is damaged, too: it is asked for anew.
std::optional<Descriptor> parse_remembered_reference(const std::string& text) {
  const auto lines = split(text, '\n');
  if (lines.size() != 4 || lines[0] != reference_header) return std::nullopt;
  const auto words = split(lines[2], ' ');
  const auto size = words.size() == 3 ? parse_integer(words[2]) : std::nullopt;
  if (!size || *size < 0) return std::nullopt;
  try {
    return Descriptor{.media_type = words[0],
                      .digest = Digest::parse(words[1]),
                      .size = static_cast<std::uint64_t>(*size)};
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::optional<Descriptor> recall_reference(const Reference& reference, const Store& store) {
  const auto text = read_file_if_exists(reference_file(reference, store));
  auto entry = text ? parse_remembered_reference(*text) : std::nullopt;
  if (entry && !store.blobs().contains(*entry)) return std::nullopt;
  return entry;
}

std::vector<Descriptor> remembered_references(const Store& store) {
  std::vector<Descriptor> all;
  for (const auto& file : std::filesystem::directory_iterator(store.folder("references"))) {
    const auto text = read_file_if_exists(file.path());
    auto entry = text ? parse_remembered_reference(*text) : std::nullopt;
    if (entry) all.push_back(std::move(*entry));
  }
  return all;
}

void remember_reference(const Reference& reference, const Descriptor& entry, const Store& store) {
  write_file_if_changed(reference_file(reference, store),
                        fmt::format("{}\n{}\n{} {} {}\n", reference_header, reference.str(),
                                    entry.media_type, entry.digest.str(), entry.size),
                        store.folder("tmp"));
}

}  // namespace slipway

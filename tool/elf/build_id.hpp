#pragma once

#include <gelf.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace slipway::elf {

/// The build ID that a linker put into a file (NT_GNU_BUILD_ID).
struct BuildId {
  std::uint64_t offset = 0;     ///< in the file
  std::string_view bytes = {};  ///< libelf's memory
};

/// The one in a PT_NOTE segment, which must lie inside of the file. A note that is cut
/// short is none: nothing that starts programs reads notes.
std::optional<BuildId> find_build_id(Elf* elf, const GElf_Phdr& segment);

}  // namespace slipway::elf

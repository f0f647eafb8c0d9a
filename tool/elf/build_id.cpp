#include "elf/build_id.hpp"

namespace slipway::elf {
namespace {

constexpr std::string_view gnu_name("GNU\0", 4);

}  // namespace

std::optional<BuildId> find_build_id(Elf* elf, const GElf_Phdr& segment) {
  auto* data = elf_getdata_rawchunk(elf, static_cast<std::int64_t>(segment.p_offset),
                                    static_cast<std::size_t>(segment.p_filesz),
                                    segment.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
  if (data == nullptr || data->d_buf == nullptr) return std::nullopt;
  const std::string_view bytes(static_cast<const char*>(data->d_buf), data->d_size);
  GElf_Nhdr note = {};
  std::size_t name = 0;
  std::size_t content = 0;
  for (std::size_t at = 0; (at = gelf_getnote(data, at, &note, &name, &content)) > 0;) {
    if (note.n_type != NT_GNU_BUILD_ID || bytes.substr(name, note.n_namesz) != gnu_name) continue;
    return BuildId{segment.p_offset + content, bytes.substr(content, note.n_descsz)};
  }
  return std::nullopt;
}

}  // namespace slipway::elf

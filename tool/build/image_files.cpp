#include "build/image_files.hpp"

#include <elf.h>

#include <algorithm>
#include <array>

#include "build/rootfs.hpp"

namespace slipway {
namespace {

struct NamedMachine {
  std::string_view architecture;
  std::uint16_t machine;
};

// As Go names architectures, which is how platforms do.
constexpr std::array<NamedMachine, 9> machines = {{{"amd64", EM_X86_64},
                                                   {"386", EM_386},
                                                   {"arm64", EM_AARCH64},
                                                   {"arm", EM_ARM},
                                                   {"riscv64", EM_RISCV},
                                                   {"ppc64le", EM_PPC64},
                                                   {"s390x", EM_S390},
                                                   {"mips64le", EM_MIPS},
                                                   {"loong64", EM_LOONGARCH}}};

}  // namespace

ImageFiles::ImageFiles(const LocatedImage& image, const Store& store, std::size_t base)
    : layers(layers_of(image)),
      view(view_of(layers, store)),
      root(make_elf_root(layers, view, store)),
      base_layers(base) {}

std::optional<std::uint16_t> machine_of(const Platform& platform) {
  const auto found =
      std::ranges::find(machines, platform.architecture, &NamedMachine::architecture);
  return found == machines.end() ? std::nullopt : std::optional(found->machine);
}

std::string instruction_of(std::size_t index, const ImageConfig& config) {
  for (const auto& entry : config.history) {
    if (entry.empty_layer) continue;
    if (index == 0) return entry.created_by;
    --index;
  }
  return {};
}

}  // namespace slipway

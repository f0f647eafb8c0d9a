#include "build/verify_image.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "build/elf_root.hpp"
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

std::optional<std::uint16_t> machine_of(const Platform& platform) {
  const auto found =
      std::ranges::find(machines, platform.architecture, &NamedMachine::architecture);
  return found == machines.end() ? std::nullopt : std::optional(found->machine);
}

/// The history entry of the image's layer `index`.
std::string instruction_of(std::size_t index, const LocatedImage& image) {
  for (const auto& entry : image.config.history) {
    if (entry.empty_layer) continue;
    if (index == 0) return entry.created_by;
    --index;
  }
  return {};
}

std::string provider_of(const elf::Problem& problem, const View& view, const LocatedImage& image) {
  const auto* node = problem.provider.empty() ? nullptr : view.resolve(problem.provider, true).node;
  if (node == nullptr) return {};
  const auto instruction = instruction_of(node->layer, image);
  return fmt::format(" ('{}' of layer {}{}{})", printable(problem.provider), node->layer + 1,
                     instruction.empty() ? "" : ": ", printable(instruction, 80));
}

}  // namespace

std::vector<ImageProblem> verify_image(const LocatedImage& image, const Store& store,
                                       std::size_t from) {
  const auto layers = layers_of(image);
  const auto view = view_of(layers, store);
  const auto root = make_elf_root(layers, view, store);
  std::vector<ImageProblem> problems;
  for (auto& problem :
       elf::verify({root.folder.path(), root.files, machine_of(image.config.platform)})) {
    const auto* node = view.find(problem.file);
    if (node != nullptr && node->layer < from) continue;
    auto provider = provider_of(problem, view, image);
    problems.push_back({std::move(problem), std::move(provider)});
  }
  std::ranges::stable_sort(problems, {}, &ImageProblem::file);
  return problems;
}

}  // namespace slipway

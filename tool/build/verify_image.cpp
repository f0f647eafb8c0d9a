#include "build/verify_image.hpp"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

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

std::string provider_of(const elf::Problem& problem, const View& view, const ImageConfig& config) {
  const auto* node = problem.provider.empty() ? nullptr : view.resolve(problem.provider, true).node;
  if (node == nullptr) return {};
  const auto instruction = instruction_of(node->layer, config);
  return fmt::format(" ('{}' of layer {}{}{})", printable(problem.provider), node->layer + 1,
                     instruction.empty() ? "" : ": ", printable(instruction, 80));
}

}  // namespace

std::vector<ImageProblem> verify_image(const ImageFiles& files, const ImageConfig& config) {
  const auto& root = files.root;
  std::vector<ImageProblem> problems;
  for (auto& problem : elf::verify({root.folder.path(), root.files, machine_of(config.platform)})) {
    const auto* node = files.view.find(problem.file);
    if (node != nullptr && node->layer < files.base_layers) continue;
    auto provider = provider_of(problem, files.view, config);
    problems.push_back({std::move(problem), std::move(provider)});
  }
  std::ranges::stable_sort(problems, {}, &ImageProblem::file);
  return problems;
}

}  // namespace slipway

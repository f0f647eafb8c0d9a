#include "build/verify_image.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "elf/doubts.hpp"

namespace slipway {
namespace {

std::string provider_of(const elf::Problem& problem, const View& view, const ImageConfig& config) {
  const auto* node = problem.provider.empty() ? nullptr : view.resolve(problem.provider, true).node;
  if (node == nullptr) return {};
  const auto instruction = instruction_of(node->layer, config);
  return fmt::format(" ('{}' of layer {}{}{})", printable(problem.provider), node->layer + 1,
                     instruction.empty() ? "" : ": ", printable(instruction, 80));
}

/// The absolute directories of LD_LIBRARY_PATH.
std::vector<std::string> library_path_of(const ImageConfig& config) {
  std::string text(get_env(config.config.env, "LD_LIBRARY_PATH").value_or(""));
  std::ranges::replace(text, ';', ':');
  auto directories = split(text, ':');
  std::erase_if(directories, [](const std::string& path) { return !path.starts_with('/'); });
  return directories;
}

bool is_of_base(const std::string& path, const ImageFiles& files) {
  const auto* node = files.view.find(path);
  return node != nullptr && node->layer < files.base_layers;
}

elf::DoubtOptions doubt_options(const ImageFiles& files, const ImageConfig& config) {
  elf::DoubtOptions options;
  const auto& folder = files.root.folder.path();
  for (const auto& file : files.root.files) {
    auto path = fmt::format("/{}", file.lexically_relative(folder).native());
    const bool is_judged = !is_of_base(path, files);
    options.files.push_back({std::move(path), file, is_judged});
  }
  options.exists = [&files](const std::string& path) {
    try {
      return files.view.resolve(path, true).node != nullptr;
    } catch (const Error&) {  // a parent that is a file, a circle of links
      return false;
    }
  };
  options.environment = config.config.env;
  options.machine = machine_of(config.platform);
  return options;
}

}  // namespace

std::vector<ImageProblem> verify_image(const ImageFiles& files, const ImageConfig& config,
                                       Doubts doubts) {
  const auto& root = files.root;
  auto found = elf::verify({.root = root.folder.path(),
                            .files = root.files,
                            .machine = machine_of(config.platform),
                            .library_path = library_path_of(config),
                            .x86_level = config.platform.x86_level()},
                           files.elf);
  if (doubts == Doubts::told) {
    for (auto& doubt : elf::find_doubts(doubt_options(files, config), files.elf))
      found.push_back(std::move(doubt));
  }
  std::vector<ImageProblem> problems;
  for (auto& problem : found) {
    if (is_of_base(problem.file, files)) continue;
    auto provider = provider_of(problem, files.view, config);
    problems.push_back({std::move(problem), std::move(provider)});
  }
  std::ranges::stable_sort(problems, {}, &ImageProblem::file);
  return problems;
}

}  // namespace slipway

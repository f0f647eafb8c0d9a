#include "build/verify_image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

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

/// Where the image's program is started.
std::string working_directory_of(const ImageConfig& config) {
  const auto& directory = config.config.working_dir;
  return directory.empty() ? "/" : directory;
}

/// The directories of LD_LIBRARY_PATH; an empty one is the working directory.
std::vector<std::string> library_path_of(const ImageConfig& config) {
  std::string text(get_env(config.config.env, "LD_LIBRARY_PATH").value_or(""));
  if (text.empty()) return {};
  std::ranges::replace(text, ';', ':');
  auto directories = split(text, ':');
  for (auto& directory : directories) {
    if (!directory.starts_with('/'))
      directory = fmt::format("{}/{}", working_directory_of(config), directory);
  }
  return directories;
}

/// LD_PRELOAD, and the file that does the same for all programs (of glibc).
std::vector<std::string> preloaded_of(const ImageFiles& files, const ImageConfig& config) {
  auto text = fmt::format("{} {}", get_env(config.config.env, "LD_PRELOAD").value_or(""),
                          files.view.excerpt("etc/ld.so.preload").value_or(""));
  std::ranges::replace_if(
      text, [](char c) { return c == ':' || c == '\n' || c == '\t'; }, ' ');
  auto names = split(text, ' ');
  std::erase(names, "");
  return names;
}

const View::Node* find_node(const View& view, const std::string& path) {
  try {
    return view.resolve(path, true).node;
  } catch (const Error&) {  // a parent that is a file, a circle of links
    return nullptr;
  }
}

/// The file that the image runs, by ENTRYPOINT and CMD; nullptr: it does not say, or has none.
const View::Node* program_of(const ImageFiles& files, const ImageConfig& config) {
  auto words = config.config.entrypoint.value_or(std::vector<std::string>());
  if (words.empty()) words = config.config.cmd.value_or(std::vector<std::string>());
  if (words.empty() || words.front().empty()) return nullptr;
  const auto& word = words.front();
  if (word.starts_with('/')) return find_node(files.view, word);
  if (word.find('/') != std::string::npos)
    return find_node(files.view, fmt::format("{}/{}", working_directory_of(config), word));
  for (const auto& directory : split(get_env(config.config.env, "PATH").value_or(""), ':')) {
    if (const auto* node = find_node(files.view, fmt::format("{}/{}", directory, word)))
      return node;
  }
  return nullptr;
}

/// A library may be started as a program, by mistake: nobody loads what it needs then.
std::optional<elf::Problem> check_program(const ImageFiles& files, const ImageConfig& config) {
  const auto* node = program_of(files, config);
  const auto file =
      node == nullptr
          ? files.root.files.end()
          : std::ranges::find(files.root.files, files.root.folder.path() / node->entry.path);
  if (file == files.root.files.end()) return std::nullopt;
  const auto* object = files.elf.object(*file);
  if (object == nullptr || !object->interpreter.empty() || object->needed.empty())
    return std::nullopt;
  return elf::Problem{
      .kind = elf::Problem::Kind::loader,
      .file = fmt::format("/{}", node->entry.path),
      .needs = "PT_INTERP",
      .message = "is what the image runs, and names no loader for the libraries that it needs",
      .hint = "link it as a program (without -shared and --no-dynamic-linker), or statically"};
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
    return find_node(files.view, path) != nullptr;
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
                            .preloaded = preloaded_of(files, config),
                            .working_directory = working_directory_of(config),
                            .x86_level = config.platform.x86_level()},
                           files.elf);
  if (auto problem = check_program(files, config)) found.push_back(std::move(*problem));
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

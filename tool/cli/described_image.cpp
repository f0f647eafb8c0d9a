#include "cli/described_image.hpp"

#include <fmt/format.h>

#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "build/depfile.hpp"
#include "build/find_image.hpp"
#include "build/step_chain.hpp"
#include "cli/command.hpp"
#include "cli/images.hpp"

namespace slipway::cli {
namespace fs = std::filesystem;
namespace {

constexpr auto base_name_annotation = "org.opencontainers.image.base.name";
constexpr auto base_digest_annotation = "org.opencontainers.image.base.digest";

/// The name that a layout's index has for the image.
std::string name_in_index(const Layout& layout, const Digest& digest) {
  for (const auto& entry : layout.index().manifests) {
    const auto name = entry.annotations.find(std::string(image_name_annotation));
    if (entry.digest == digest && name != entry.annotations.end()) return name->second;
  }
  return {};
}

/// As people know the image: nothing of a folder's path is in it but its name.
std::string known_name(const ImageName& name, const OpenedImage& opened) {
  if (name.where == ImageName::Where::store || name.where == ImageName::Where::registry ||
      name.path.empty())
    return name.tag;
  auto known = name_in_index(opened.layout, opened.image.descriptor.digest);
  if (!known.empty()) return known;
  // CMake's layouts lie in <name>.container/image.
  const auto parent = name.path.parent_path();
  if (parent.extension() == ".container") return parent.stem().native();
  return name.path.filename().native();
}

/// The image beneath a plan's first step.
std::optional<DescribedImage::Base> base_of_plan(const ImageStep& step,
                                                 const BuildContext& context) {
  if (step.base.empty()) return std::nullopt;
  return base_of(*find_step(step.base, context), context.store);
}

std::optional<DescribedImage::Base> base_of_step(const std::string& path, const Store& store) {
  const auto folder = fs::path(path).parent_path();
  return base_of_plan(read_image_step(path), {store, folder.empty() ? "." : folder});
}

std::optional<DescribedImage::Base> base_of_annotations(const Manifest& manifest) {
  const auto name = manifest.annotations.find(base_name_annotation);
  if (name == manifest.annotations.end()) return std::nullopt;
  const auto digest = manifest.annotations.find(base_digest_annotation);
  return DescribedImage::Base{name->second,
                              digest == manifest.annotations.end() ? "" : digest->second};
}

std::int64_t time_of(const ImageConfig& config) {
  const auto epoch = environment_variable("SOURCE_DATE_EPOCH");
  if (!epoch) return parse_rfc3339(config.created).value_or(0);
  const auto seconds = parse_integer(*epoch);
  if (seconds && *seconds >= 0) return *seconds;
  throw Error(Errc::usage,
              fmt::format("SOURCE_DATE_EPOCH '{}' is no number of seconds", printable(*epoch)));
}

}  // namespace

DescribedImage::Base base_of(const Step& step, const Store& store) {
  const auto name = ImageName::parse(step.reference);
  const auto opened = find_image(name, store, step.platform, BareName::of_registry);
  return {known_name(name, opened), opened.image.descriptor.digest.str()};
}

ImageStep read_image_step(const std::string& path) {
  return with_context([&] { return fmt::format("read '{}'", printable(path)); },
                      [&] { return parse_image_step(read_file(path)); });
}

sbom::Facts read_facts(const std::string& path) {
  return with_context([&] { return fmt::format("read '{}'", printable(path)); },
                      [&] { return sbom::parse_facts(read_file(path)); });
}

void DescribedImageFlags::add_to(Command& command) {
  command.option("image", image, image_argument_help, {"", Need::required});
  command.option("--platform", platform, "Of an index, which image", {"OS/ARCH"});
  command.option("--name", name, "What the image is called, instead of its own name", {"NAME"});
  command.option("--facts", facts, "What the project knows, written by the CMake module", {"FILE"});
  command.option("--step", step, "The image.step that 'plan' wrote: it knows the base", {"FILE"});
}

std::set<fs::path> DescribedImageFlags::files() const {
  std::set<fs::path> files;
  for (const auto* file : {&step, &facts}) {
    if (!file->empty()) files.insert(*file);
  }
  return files;
}

DescribedImage DescribedImageFlags::find(const Store& store) const {
  const auto parsed = ImageName::parse(image);
  auto opened = bring_into_store(find_image(image, store, Platform::parse(platform)), store);
  DescribedImage result;
  result.name = name.empty() ? known_name(parsed, opened) : name;
  result.base =
      step.empty() ? base_of_annotations(opened.image.manifest) : base_of_step(step, store);
  result.time = time_of(opened.image.config);
  result.located = std::move(opened.image);
  return result;
}

DescribedImage describe_image(const ImageStep& step, const Descriptor& manifest,
                              const BuildContext& context) {
  DescribedImage result;
  result.located = locate_image(context.store.blobs(), manifest, step.platform);
  result.name = step.tags.empty() ? "image" : step.tags.front();
  result.base = base_of_plan(step, context);
  result.time = time_of(result.located.config);
  return result;
}

void DocumentOutput::add_to(Command& command) {
  command.option("-o,--output", path, "Instead of the standard output", {"FILE"});
  command.option("--depfile", depfile, "What the output depends on", {"FILE"});
}

void DocumentOutput::write(std::string_view text, const std::set<fs::path>& read) const {
  if (path.empty()) {
    fmt::print("{}", text);
    return;
  }
  write_file_if_changed(path, text);
  if (!depfile.empty()) write_depfile(depfile, path, {read.begin(), read.end()});
}

}  // namespace slipway::cli

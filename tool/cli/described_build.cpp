#include "cli/described_build.hpp"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <vector>

#include "base/credentials.hpp"
#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "build/step_chain.hpp"
#include "build/step_result.hpp"
#include "sbom/image_contents.hpp"
#include "sbom/source_commit.hpp"

namespace slipway::cli {
namespace fs = std::filesystem;
namespace {

/// The base steps of a plan, by what the image needs of it.
class BaseSteps {
 public:
  explicit BaseSteps(const BuildContext& context) : context_(context) {}

  std::map<std::string, std::shared_ptr<const Step>> find(const ImageStep& image) && {
    visit(image.base);
    for (const auto& part : image.parts) visit(part.layer);
    while (!queue_.empty()) {
      const auto id = std::move(queue_.back());
      queue_.pop_back();
      follow(id);
    }
    return std::move(found_);
  }

 private:
  void visit(const std::string& id) {
    if (!id.empty() && visited_.insert(id).second) queue_.push_back(id);
  }

  void follow(const std::string& id) {
    const auto step = find_step(id, context_);
    if (step->kind == StepKind::base) found_.emplace(id, step);
    visit(step->beneath);
    visit(step->from);
    visit(step->config_of);
    for (const auto& mount : step->mounts) visit(mount.step);
  }

  const BuildContext& context_;
  std::set<std::string> visited_ = {};
  std::vector<std::string> queue_ = {};
  std::map<std::string, std::shared_ptr<const Step>> found_ = {};
};

}  // namespace

sbom::Provenance::Material material_of(const DescribedImage::Base& base) {
  sbom::Provenance::Material material;
  material.uri = sbom::oci_purl(base.name, base.digest);
  if (material.uri.empty()) material.uri = base.name;
  if (!base.digest.empty())
    material.digest["sha256"] = base.digest.substr(base.digest.find(':') + 1);
  return material;
}

sbom::Provenance begin_provenance(const DescribedImage& image, const std::string& builder) {
  sbom::Provenance provenance;
  provenance.image = image.name;
  provenance.digest = image.located.descriptor.digest.str();
  provenance.platform = image.located.config.platform.str();
  provenance.builder = builder;
  if (environment_variable("SOURCE_DATE_EPOCH")) provenance.time = image.time;
  return provenance;
}

void add_plan(const ImageStep& image, const BuildContext& context, sbom::Provenance& provenance) {
  const auto& arguments = image.script.arguments;
  provenance.dockerfile = fs::path(image.script.path).filename().native();
  for (const auto& [name, value] : arguments.build)
    provenance.build_args.emplace(name, without_credentials(value));
  const auto target = arguments.global.find("TARGETSTAGE");
  if (target != arguments.global.end()) provenance.target = target->second;
  for (const auto& [id, step] : BaseSteps(context).find(image))
    provenance.materials.push_back(material_of(base_of(*step, context.store)));
}

std::optional<DescribedImage::Base> toolchain_of(const sbom::Facts& facts, const Store& store) {
  if (facts.toolchain.empty()) return std::nullopt;
  const auto file = fs::path(facts.toolchain).replace_extension(".step");
  const auto step = with_context([&] { return fmt::format("read '{}'", printable(file.native())); },
                                 [&] { return parse_step(read_file(file)); });
  return base_of(step, store);
}

void add_source(const std::string& directory, const std::string& name, sbom::Provenance& provenance,
                std::set<fs::path>& read) {
  const auto source = sbom::source_commit_of(directory, read);
  if (source.commit.empty()) return;
  const auto where = source.repository.empty() ? "file:" + name : source.repository;
  provenance.materials.push_back(
      {"git+" + where + '@' + source.commit, {{"gitCommit", source.commit}}});
}

std::set<std::size_t> copied_layers(const ImageStep& image, const BuildContext& context) {
  std::set<std::size_t> copied;
  std::size_t count = 0;
  if (!image.base.empty()) count = require_results({image.base}, context).front().layers.size();
  for (const auto& part : image.parts) {
    if (part.layer.empty()) continue;
    const auto layers = require_results({part.layer}, context).front().layers.size();
    const bool is_copy = find_step(part.layer, context)->kind == StepKind::copy;
    for (std::size_t i = 0; i < layers; ++i, ++count) {
      if (is_copy) copied.insert(count);
    }
  }
  return copied;
}

}  // namespace slipway::cli

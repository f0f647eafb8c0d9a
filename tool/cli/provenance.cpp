#include "sbom/provenance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "base/credentials.hpp"
#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "build/step_chain.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/described_image.hpp"
#include "registry/remote_blobs.hpp"
#include "sbom/facts.hpp"
#include "sbom/image_contents.hpp"
#include "sbom/package_finder.hpp"
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

struct ProvenanceCommand {
  DescribedImageFlags flags = {};
  std::string builder = environment_variable("SLIPWAY_BUILDER_ID").value_or(sbom::default_builder);
  DocumentOutput output = {};

  void run() const {
    const auto store = open_store();
    const auto use = store.in_use();
    const auto image = flags.find(store);
    sbom::Provenance provenance;
    provenance.image = image.name;
    provenance.digest = image.located.descriptor.digest.str();
    provenance.platform = image.located.config.platform.str();
    provenance.builder = builder;
    if (environment_variable("SOURCE_DATE_EPOCH")) provenance.time = image.time;
    auto read = flags.files();
    if (!flags.step.empty())
      take_plan(store, provenance);
    else if (image.base)
      provenance.materials.push_back(material_of(*image.base));
    if (!flags.facts.empty()) take_facts(provenance, read);
    auto& materials = provenance.materials;
    std::ranges::sort(materials);
    materials.erase(std::unique(materials.begin(), materials.end()), materials.end());
    output.write(sbom::write_provenance(provenance), read);
  }

 private:
  static sbom::Provenance::Material material_of(const DescribedImage::Base& base) {
    sbom::Provenance::Material material;
    material.uri = sbom::oci_purl(base.name, base.digest);
    if (material.uri.empty()) material.uri = base.name;
    if (!base.digest.empty())
      material.digest["sha256"] = base.digest.substr(base.digest.find(':') + 1);
    return material;
  }

  void take_plan(const Store& store, sbom::Provenance& provenance) const {
    const auto image = read_image_step(flags.step);
    const auto& arguments = image.script.arguments;
    provenance.dockerfile = fs::path(image.script.path).filename().native();
    for (const auto& [name, value] : arguments.build)
      provenance.build_args.emplace(name, without_credentials(value));
    const auto target = arguments.global.find("TARGETSTAGE");
    if (target != arguments.global.end()) provenance.target = target->second;
    const auto folder = fs::path(flags.step).parent_path();
    const BuildContext context{store, folder.empty() ? "." : folder};
    for (const auto& [id, step] : BaseSteps(context).find(image))
      provenance.materials.push_back(material_of(base_of(*step, store)));
  }

  void take_facts(sbom::Provenance& provenance, std::set<fs::path>& read) const {
    const auto known = read_facts(flags.facts);
    for (const auto& compiler : known.compilers)
      if (!compiler.version.empty()) provenance.versions[compiler.name] = compiler.version;
    sbom::Bill bill;
    sbom::PackageFinder finder(known, sbom::SystemFiles::below(known.sysroot), {}, bill, read);
    for (const auto& what : known.fetched) (void)finder.by_source(what.source_directory);
    for (const auto& source : bill.components) {
      sbom::Provenance::Material material;
      material.uri = source.download;
      for (const auto& checksum : source.checksums)
        material.digest[to_lower(checksum.algorithm)] = checksum.value;
      const auto at = source.download.rfind('@');
      if (source.download.starts_with("git+") && at != std::string::npos)
        material.digest["gitCommit"] = source.download.substr(at + 1);
      provenance.materials.push_back(std::move(material));
    }
    if (known.projects.empty()) return;
    const auto source = sbom::source_commit_of(known.projects.front().source_directory, read);
    if (source.commit.empty()) return;
    const auto where =
        source.repository.empty() ? "file:" + known.projects.front().name : source.repository;
    provenance.materials.push_back(
        {"git+" + where + '@' + source.commit, {{"gitCommit", source.commit}}});
  }
};

}  // namespace

void add_provenance_command(Command& program, Session&) {
  auto command = std::make_shared<ProvenanceCommand>();
  auto provenance = program.add("provenance", "Say how an image was made (SLSA provenance)");
  command->flags.add_to(provenance);
  provenance.option("--builder-id", command->builder, "Who builds [$SLIPWAY_BUILDER_ID]", {"URI"});
  command->output.add_to(provenance);
  provenance.action([command] { command->run(); });
}

}  // namespace slipway::cli

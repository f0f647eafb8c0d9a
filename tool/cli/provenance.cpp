#include "sbom/provenance.hpp"

#include <fmt/format.h>

#include <memory>
#include <set>

#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/described_build.hpp"
#include "registry/remote_blobs.hpp"
#include "sbom/facts.hpp"
#include "sbom/package_finder.hpp"

namespace slipway::cli {
namespace fs = std::filesystem;
namespace {

struct ProvenanceCommand {
  DescribedImageFlags flags = {};
  std::string builder = environment_variable("SLIPWAY_BUILDER_ID").value_or(sbom::default_builder);
  DocumentOutput output = {};

  void run() const {
    const auto store = open_store();
    const auto use = store.in_use();
    const auto image = flags.find(store);
    auto provenance = begin_provenance(image, builder);
    auto read = flags.files();
    if (!flags.step.empty()) {
      const auto folder = fs::path(flags.step).parent_path();
      add_plan(read_image_step(flags.step), {store, folder.empty() ? "." : folder}, provenance);
    } else if (image.base) {
      provenance.materials.push_back(material_of(*image.base));
    }
    if (!flags.facts.empty()) take_facts(store, provenance, read);
    output.write(sbom::write_provenance(provenance), read);
  }

 private:
  void take_facts(const Store& store, sbom::Provenance& provenance,
                  std::set<fs::path>& read) const {
    const auto known = read_facts(flags.facts);
    if (const auto toolchain = toolchain_of(known, store))
      provenance.materials.push_back(material_of(*toolchain));
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
    if (!known.projects.empty()) {
      const auto& project = known.projects.front();
      add_source(project.source_directory, project.name, provenance, read);
    }
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

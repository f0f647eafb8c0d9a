#include <fmt/format.h>

#include <memory>
#include <set>

#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/described_build.hpp"
#include "registry/remote_blobs.hpp"
#include "sbom/formats.hpp"
#include "sbom/image_contents.hpp"
#include "sbom/project.hpp"

namespace slipway::cli {
namespace {

struct SbomCommand {
  DescribedImageFlags flags = {};
  std::string format = "spdx";
  DocumentOutput output = {};

  void run() const {
    const auto store = open_store();
    const auto use = store.in_use();
    const auto image = flags.find(store);
    sbom::Bill bill;
    bill.time = image.time;
    const auto contents = sbom::add_image(image.name, image.located, store, bill);
    if (image.base) sbom::add_base(image.base->name, image.base->digest, bill);
    auto read = flags.files();
    if (!flags.facts.empty()) sbom::add_project(known_facts(store), contents, store, bill, read);
    output.write(sbom::write(bill, sbom::parse_format(format)), read);
  }

 private:
  /// With the image that compiled, by its name and digest.
  sbom::Facts known_facts(const Store& store) const {
    auto facts = read_facts(flags.facts);
    if (auto toolchain = toolchain_of(facts, store))
      facts.compilers.push_back({std::move(toolchain->name), std::move(toolchain->digest)});
    return facts;
  }
};

}  // namespace

void add_sbom_command(Command& program, Session&) {
  auto command = std::make_shared<SbomCommand>();
  auto sbom = program.add("sbom", "List what is in an image, and what that was made of");
  command->flags.add_to(sbom);
  sbom.choice("--format", command->format, sbom::format_names, "SPDX 2.3 or CycloneDX 1.5 [spdx]");
  command->output.add_to(sbom);
  sbom.action([command] { command->run(); });
}

}  // namespace slipway::cli

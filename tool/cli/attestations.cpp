#include "cli/attestations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "build/rootfs.hpp"
#include "build/step_chain.hpp"
#include "cli/command.hpp"
#include "cli/described_build.hpp"
#include "cli/stored_file.hpp"
#include "oci/reference.hpp"
#include "registry/referrers.hpp"
#include "sbom/formats.hpp"
#include "sbom/image_contents.hpp"

namespace slipway::cli {
namespace fs = std::filesystem;
namespace {

const std::vector<std::string> known_attestations = {"sbom", "provenance"};

/// The value of a shorthand as one of --attest: "true", "mode=max", ...; nullopt: not given.
std::optional<std::string> as_attributes(std::string_view type, const std::string& value) {
  if (value.empty()) return std::nullopt;
  const auto word = to_lower(value);
  if (word == "true" || word == "1") return fmt::format("type={}", type);
  if (word == "false" || word == "0") return fmt::format("type={},disabled=true", type);
  return fmt::format("type={},{}", type, value);
}

std::string sbom_of(const DescribedImage& image, const ImageStep& step,
                    const BuildContext& context) {
  sbom::Bill bill;
  bill.time = image.time;
  (void)sbom::add_image(image.name, image.located, context.store, bill,
                        copied_layers(step, context));
  if (image.base) sbom::add_base(image.base->name, image.base->digest, bill);
  return sbom::write_spdx(bill);
}

std::string platform_folder(const Platform& platform) {
  auto name = platform.str();
  std::ranges::replace(name, '/', '_');
  return name;
}

/// Where an output on the disk has its documents; empty: nowhere.
std::string place_of(const Attestation& attestation, const Output& output, bool is_index) {
  using Kind = Output::Kind;
  if (output.destination.empty() || output.to_stdout()) return {};
  const auto folder = platform_folder(attestation.platform);
  if (output.kind == Kind::directory)
    return (output.destination / (is_index ? folder : "") / attestation.file_name).native();
  return fmt::format("{}.{}{}{}", output.destination.native(), is_index ? folder : "",
                     is_index ? "." : "", attestation.file_name);
}

void attach_all(const std::vector<Attestation>& attestations, const std::vector<std::string>& names,
                const Store& store) {
  const auto http = make_http();
  std::set<std::string> done;  // a repository may have several of the names
  for (const auto& name : names) {
    auto reference = Reference::parse(name);
    if (!done.insert(reference.registry + '/' + reference.repository).second) continue;
    for (const auto& attestation : attestations) {
      Artifact artifact;
      artifact.type = attestation.media_type;
      artifact.files = {
          store_text(attestation.text, attestation.file_name, attestation.media_type, store)};
      reference.digest = attestation.image;
      (void)attach(*http, reference, artifact, store);
      fmt::print(stderr, "Attached {} to {}\n", attestation.media_type, reference.familiar());
    }
  }
}

}  // namespace

void AttestationFlags::add_to(Command& command) {
  command.repeatable("--attest", attest, "type=sbom, type=provenance,mode=min|max", {"ATTRIBUTES"});
  command.flag_with_value("--sbom", sbom, "The same as --attest type=sbom", {"=BOOL"});
  command.flag_with_value("--provenance", provenance, "The same as --attest type=provenance",
                          {"=BOOL|mode=MODE"});
}

Attestations::Attestations(const AttestationFlags& flags)
    : builder_(environment_variable("SLIPWAY_BUILDER_ID").value_or(sbom::default_builder)) {
  for (const auto& text : flags.attest) read("--attest", text);
  if (const auto text = as_attributes("sbom", flags.sbom)) read("--sbom", *text);
  if (const auto text = as_attributes("provenance", flags.provenance)) read("--provenance", *text);
}

void Attestations::read(std::string_view flag, const std::string& text) {
  const Attributes attributes(flag, text,
                              {"type", "disabled", "generator", "mode", "version", "builder-id"});
  const auto type = attributes.get("type");
  if (type.empty()) attributes.refuse("type is missing", "type=sbom or type=provenance");
  if (type == "sbom") return read_sbom(attributes);
  if (type == "provenance") return read_provenance(attributes);
  attributes.refuse(fmt::format("unknown type '{}'", printable(type)),
                    did_you_mean(type, known_attestations));
}

void Attestations::read_sbom(const Attributes& attributes) {
  if (!attributes.get("generator").empty()) {
    attributes.refuse("Slipway runs no generator: it lists packages and files itself",
                      "leave 'generator' out");
  }
  has_sbom_ = !attributes.flag("disabled", false);
}

void Attestations::read_provenance(const Attributes& attributes) {
  const auto mode = attributes.get("mode");
  if (!mode.empty() && mode != "min" && mode != "max")
    attributes.refuse(fmt::format("mode '{}' is neither min nor max", printable(mode)));
  const auto version = attributes.get("version");
  if (!version.empty() && version != "v1") {
    attributes.refuse(fmt::format("SLSA version '{}' is not written", printable(version)),
                      "leave it out, or version=v1");
  }
  mode_ = mode == "max" ? Mode::max : Mode::min;
  if (const auto builder = attributes.get("builder-id"); !builder.empty()) builder_ = builder;
  has_provenance_ = !attributes.flag("disabled", false);
}

std::vector<Attestation> Attestations::describe(const ImageStep& step, const AssembledImage& image,
                                                const std::string& source,
                                                const BuildContext& context) const {
  std::vector<Attestation> result;
  if (!are_wanted()) return result;
  const auto described = describe_image(step, image.manifest, context);
  const auto add = [&](const char* name, const char* type, std::string text) {
    result.push_back({name, type, std::move(text), described.located.config.platform,
                      described.located.descriptor.digest});
  };
  if (has_sbom_) add("sbom.spdx.json", "application/spdx+json", sbom_of(described, step, context));
  if (!has_provenance_) return result;
  auto provenance = begin_provenance(described, builder_);
  add_plan(step, context, provenance);
  if (mode_ == Mode::min) provenance.build_args.clear();
  std::set<fs::path> ignored;
  add_source(source, fs::path(source).lexically_normal().filename().native(), provenance, ignored);
  add("provenance.json", "application/vnd.in-toto+json", sbom::write_provenance(provenance));
  return result;
}

bool write_attestations(const std::vector<Attestation>& attestations, const Output& output,
                        const BuiltImages& built, const std::vector<std::string>& tags,
                        const Store& store) {
  if (attestations.empty()) return true;
  if (output.kind == Output::Kind::registry) {
    auto names = output.names;
    names.insert(names.end(), tags.begin(), tags.end());
    attach_all(attestations, names, store);
    return true;
  }
  bool has_place = false;
  for (const auto& attestation : attestations) {
    const auto place = place_of(attestation, output, built.is_index());
    if (place.empty()) continue;
    write_file_if_changed(place, attestation.text);
    has_place = true;
  }
  return has_place;
}

}  // namespace slipway::cli

#include "sbom/provenance.hpp"

#include <algorithm>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "sbom/bill.hpp"

namespace slipway::sbom {
namespace {

/// The meaning of the parameters below.
constexpr auto build_type = "urn:slipway:dockerfile:v1";

/// In an order of their own, each once.
void write_materials(std::vector<Provenance::Material> materials, JsonWriter& json) {
  std::ranges::sort(materials);
  materials.erase(std::unique(materials.begin(), materials.end()), materials.end());
  json.key("resolvedDependencies").array([&] {
    for (const auto& material : materials) {
      json.object([&] {
        json.member("uri", as_utf8(material.uri));
        if (!material.digest.empty()) json.member("digest", material.digest);
      });
    }
  });
}

void write_definition(const Provenance& provenance, JsonWriter& json) {
  json.key("buildDefinition").object([&] {
    json.member("buildType", build_type);
    json.key("externalParameters").object([&] {
      json.member("dockerfile", as_utf8(provenance.dockerfile));
      json.member("target", as_utf8(provenance.target));
      json.member("platform", provenance.platform);
      json.key("buildArgs").object([&] {
        for (const auto& [name, value] : provenance.build_args)
          json.member(as_utf8(name), as_utf8(value));
      });
    });
    write_materials(provenance.materials, json);
  });
}

void write_run(const Provenance& provenance, JsonWriter& json) {
  json.key("runDetails").object([&] {
    json.key("builder").object([&] {
      json.member("id", as_utf8(provenance.builder));
      json.key("version").object([&] {
        json.member("slipway", SLIPWAY_VERSION);
        for (const auto& [name, version] : provenance.versions) json.member(name, version);
      });
    });
    if (!provenance.time) return;
    json.key("metadata").object([&] {
      json.member("startedOn", rfc3339(*provenance.time));
      json.member("finishedOn", rfc3339(*provenance.time));
    });
  });
}

}  // namespace

std::string write_provenance(const Provenance& provenance) {
  JsonWriter json;
  json.object([&] {
    json.member("_type", "https://in-toto.io/Statement/v1");
    json.key("subject").array([&] {
      json.object([&] {
        json.member("name", as_utf8(provenance.image));
        json.key("digest").object([&] {
          json.member("sha256", provenance.digest.substr(provenance.digest.find(':') + 1));
        });
      });
    });
    json.member("predicateType", "https://slsa.dev/provenance/v1");
    json.key("predicate").object([&] {
      write_definition(provenance, json);
      write_run(provenance, json);
    });
  });
  return std::move(json).take() + '\n';
}

}  // namespace slipway::sbom

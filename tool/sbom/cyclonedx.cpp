#include <fmt/format.h>

#include <map>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "sbom/formats.hpp"

namespace slipway::sbom {
namespace {

std::string_view type_of(Kind kind) {
  switch (kind) {
    case Kind::image:
    case Kind::base_image:
      return "container";
    case Kind::operating_system:
      return "operating-system";
    case Kind::application:
    case Kind::compiler:
      return "application";
    case Kind::file:
      return "file";
    case Kind::library:
    case Kind::system_package:
    case Kind::source:
      return "library";
  }
  return "library";
}

/// CycloneDX's name for "SHA256": "SHA-256".
std::string algorithm_of(std::string_view name) {
  if (name.starts_with("SHA") && !name.starts_with("SHA3"))
    return "SHA-" + std::string(name.substr(3));
  return std::string(name);
}

class CyclonedxWriter {
 public:
  CyclonedxWriter(const Bill& bill, std::string uuid)
      : bill_(bill), ids_(component_ids(bill)), uuid_(std::move(uuid)) {}

  std::string write() {
    json_.object([&] {
      json_.member("$schema", "http://cyclonedx.org/schema/bom-1.5.schema.json");
      json_.member("bomFormat", "CycloneDX");
      json_.member("specVersion", "1.5");
      json_.member("serialNumber", "urn:uuid:" + uuid_);
      json_.member("version", 1);
      write_metadata();
      json_.key("components").array([&] {
        for (std::size_t i = 1; i < bill_.components.size(); ++i) {
          if (bill_.components[i].kind != Kind::compiler) write_component(i);
        }
      });
      write_dependencies();
      write_formulation();
    });
    return std::move(json_).take() + '\n';
  }

 private:
  void write_metadata() {
    json_.key("metadata").object([&] {
      json_.member("timestamp", rfc3339(bill_.time));
      json_.key("tools").object([&] {
        json_.key("components").array([&] {
          json_.object([&] {
            json_.member("type", "application");
            json_.member("name", "slipway");
            json_.member("version", SLIPWAY_VERSION);
          });
        });
      });
      json_.key("component");
      write_component(0);
    });
  }

  void known(std::string_view name, const std::string& value) {
    if (!value.empty()) json_.member(name, as_utf8(value));
  }

  void write_component(std::size_t number) {
    const auto& component = bill_.components[number];
    json_.object([&] {
      json_.member("type", std::string(type_of(component.kind)));
      json_.member("bom-ref", ids_[number]);
      if (!component.supplier.empty()) {
        json_.key("supplier").object([&] { json_.member("name", as_utf8(component.supplier)); });
      }
      json_.member("name", as_utf8(component.name));
      known("version", component.version);
      write_hashes(component);
      write_licence(component);
      known("cpe", component.cpe);
      known("purl", component.purl);
      write_references(component);
      write_properties(component);
    });
  }

  void write_hashes(const Component& component) {
    if (component.checksums.empty()) return;
    json_.key("hashes").array([&] {
      for (const auto& checksum : component.checksums) {
        json_.object([&] {
          json_.member("alg", algorithm_of(checksum.algorithm));
          json_.member("content", checksum.value);
        });
      }
    });
  }

  /// A LicenseRef would have no meaning here: its name stands for it.
  void write_licence(const Component& component) {
    if (component.licence.empty()) return;
    json_.key("licenses").array([&] {
      json_.object([&] {
        const auto name = bill_.licence_names.find(component.licence);
        if (name == bill_.licence_names.end()) {
          json_.member("expression", as_utf8(component.licence));
        } else {
          json_.key("license").object([&] { json_.member("name", name->second); });
        }
      });
    });
  }

  void write_references(const Component& component) {
    if (component.homepage.empty() && component.download.empty()) return;
    json_.key("externalReferences").array([&] {
      write_reference("website", component.homepage);
      const bool is_repository = component.download.starts_with("git+");
      write_reference(is_repository ? "vcs" : "distribution", component.download);
    });
  }

  void write_reference(const char* type, const std::string& url) {
    if (url.empty()) return;
    json_.object([&] {
      json_.member("type", type);
      json_.member("url", as_utf8(url));
    });
  }

  void write_properties(const Component& component) {
    if (component.build_id.empty() && component.comment.empty()) return;
    json_.key("properties").array([&] {
      write_property("slipway:build-id", component.build_id);
      write_property("slipway:comment", component.comment);
    });
  }

  void write_property(const char* name, const std::string& value) {
    if (value.empty()) return;
    json_.object([&] {
      json_.member("name", name);
      json_.member("value", as_utf8(value));
    });
  }

  void write_dependencies() {
    std::map<std::size_t, std::set<std::string>> graph;
    for (const auto& [from, kind, to] : bill_.relations) {
      if (kind != RelationKind::build_tool_of) graph[from].insert(ids_[to]);
    }
    json_.key("dependencies").array([&] {
      for (const auto& [from, to] : graph) {
        json_.object([&, &from = from, &to = to] {
          json_.member("ref", ids_[from]);
          json_.member("dependsOn", std::vector<std::string>(to.begin(), to.end()));
        });
      }
    });
  }

  void write_formulation() {
    std::vector<std::size_t> tools;
    for (std::size_t i = 0; i < bill_.components.size(); ++i) {
      if (bill_.components[i].kind == Kind::compiler) tools.push_back(i);
    }
    if (tools.empty()) return;
    json_.key("formulation").array([&] {
      json_.object([&] {
        json_.key("components").array([&] {
          for (const auto tool : tools) write_component(tool);
        });
      });
    });
  }

  const Bill& bill_;
  std::vector<std::string> ids_;
  std::string uuid_;
  JsonWriter json_ = {};
};

}  // namespace

std::string write_cyclonedx(const Bill& bill) {
  return CyclonedxWriter(bill, uuid_of(CyclonedxWriter(bill, {}).write())).write();
}

}  // namespace slipway::sbom

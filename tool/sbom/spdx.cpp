#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "sbom/formats.hpp"

namespace slipway::sbom {
namespace {

constexpr std::string_view unknown = "NOASSERTION";

std::string_view purpose_of(Kind kind) {
  switch (kind) {
    case Kind::image:
    case Kind::base_image:
      return "CONTAINER";
    case Kind::operating_system:
      return "OPERATING_SYSTEM";
    case Kind::application:
    case Kind::compiler:
      return "APPLICATION";
    case Kind::library:
    case Kind::system_package:
      return "LIBRARY";
    case Kind::file:
      return "FILE";
    case Kind::source:
      return "SOURCE";
  }
  return "OTHER";
}

std::string_view relationship_of(RelationKind kind) {
  switch (kind) {
    case RelationKind::contains:
      return "CONTAINS";
    case RelationKind::static_link:
      return "STATIC_LINK";
    case RelationKind::dynamic_link:
      return "DYNAMIC_LINK";
    case RelationKind::depends_on:
      return "DEPENDS_ON";
    case RelationKind::generated_from:
      return "GENERATED_FROM";
    case RelationKind::descendant_of:
      return "DESCENDANT_OF";
    case RelationKind::build_tool_of:
      return "BUILD_TOOL_OF";
  }
  return "OTHER";
}

class SpdxWriter {
 public:
  SpdxWriter(const Bill& bill, std::string uuid)
      : bill_(bill), ids_(component_ids(bill)), uuid_(std::move(uuid)) {
    for (auto& id : ids_) id.insert(0, "SPDXRef-");
  }

  std::string write() {
    json_.object([&] {
      json_.member("spdxVersion", "SPDX-2.3");
      json_.member("dataLicense", "CC0-1.0");
      json_.member("SPDXID", "SPDXRef-DOCUMENT");
      const auto name = as_utf8(bill_.components.front().name);
      json_.member("name", name);
      // What the specification gives to those who have no web site of their own.
      json_.member("documentNamespace",
                   "https://spdx.org/spdxdocs/" + uri_characters(name) + '-' + uuid_);
      json_.key("creationInfo").object([&] {
        json_.member("created", rfc3339(bill_.time));
        json_.member("creators", std::vector<std::string>{"Tool: slipway-" SLIPWAY_VERSION});
      });
      json_.key("packages").array([&] {
        for (std::size_t i = 0; i < bill_.components.size(); ++i) write_package(i);
      });
      write_relationships();
      write_licences();
    });
    return std::move(json_).take() + '\n';
  }

 private:
  static std::string uri_characters(std::string_view text) {
    std::string result;
    for (const char c : text) {
      const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
      result += is_plain ? c : '-';
    }
    return result;
  }

  void known(std::string_view name, const std::string& value) {
    if (!value.empty()) json_.member(name, as_utf8(value));
  }

  void write_package(std::size_t number) {
    const auto& component = bill_.components[number];
    json_.object([&] {
      json_.member("SPDXID", ids_[number]);
      json_.member("name", as_utf8(component.name));
      known("versionInfo", component.version);
      if (component.kind == Kind::file) json_.member("packageFileName", as_utf8(component.name));
      if (!component.supplier.empty())
        json_.member("supplier", "Organization: " + as_utf8(component.supplier));
      json_.member("downloadLocation",
                   component.download.empty() ? std::string(unknown) : as_utf8(component.download));
      json_.member("filesAnalyzed", false);
      known("homepage", component.homepage);
      json_.member("licenseConcluded", unknown_text());
      json_.member("licenseDeclared",
                   component.licence.empty() ? unknown_text() : as_utf8(component.licence));
      json_.member("copyrightText", unknown_text());
      json_.member("primaryPackagePurpose", std::string(purpose_of(component.kind)));
      known("comment", comment_of(component));
      write_checksums(component);
      write_references(component);
    });
  }

  static std::string unknown_text() { return std::string(unknown); }

  static std::string comment_of(const Component& component) {
    if (component.build_id.empty()) return component.comment;
    return "Build ID: " + component.build_id;
  }

  void write_checksums(const Component& component) {
    if (component.checksums.empty()) return;
    json_.key("checksums").array([&] {
      for (const auto& checksum : component.checksums) {
        json_.object([&] {
          json_.member("algorithm", checksum.algorithm);
          json_.member("checksumValue", checksum.value);
        });
      }
    });
  }

  void write_references(const Component& component) {
    if (component.purl.empty() && component.cpe.empty()) return;
    json_.key("externalRefs").array([&] {
      write_reference("PACKAGE-MANAGER", "purl", component.purl);
      const bool is_new = component.cpe.starts_with("cpe:2.3:");
      write_reference("SECURITY", is_new ? "cpe23Type" : "cpe22Type", component.cpe);
    });
  }

  void write_reference(const char* category, const char* type, const std::string& locator) {
    if (locator.empty()) return;
    json_.object([&] {
      json_.member("referenceCategory", category);
      json_.member("referenceType", type);
      json_.member("referenceLocator", as_utf8(locator));
    });
  }

  void write_relationship(const std::string& from, std::string_view kind, const std::string& to) {
    json_.object([&] {
      json_.member("spdxElementId", from);
      json_.member("relationshipType", std::string(kind));
      json_.member("relatedSpdxElement", to);
    });
  }

  void write_relationships() {
    json_.key("relationships").array([&] {
      write_relationship("SPDXRef-DOCUMENT", "DESCRIBES", ids_.front());
      for (const auto& [from, kind, to] : bill_.relations)
        write_relationship(ids_[from], relationship_of(kind), ids_[to]);
    });
  }

  void write_licences() {
    if (bill_.licence_names.empty()) return;
    json_.key("hasExtractedLicensingInfos").array([&] {
      for (const auto& licence : bill_.licence_names) {
        json_.object([&] {
          json_.member("licenseId", licence.first);
          json_.member("name", licence.second);
          json_.member("extractedText",
                       "The licence that its package calls '" + licence.second + "'");
        });
      }
    });
  }

  const Bill& bill_;
  std::vector<std::string> ids_;
  std::string uuid_;
  JsonWriter json_ = {};
};

}  // namespace

std::string write_spdx(const Bill& bill) {
  return SpdxWriter(bill, uuid_of(SpdxWriter(bill, {}).write())).write();
}

}  // namespace slipway::sbom

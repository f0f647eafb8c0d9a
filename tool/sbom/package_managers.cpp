#include "sbom/package_managers.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "sbom/package_database.hpp"

namespace slipway::sbom {
namespace {

std::string text_in(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return {};
  auto text = found->get<std::string>();
  return text == "NOASSERTION" || text == "NONE" ? std::string() : text;
}

/// The archive or repository that a port was made of is a package of its own there.
void take_resource(const Json& package, Component& port) {
  const auto location = text_in(package, "downloadLocation");
  if (port.checksums.empty() && !location.empty()) port.download = location;
  const auto checksums = package.find("checksums");
  if (!port.checksums.empty() || checksums == package.end() || !checksums->is_array()) return;
  for (const auto& checksum : *checksums) {
    if (!checksum.is_object()) continue;
    auto known = checksum_of(text_in(checksum, "algorithm"), text_in(checksum, "checksumValue"));
    if (known) port.checksums.push_back(std::move(*known));
  }
}

/// The value of the first `set(<name><suffix> "<value>")` whose name ends so.
struct CMakeSetting {
  std::string name = {};  ///< without what was looked for
  std::string value = {};
};
std::optional<CMakeSetting> find_setting(std::string_view text, std::string_view part) {
  for (const auto& line : split(text, '\n')) {
    const auto trimmed = trim(line);
    if (!trimmed.starts_with("set(")) continue;
    const auto at = trimmed.find(part);
    const auto quote = trimmed.find('"');
    const auto blank = trimmed.find(' ');
    if (at == std::string_view::npos || quote == std::string_view::npos || blank > quote ||
        at > blank)
      continue;
    const auto end = trimmed.find('"', quote + 1);
    if (end == std::string_view::npos) continue;
    return CMakeSetting{std::string(trimmed.substr(4, at - 4)),
                        std::string(trimmed.substr(quote + 1, end - quote - 1))};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Component> read_vcpkg_port(std::string_view json, LicenceNames& names) {
  const auto document = try_parse_json(json);
  if (!document || !document->is_object()) return std::nullopt;
  const auto packages = document->find("packages");
  if (packages == document->end() || !packages->is_array()) return std::nullopt;
  std::optional<Component> port;
  for (const auto& package : *packages) {
    if (!package.is_object()) continue;
    const auto id = text_in(package, "SPDXID");
    if (!port && id == "SPDXRef-port") {
      port = Component{.kind = Kind::library};
      port->name = text_in(package, "name");
      port->version = text_in(package, "versionInfo");
      port->homepage = web_address(text_in(package, "homepage"));
      const auto concluded = text_in(package, "licenseConcluded");
      port->licence = licence_expression(
          concluded.empty() ? text_in(package, "licenseDeclared") : concluded, names);
      port->download = text_in(package, "downloadLocation");
      port->purl =
          fmt::format("pkg:vcpkg/{}@{}", purl_encoded(port->name), purl_encoded(port->version));
    } else if (port && id.starts_with("SPDXRef-resource")) {
      take_resource(package, *port);
    }
  }
  if (port && port->name.empty()) return std::nullopt;
  return port;
}

std::map<std::string, std::string> parse_vcpkg_status(std::string_view text) {
  std::map<std::string, std::string> versions;
  for (const auto& paragraph : parse_paragraphs(text)) {
    const auto value = [&](std::string_view name) {
      const auto found = paragraph.find(name);
      return found == paragraph.end() ? std::string() : found->second;
    };
    // A feature of a port has a paragraph of its own, without a version.
    if (value("version").empty() || !value("status").ends_with(" installed")) continue;
    const auto revision = value("port-version");
    const bool has_revision = !revision.empty() && revision != "0";
    versions[value("package")] = value("version") + (has_revision ? '#' + revision : "");
  }
  return versions;
}

std::optional<ConanPackage> parse_conan_data(std::string_view text) {
  auto setting = find_setting(text, "_PACKAGE_FOLDER_");
  if (!setting || setting->name.empty()) return std::nullopt;
  return ConanPackage{std::move(setting->name), std::move(setting->value)};
}

std::string parse_config_version(std::string_view text) {
  const auto setting = find_setting(text, "PACKAGE_VERSION ");
  return setting && setting->name.empty() ? setting->value : std::string();
}

Component conan_component(const std::string& name, const std::string& version,
                          const std::string& licence) {
  Component component{.kind = Kind::library};
  component.name = name;
  component.version = version;
  component.licence = licence;
  component.purl = fmt::format("pkg:conan/{}@{}", purl_encoded(name), purl_encoded(version));
  return component;
}

}  // namespace slipway::sbom

#include "sbom/package_database.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "base/credentials.hpp"
#include "base/text.hpp"

namespace slipway::sbom {
namespace {

/// The value of a line of os-release, which a shell would read.
std::string unquoted(std::string_view value) {
  value = trim(value);
  const bool is_quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
                         value.back() == value.front();
  if (is_quoted) value = value.substr(1, value.size() - 2);
  std::string result;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && i + 1 < value.size()) ++i;
    result += value[i];
  }
  return result;
}

std::string value_in(const Paragraph& paragraph, std::string_view name) {
  const auto found = paragraph.find(name);
  return found == paragraph.end() ? std::string() : found->second;
}

/// Who knows the package by its name: the distribution's namespace.
std::string distribution(const OsRelease& system, std::string_view fallback) {
  return system.id.empty() ? std::string(fallback) : to_lower(system.id);
}

std::string system_purl(std::string_view type, std::string_view distribution_name,
                        const SystemPackage& package, const OsRelease& system) {
  std::string purl = fmt::format("pkg:{}/{}/{}@{}?arch={}", type, purl_encoded(distribution_name),
                                 purl_encoded(package.name), purl_encoded(package.version),
                                 purl_encoded(package.architecture));
  if (!system.version.empty()) {
    purl +=
        fmt::format("&distro={}-{}", purl_encoded(distribution_name), purl_encoded(system.version));
  }
  if (package.source != package.name)
    purl += fmt::format("&upstream={}", purl_encoded(package.source));
  return purl;
}

/// One line of apk's database: "<letter>:<value>".
void take_apk_line(char letter, std::string value, SystemPackage& package, std::string& folder) {
  switch (letter) {
    case 'P':
      package.name = std::move(value);
      break;
    case 'V':
      package.version = std::move(value);
      break;
    case 'A':
      package.architecture = std::move(value);
      break;
    case 'o':
      package.source = std::move(value);
      break;
    case 'm':
      package.maintainer = std::move(value);
      break;
    case 'U':
      package.homepage = std::move(value);
      break;
    case 'L':
      package.licence = std::move(value);
      break;
    case 'F':
      folder = std::move(value);
      break;
    case 'R':
      package.files.push_back(folder.empty() ? value : folder + '/' + value);
      break;
    default:
      break;
  }
}

}  // namespace

std::vector<Paragraph> parse_paragraphs(std::string_view text) {
  std::vector<Paragraph> paragraphs;
  Paragraph paragraph;
  const auto finish = [&] {
    if (!paragraph.empty()) paragraphs.push_back(std::move(paragraph));
    paragraph.clear();
  };
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    const auto colon = line.find(':');
    if (trim(line).empty()) {
      finish();
    } else if (line.front() != ' ' && line.front() != '\t' && colon != std::string_view::npos) {
      paragraph.emplace(to_lower(line.substr(0, colon)), trim(line.substr(colon + 1)));
    }
  }
  finish();
  return paragraphs;
}

std::vector<SystemPackage> parse_dpkg_status(std::string_view text) {
  std::vector<SystemPackage> packages;
  for (const auto& paragraph : parse_paragraphs(text)) {
    const auto status = value_in(paragraph, "status");
    if (!status.empty() && !status.ends_with(" installed")) continue;
    SystemPackage package;
    package.name = value_in(paragraph, "package");
    package.version = value_in(paragraph, "version");
    if (package.name.empty() || package.version.empty()) continue;
    package.architecture = value_in(paragraph, "architecture");
    const auto source = value_in(paragraph, "source");  // "zlib (1.2)" where versions differ
    package.source = source.empty() ? package.name : source.substr(0, source.find(' '));
    package.maintainer = value_in(paragraph, "maintainer");
    package.homepage = value_in(paragraph, "homepage");
    packages.push_back(std::move(package));
  }
  return packages;
}

std::vector<SystemPackage> parse_apk_installed(std::string_view text) {
  std::vector<SystemPackage> packages;
  SystemPackage package;
  std::string folder;
  const auto finish = [&] {
    if (package.source.empty()) package.source = package.name;
    if (!package.name.empty()) packages.push_back(std::move(package));
    package = {};
    folder.clear();
  };
  for (auto& line : split(text, '\n')) {
    if (line.empty()) {
      finish();
    } else if (line.size() > 1 && line[1] == ':') {
      take_apk_line(line[0], line.substr(2), package, folder);
    }
  }
  finish();
  return packages;
}

OsRelease parse_os_release(std::string_view text) {
  OsRelease release;
  for (const auto& line : split(text, '\n')) {
    const auto equals = line.find('=');
    if (equals == std::string::npos || line.front() == '#') continue;
    const auto name = line.substr(0, equals);
    auto value = unquoted(std::string_view(line).substr(equals + 1));
    if (name == "ID")
      release.id = std::move(value);
    else if (name == "VERSION_ID")
      release.version = std::move(value);
    else if (name == "NAME")
      release.name = std::move(value);
    else if (name == "CPE_NAME")
      release.cpe = std::move(value);
    else if (name == "HOME_URL")
      release.homepage = std::move(value);
  }
  return release;
}

std::string deb_purl(const SystemPackage& package, const OsRelease& system) {
  return system_purl("deb", distribution(system, "debian"), package, system);
}

std::string apk_purl(const SystemPackage& package, const OsRelease& system) {
  return system_purl("apk", distribution(system, "alpine"), package, system);
}

std::string public_url(const std::string& url) {
  if (url.empty()) return {};
  if (!url.starts_with('/') && !url.starts_with("file:")) return without_credentials(url);
  const auto path =
      std::filesystem::path(url.substr(url.starts_with('/') ? 0 : 5)).lexically_normal();
  const auto name = path.has_filename() ? path.filename() : path.parent_path().filename();
  return "file:" + purl_encoded(name.native());
}

std::string purl_encoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool is_plain_character = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                    (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' ||
                                    c == '~';
    if (is_plain_character)
      result += c;
    else
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

}  // namespace slipway::sbom

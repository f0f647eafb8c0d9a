#include "sbom/facts.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway::sbom {
namespace {

constexpr std::string_view facts_header = "slipway-facts 1";

/// A list of CMake's, without what is empty in it.
std::vector<std::string> list_of(std::string_view value) {
  std::vector<std::string> items;
  for (const auto& item : split(value, ';')) {
    if (!trim(item).empty()) items.emplace_back(trim(item));
  }
  return items;
}

void take(std::string_view key, std::string value, Facts::Project& project) {
  if (key == "version")
    project.version = std::move(value);
  else if (key == "source")
    project.source_directory = std::move(value);
}

void take(std::string_view key, std::string value, Facts::Compiler& compiler) {
  if (key == "version")
    compiler.version = std::move(value);
  else if (key == "language")
    compiler.language = std::move(value);
  else if (key == "libraries")
    compiler.libraries = list_of(value);
  else if (key == "directories")
    compiler.directories = list_of(value);
}

void take(std::string_view key, std::string value, Facts::Target& target) {
  if (key == "type")
    target.type = std::move(value);
  else if (key == "version")
    target.version = std::move(value);
  else if (key == "root")
    target.is_root = true;
  else if (key == "imported")
    target.is_imported = true;
  else if (key == "file")
    target.file = std::move(value);
  else if (key == "source")
    target.source_directory = std::move(value);
  else if (key == "package")
    target.package = std::move(value);
  else if (key == "package-directory")
    target.package_directory = std::move(value);
  else if (key == "language")
    target.language = std::move(value);
  else if (key == "static")
    target.static_flags = list_of(value);
  else if (key == "links") {
    for (auto& item : list_of(value)) target.links.push_back(std::move(item));
  }
}

void take(std::string_view key, std::string value, Facts::Fetched& fetched) {
  if (key == "url")
    fetched.url = std::move(value);
  else if (key == "hash")
    fetched.hash = std::move(value);
  else if (key == "repository")
    fetched.repository = std::move(value);
  else if (key == "tag")
    fetched.tag = std::move(value);
  else if (key == "source")
    fetched.source_directory = std::move(value);
  else if (key == "binary")
    fetched.binary_directory = std::move(value);
  else if (key == "install")
    fetched.install_directory = std::move(value);
}

class FactsReader {
 public:
  Facts read(std::string_view text) {
    int number = 0;
    for (const auto& line : split(text, '\n')) {
      ++number;
      if (number == 1 && line != facts_header)
        throw Error(Errc::input,
                    fmt::format("line 1: '{}' is not '{}'", printable(line), facts_header));
      if (number == 1 || trim(line).empty() || line.front() == '#') continue;
      const auto space = line.find(' ');
      const auto value = space == std::string::npos ? std::string() : line.substr(space + 1);
      if (!take_line(line.substr(0, space), std::string(trim(value)))) {
        throw Error(Errc::input,
                    fmt::format("line {}: '{}' belongs to no record", number, printable(line)));
      }
    }
    return std::move(facts_);
  }

 private:
  enum class Open { none, project, compiler, target, fetched };

  bool take_line(const std::string& key, std::string value) {
    if (begin(key, value)) return true;
    if (open_ == Open::none) return false;
    if (open_ == Open::project) take(key, std::move(value), facts_.projects.back());
    if (open_ == Open::compiler) take(key, std::move(value), facts_.compilers.back());
    if (open_ == Open::target) take(key, std::move(value), facts_.targets.back());
    if (open_ == Open::fetched) take(key, std::move(value), facts_.fetched.back());
    return true;
  }

  bool begin(std::string_view key, const std::string& name) {
    if (key == "project") {
      facts_.projects.push_back({.name = name});
      open_ = Open::project;
    } else if (key == "compiler") {
      facts_.compilers.push_back({.name = name});
      open_ = Open::compiler;
    } else if (key == "target") {
      facts_.targets.push_back({.name = name});
      open_ = Open::target;
    } else if (key == "fetched") {
      facts_.fetched.push_back({.name = name});
      open_ = Open::fetched;
    } else if (key == "origins") {
      facts_.origins.emplace_back(name);
    } else if (key == "sysroot") {
      facts_.sysroot = name;
    } else if (key == "toolchain") {
      facts_.toolchain = name;
    } else {
      return false;
    }
    return true;
  }

  Facts facts_ = {};
  Open open_ = Open::none;
};

}  // namespace

Facts parse_facts(std::string_view text) { return FactsReader().read(text); }

}  // namespace slipway::sbom

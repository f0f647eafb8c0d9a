#include "sbom/package_finder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "sbom/image_contents.hpp"
#include "sbom/licence.hpp"
#include "sbom/package_managers.hpp"

namespace slipway::sbom {
namespace fs = std::filesystem;
namespace {

/// The path relative to the directory; nullopt: it does not lie in it.
std::optional<std::string> path_below(const fs::path& path, const fs::path& directory) {
  if (directory.empty()) return std::nullopt;
  const auto& text = path.native();
  const auto& start = directory.native();
  if (text == start) return std::string();
  const bool is_below =
      text.starts_with(start) && (start.back() == '/' || text[start.size()] == '/');
  if (!is_below) return std::nullopt;
  return text.substr(start.size() + (start.back() == '/' ? 0 : 1));
}

/// What git has checked out: a commit's name, if HEAD is none of a branch.
std::string checked_out_commit(const fs::path& source) {
  const auto head = read_file_if_exists(source / ".git" / "HEAD").value_or("");
  const auto commit = trim(head);
  const bool is_commit = (commit.size() == 40 || commit.size() == 64) &&
                         commit.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return is_commit ? std::string(commit) : std::string();
}

/// A package URL of what a project fetched by itself: github's type, else the generic one.
std::string fetched_purl(const Component& source, const std::string& repository) {
  constexpr std::string_view github = "https://github.com/";
  const auto version = source.version.empty() ? "" : '@' + purl_encoded(source.version);
  if (repository.starts_with(github)) {
    auto path = std::string_view(repository).substr(github.size());
    if (path.ends_with(".git")) path.remove_suffix(4);
    const auto slash = path.find('/');
    if (slash != std::string_view::npos) {
      return fmt::format("pkg:github/{}/{}{}", to_lower(purl_encoded(path.substr(0, slash))),
                         to_lower(purl_encoded(path.substr(slash + 1))), version);
    }
  }
  const char* qualifier = source.download.starts_with("git+") ? "vcs_url" : "download_url";
  return fmt::format("pkg:generic/{}{}?{}={}", purl_encoded(source.name), version, qualifier,
                     purl_encoded(source.download));
}

constexpr std::string_view dpkg_info_folder = "var/lib/dpkg/info";

/// "zlib1g:amd64" for "zlib1g:amd64.list".
std::string package_of_list(const std::string& name) { return name.substr(0, name.size() - 5); }

}  // namespace

PackageFinder::PackageFinder(const Facts& facts, SystemFiles system,
                             const std::set<fs::path>& files, Bill& bill, std::set<fs::path>& read)
    : facts_(facts), system_files_(std::move(system)), bill_(bill), read_(read) {
  read_system(files);
  read_conan_packages();
}

template <typename Make>
std::size_t PackageFinder::once(const std::string& key, Make&& make) {
  if (const auto found = made_.find(key); found != made_.end()) return found->second;
  const auto number = bill_.add(make());
  made_.emplace(key, number);
  return number;
}

const fs::path& PackageFinder::real_path(const fs::path& path) {
  auto [found, is_new] = real_paths_.try_emplace(path);
  if (is_new) {
    std::error_code error;
    found->second = facts_.toolchain.empty() ? fs::canonical(path, error) : fs::path();
    if (found->second.empty()) found->second = path.lexically_normal();
  }
  return found->second;
}

std::optional<std::string> PackageFinder::text_of(const fs::path& file) {
  auto text = read_file_if_exists(file);
  if (text) read_.insert(file);
  return text;
}

std::optional<std::size_t> PackageFinder::by_file(const fs::path& file) {
  const auto real = real_path(file);
  if (const auto port = vcpkg_port_of(real)) return port;
  if (const auto package = conan_package_of(real)) return package;
  if (const auto source = by_source(real)) return source;
  return system_package_of(real);
}

std::optional<std::size_t> PackageFinder::by_config(const fs::path& directory) {
  if (directory.empty()) return std::nullopt;
  return vcpkg_port_of(real_path(directory));
}

std::optional<std::size_t> PackageFinder::by_source(const fs::path& directory) {
  for (const auto& what : facts_.fetched) {
    for (const auto& place :
         {what.source_directory, what.binary_directory, what.install_directory}) {
      if (path_below(directory, place)) return fetched(what);
    }
  }
  return std::nullopt;
}

// --- vcpkg: <installed>/vcpkg/{status,info/<port>_<version>_<triplet>.list}, and
// <installed>/<triplet>/share/<port>/vcpkg.spdx.json

const fs::path& PackageFinder::vcpkg_root(const fs::path& directory) {
  const auto found = vcpkg_roots_.find(directory);
  if (found != vcpkg_roots_.end()) return found->second;
  std::error_code error;
  fs::path root;
  if (fs::exists(directory / "vcpkg" / "status", error))
    root = directory;
  else if (directory.has_relative_path())
    root = vcpkg_root(directory.parent_path());
  return vcpkg_roots_.emplace(directory, std::move(root)).first->second;
}

std::optional<std::size_t> PackageFinder::vcpkg_port_of(const fs::path& file) {
  const auto& installed = vcpkg_root(file.parent_path());
  if (installed.empty()) return std::nullopt;
  const auto path = *path_below(file, installed);
  const auto triplet = path.substr(0, path.find('/'));
  const auto info = installed / "vcpkg" / "info";
  for (const auto& name : names_in(info)) {
    if (!name.ends_with('_' + triplet + ".list")) continue;
    const auto text = read_file_if_exists(info / name).value_or("");
    const bool has_it = std::ranges::any_of(split(text, '\n'), [&](const std::string& line) {
      return line == path || line.starts_with(path + '/');
    });
    if (has_it) return vcpkg_port(installed / triplet, name.substr(0, name.find('_')));
  }
  return std::nullopt;
}

std::optional<std::size_t> PackageFinder::vcpkg_port(const fs::path& prefix,
                                                     const std::string& port) {
  return once("vcpkg:" + (prefix / port).native(), [&] {
    const auto text = text_of(prefix / "share" / port / "vcpkg.spdx.json");
    if (text) {
      if (auto component = read_vcpkg_port(*text, bill_.licence_names)) return *component;
    }
    const auto status = text_of(prefix.parent_path() / "vcpkg" / "status");
    const auto versions = parse_vcpkg_status(status.value_or(""));
    const auto version = versions.find(port);
    Component component{.kind = Kind::library};
    component.name = port;
    if (version != versions.end()) component.version = version->second;
    component.purl =
        fmt::format("pkg:vcpkg/{}@{}", purl_encoded(port), purl_encoded(component.version));
    return component;
  });
}

// --- Conan: <name>-<configuration>-<architecture>-data.cmake beside the configs that
// find_package() found; the package's folder has no name and version of its own.

void PackageFinder::read_conan_packages() {
  std::set<fs::path> folders;
  for (const auto& target : facts_.targets) {
    if (!target.package_directory.empty()) folders.insert(target.package_directory);
  }
  constexpr std::string_view here = "${CMAKE_CURRENT_LIST_DIR}";
  for (const auto& folder : folders) {
    for (const auto& name : names_in(folder)) {
      if (!name.ends_with("-data.cmake")) continue;
      auto package = parse_conan_data(text_of(folder / name).value_or(""));
      if (!package) continue;
      auto place = package->folder.native();
      if (place.starts_with(here)) place.replace(0, here.size(), folder.native());
      std::string version;
      for (const auto& file :
           {package->name + "-config-version.cmake", package->name + "ConfigVersion.cmake"}) {
        if (version.empty()) version = parse_config_version(text_of(folder / file).value_or(""));
      }
      conan_.emplace(real_path(fs::path(place)), ConanFolder{package->name, version});
    }
  }
}

std::optional<std::size_t> PackageFinder::conan_package_of(const fs::path& file) {
  for (const auto& [folder, package] : conan_) {
    if (!path_below(file, folder)) continue;
    return once("conan:" + folder.native(), [&, &folder = folder, &package = package] {
      return conan_component(package.name, package.version,
                             licence_of_directory(folder / "licenses", read_));
    });
  }
  return std::nullopt;
}

// --- What the project fetched (FetchContent, ExternalProject).

std::size_t PackageFinder::fetched(const Facts::Fetched& what) {
  return once("fetched:" + what.name, [&] {
    Component component{.kind = Kind::source};
    component.name = what.name;
    component.version = what.tag;
    component.download = public_url(what.url);
    if (!what.repository.empty()) {
      const auto commit = checked_out_commit(what.source_directory);
      component.download = "git+" + public_url(what.repository);
      if (!commit.empty()) component.download += '@' + commit;
      if (component.version.empty()) component.version = commit;
    }
    const auto equals = what.hash.find('=');
    if (equals != std::string::npos) {
      auto known = checksum_of(what.hash.substr(0, equals), what.hash.substr(equals + 1));
      if (known) component.checksums.push_back(std::move(*known));
    }
    component.licence = licence_of_directory(what.source_directory, read_);
    component.purl = fetched_purl(component, what.repository);
    return component;
  });
}

// --- dpkg of the machine that built, or of the sysroot: info/<package>.list

std::optional<std::string> PackageFinder::system_text(const std::string& path) {
  auto text = system_files_.read(path);
  const auto place = system_files_.place_of(path);
  if (text && place) read_.insert(*place);
  return text;
}

void PackageFinder::read_system(const std::set<fs::path>& files) {
  std::unordered_map<std::string_view, const fs::path*> wanted;
  std::vector<std::string> forms;
  forms.reserve(files.size() * 2);  // keys of `wanted` lie in it
  for (const auto& file : files) {
    const auto path = path_below(real_path(file), facts_.sysroot);
    if (!path) continue;
    forms.push_back('/' + *path);
    if (path->starts_with("usr/")) forms.push_back(path->substr(3));
    for (auto form = forms.size() - (path->starts_with("usr/") ? 2 : 1); form < forms.size();
         ++form)
      wanted.emplace(forms[form], &file);
  }
  if (wanted.empty()) return;
  std::unordered_map<std::string, std::vector<const fs::path*>> found;
  for (const auto& name : system_files_.list(dpkg_info_folder)) {
    if (!name.ends_with(".list")) continue;
    const auto text = system_files_.read(fmt::format("{}/{}", dpkg_info_folder, name)).value_or("");
    for (std::size_t at = 0; at < text.size();) {
      const auto end = std::min(text.find('\n', at), text.size());
      const auto owner = wanted.find(std::string_view(text).substr(at, end - at));
      if (owner != wanted.end()) found[package_of_list(name)].push_back(owner->second);
      at = end + 1;
    }
  }
  if (found.empty()) return;
  system_ = parse_os_release(system_text("etc/os-release").value_or(""));
  for (const auto& package : parse_dpkg_status(system_text("var/lib/dpkg/status").value_or(""))) {
    for (const auto& key : {package.name, package.name + ':' + package.architecture}) {
      const auto owned = found.find(key);
      if (owned == found.end()) continue;
      for (const auto* file : owned->second) owners_.emplace(real_path(*file), package);
    }
  }
}

std::optional<std::size_t> PackageFinder::system_package_of(const fs::path& file) {
  const auto owner = owners_.find(file);
  if (owner == owners_.end()) return std::nullopt;
  const auto& package = owner->second;
  return once("deb:" + package.name + ':' + package.architecture, [&] {
    auto component = system_component(package, system_, false);
    const auto copyright = system_text(fmt::format("usr/share/doc/{}/copyright", package.name));
    if (copyright) component.licence = licence_of_copyright(*copyright, bill_.licence_names);
    return component;
  });
}

std::string licence_of_directory(const fs::path& directory, std::set<fs::path>& read) {
  // REUSE: a file a licence, named after it.
  std::vector<std::string> texts;
  for (const auto& name : names_in(directory / "LICENSES")) {
    if (name.ends_with(".txt")) texts.push_back(name.substr(0, name.size() - 4));
  }
  if (texts.size() == 1) return texts.front();
  for (const auto& name : names_in(directory)) {
    const auto upper = to_upper(name);
    const bool is_licence = upper.starts_with("LICENSE") || upper.starts_with("LICENCE") ||
                            upper.starts_with("COPYING");
    std::error_code error;
    if (!is_licence || !fs::is_regular_file(directory / name, error)) continue;
    auto licence = licence_of_text(read_file(directory / name));
    if (licence.empty()) continue;
    read.insert(directory / name);
    return licence;
  }
  return {};
}

}  // namespace slipway::sbom

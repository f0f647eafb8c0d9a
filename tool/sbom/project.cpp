#include "sbom/project.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <optional>

#include "base/file.hpp"
#include "base/text.hpp"
#include "build/origins.hpp"
#include "build/rootfs.hpp"
#include "build/step_result.hpp"
#include "sbom/package_finder.hpp"

namespace slipway::sbom {
namespace fs = std::filesystem;
namespace {

struct KnownTool {
  std::string_view id;  ///< CMake's
  std::string_view name;
  std::string_view cpe;  ///< vendor and product
};

constexpr std::array<KnownTool, 4> known_tools = {{{"GNU", "GCC", "gnu:gcc"},
                                                   {"Clang", "Clang", "llvm:clang"},
                                                   {"AppleClang", "Apple Clang", "apple:clang"},
                                                   {"CMake", "CMake", "kitware:cmake"}}};

RelationKind link_kind(std::string_view type, const fs::path& file) {
  if (type == "STATIC_LIBRARY" || type == "OBJECT_LIBRARY") return RelationKind::static_link;
  if (type == "SHARED_LIBRARY") return RelationKind::dynamic_link;
  const auto name = file.filename().native();
  if (name.ends_with(".a")) return RelationKind::static_link;
  return name.find(".so") != std::string::npos ? RelationKind::dynamic_link
                                               : RelationKind::depends_on;
}

/// The archives of the compiler's own libraries that a target has in it.
std::vector<fs::path> static_runtime_of(const Facts::Target& target, const Facts& facts) {
  std::vector<fs::path> files;
  for (const auto& compiler : facts.compilers) {
    if (target.static_flags.empty() || compiler.language != target.language) continue;
    for (const auto& library : compiler.libraries) {
      const bool is_static = std::ranges::any_of(target.static_flags, [&](const auto& flag) {
        return flag == "-static" || flag == "-static-pie" || flag == "-static-lib" + library;
      });
      if (!is_static) continue;
      const auto has_it = [&](const std::string& directory) {
        return lstat_file(fs::path(directory) / ("lib" + library + ".a")).has_value();
      };
      const auto place = std::ranges::find_if(compiler.directories, has_it);
      if (place != compiler.directories.end())
        files.push_back(fs::path(*place) / ("lib" + library + ".a"));
    }
  }
  return files;
}

/// Every file whose package may be asked for.
std::set<fs::path> files_to_find(const Facts& facts, const Origins& origins) {
  std::set<fs::path> files;
  for (const auto& [path, source] : origins) files.insert(source);
  for (const auto& target : facts.targets) {
    if (target.is_imported && !target.file.empty()) files.insert(target.file);
    for (const auto& item : target.links) {
      if (item.starts_with('/')) files.insert(item);
    }
    for (auto& file : static_runtime_of(target, facts)) files.insert(std::move(file));
  }
  return files;
}

Origins read_origins(const Facts& facts, std::set<fs::path>& read) {
  Origins all;
  for (const auto& file : facts.origins) {
    all.merge(parse_origins(read_file(file)));
    read.insert(file);
  }
  return all;
}

/// Where the project's libraries come from.
SystemFiles system_of(const Facts& facts, const Store& store) {
  if (facts.toolchain.empty()) return SystemFiles::below(facts.sysroot);
  const auto layers = read_step_result(facts.toolchain).layers;
  return SystemFiles::of_image(layers, std::make_shared<const View>(view_of(layers, store)), store);
}

class ProjectReader {
 public:
  ProjectReader(const Facts& facts, const ImageContents& image, SystemFiles system, Bill& bill,
                std::set<fs::path>& read)
      : facts_(facts),
        image_(image),
        bill_(bill),
        read_(read),
        origins_(read_origins(facts, read)),
        finder_(facts, std::move(system), files_to_find(facts, origins_), bill, read) {
    for (const auto& target : facts.targets) by_name_.emplace(target.name, &target);
  }

  void add() {
    for (const auto& target : facts_.targets) {
      if (target.is_root) roots_.push_back(component_of(target));
    }
    for (const auto root : roots_) bill_.relate(0, RelationKind::contains, root);
    while (!queue_.empty()) {
      const auto* target = queue_.front();
      queue_.pop_front();
      for (const auto& item : target->links) link(components_.at(target->name), item, 0);
      for (const auto& file : static_runtime_of(*target, facts_))
        link_file(components_.at(target->name), file);
    }
    add_copied_files();
    add_tools();
  }

 private:
  /// The component of a target of the project, whose links are to be followed.
  std::size_t component_of(const Facts::Target& target) {
    if (const auto found = components_.find(target.name); found != components_.end())
      return found->second;
    const auto project = project_of(target);
    Component component{.kind = target.type == "EXECUTABLE" ? Kind::application : Kind::library};
    component.name = target.name;
    component.version = !target.version.empty() ? target.version
                        : project != nullptr    ? project->version
                                                : std::string();
    if (project != nullptr) component.licence = licence_of(*project);
    component.purl = "pkg:generic/" + purl_encoded(target.name);
    if (!component.version.empty()) component.purl += '@' + purl_encoded(component.version);
    const auto number = bill_.add(std::move(component));
    components_.emplace(target.name, number);
    queue_.push_back(&target);
    if (const auto source = finder_.by_source(target.source_directory))
      bill_.relate(number, RelationKind::generated_from, *source);
    own_file(target, number);
    return number;
  }

  /// The project() that a target belongs to: the innermost around its directory.
  const Facts::Project* project_of(const Facts::Target& target) const {
    const Facts::Project* best = nullptr;
    for (const auto& project : facts_.projects) {
      const auto& source = project.source_directory.native();
      const auto& directory = target.source_directory.native();
      const bool is_in = directory == source || directory.starts_with(source + '/');
      if (is_in && (best == nullptr || source.size() > best->source_directory.native().size()))
        best = &project;
    }
    return best;
  }

  const std::string& licence_of(const Facts::Project& project) {
    auto [found, is_new] = licences_.try_emplace(project.source_directory);
    if (is_new) found->second = licence_of_directory(project.source_directory, read_);
    return found->second;
  }

  /// Aliases and imported targets without a file of their own lead on.
  void link(std::size_t from, const std::string& item, int depth) {
    constexpr int deepest = 100;
    if (depth > deepest) return;
    const auto found = by_name_.find(item);
    if (found == by_name_.end()) {
      if (item.starts_with('/')) link_file(from, item);
      return;
    }
    const auto& target = *found->second;
    if (target.type == "ALIAS") {
      for (const auto& real : target.links) link(from, real, depth + 1);
    } else if (target.is_imported) {
      link_imported(from, target, depth);
    } else {
      bill_.relate(from, link_kind(target.type, {}), component_of(target));
    }
  }

  void link_file(std::size_t from, const fs::path& file) {
    auto number = finder_.by_file(file);
    if (!number) {
      Component component{.kind = Kind::library};
      component.name = file.filename().native();
      number = once_by_name(std::move(component));
    }
    bill_.relate(from, link_kind({}, file), *number);
  }

  void link_imported(std::size_t from, const Facts::Target& target, int depth) {
    auto number = target.file.empty() ? std::nullopt : finder_.by_file(target.file);
    if (!number) number = finder_.by_config(target.package_directory);
    if (!number && (!target.file.empty() || !target.version.empty())) {
      Component component{.kind = Kind::library};
      component.name = target.package.empty() ? target.name : target.package;
      component.version = target.version;
      component.purl = "pkg:generic/" + purl_encoded(component.name);
      if (!component.version.empty()) component.purl += '@' + purl_encoded(component.version);
      number = once_by_name(std::move(component));
    }
    if (number) bill_.relate(from, link_kind(target.type, target.file), *number);
    const auto user = number.value_or(from);
    if (!followed_.insert({user, target.name}).second) return;
    for (const auto& item : target.links) link(user, item, depth + 1);
  }

  std::size_t once_by_name(Component component) {
    const auto key = component.name + ' ' + component.version;
    if (const auto found = others_.find(key); found != others_.end()) return found->second;
    const auto number = bill_.add(std::move(component));
    others_.emplace(key, number);
    return number;
  }

  /// Wherever the image has what the build makes of the target.
  void own_file(const Facts::Target& target, std::size_t number) {
    const auto name = target.file.filename().native();
    if (name.empty()) return;
    for (const auto& [path, file] : image_.files) {
      const bool has_name = path == name || path.ends_with('/' + name);
      if (!has_name || file.is_owned || origins_.contains(path)) continue;
      give(number, file);
    }
  }

  /// Its file is the component's, and so the image's own only by it.
  void give(std::size_t component, const ImageContents::File& file) {
    bill_.relations.erase({0, RelationKind::contains, file.component});
    bill_.relate(component, RelationKind::contains, file.component);
  }

  void add_copied_files() {
    for (const auto& [path, source] : origins_) {
      const auto file = image_.files.find(path);
      if (file == image_.files.end() || file->second.is_owned) continue;
      const auto package = finder_.by_file(source);
      if (!package) continue;
      bill_.relate(0, RelationKind::contains, *package);
      give(*package, file->second);
    }
  }

  void add_tools() {
    std::map<std::string, std::size_t> tools;
    for (const auto& compiler : facts_.compilers) {
      Component component{.kind = Kind::compiler};
      component.name = compiler.name;
      component.version = compiler.version;
      for (const auto& known : known_tools) {
        if (known.id != compiler.name) continue;
        component.name = known.name;
        component.cpe = fmt::format("cpe:2.3:a:{}:{}:*:*:*:*:*:*:*", known.cpe, compiler.version);
      }
      const auto key = component.name + ' ' + component.version;
      auto found = tools.find(key);
      if (found == tools.end()) found = tools.emplace(key, bill_.add(std::move(component))).first;
      for (const auto root : roots_) bill_.relate(found->second, RelationKind::build_tool_of, root);
    }
  }

  const Facts& facts_;
  const ImageContents& image_;
  Bill& bill_;
  std::set<fs::path>& read_;
  Origins origins_;
  PackageFinder finder_;
  std::map<std::string, const Facts::Target*> by_name_ = {};
  std::map<std::string, std::size_t> components_ = {};  ///< of targets of the project
  std::map<std::string, std::size_t> others_ = {};
  std::map<fs::path, std::string> licences_ = {};  ///< by directory
  std::set<std::pair<std::size_t, std::string>> followed_ = {};
  std::deque<const Facts::Target*> queue_ = {};
  std::vector<std::size_t> roots_ = {};
};

}  // namespace

void add_project(const Facts& facts, const ImageContents& image, const Store& store, Bill& bill,
                 std::set<fs::path>& read) {
  ProjectReader(facts, image, system_of(facts, store), bill, read).add();
}

}  // namespace slipway::sbom

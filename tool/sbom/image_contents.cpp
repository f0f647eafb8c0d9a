#include "sbom/image_contents.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/elf_root.hpp"
#include "build/layer_files.hpp"
#include "build/rootfs.hpp"
#include "elf/object.hpp"
#include "oci/reference.hpp"
#include "sbom/licence.hpp"
#include "sbom/system_files.hpp"

namespace slipway::sbom {
namespace {

constexpr std::string_view dpkg_status = "var/lib/dpkg/status";
constexpr std::string_view dpkg_status_folder = "var/lib/dpkg/status.d";
constexpr std::string_view dpkg_info = "var/lib/dpkg/info";

class ImageReader {
 public:
  ImageReader(const LocatedImage& image, const Store& store, Bill& bill,
              const std::set<std::size_t>& copied)
      : copied_(copied),
        layers_(layers_of(image)),
        view_(std::make_shared<const View>(view_of(layers_, store))),
        elf_files_(elf_files, layers_, store),
        database_(SystemFiles::of_image(layers_, view_, store)),
        bill_(bill) {}

  ImageContents read() {
    read_system();
    read_files(view_->root(), {});
    read_dpkg();
    read_apk();
    for (const auto& [path, file] : contents_.files) {
      if (!file.is_owned) bill_.relate(0, RelationKind::contains, file.component);
    }
    relate_links();
    return std::move(contents_);
  }

 private:
  void read_system() {
    auto text = database_.read("etc/os-release");
    if (!text) text = database_.read("usr/lib/os-release");
    if (!text) return;
    contents_.system = parse_os_release(*text);
    const auto& system = contents_.system;
    Component component{.kind = Kind::operating_system};
    component.name = system.id.empty() ? "linux" : system.id;
    component.version = system.version;
    if (system.cpe.starts_with("cpe:") && system.cpe.find(' ') == std::string::npos)
      component.cpe = system.cpe;
    component.homepage = web_address(system.homepage);
    component.comment = system.name;
    bill_.relate(0, RelationKind::contains, bill_.add(std::move(component)));
  }

  void read_files(const View::Node& directory, const std::string& path) {
    for (const auto& [name, child] : directory.children) {
      const auto below = path.empty() ? name : path + '/' + name;
      if (child->entry.type == EntryType::directory) read_files(*child, below);
      if (child->entry.type == EntryType::file) read_file(*child, below);
    }
  }

  void read_file(const View::Node& node, const std::string& path) {
    const auto elf_file = elf_files_.find(node);
    if (elf_file.empty() && !copied_.contains(node.layer)) return;
    Component component{.kind = Kind::file};
    component.name = '/' + path;
    if (node.entry.content) component.checksums.push_back({"SHA256", node.entry.content->hex()});
    ImageContents::File found;
    if (!elf_file.empty()) read_object(elf_file, component, found);
    found.component = bill_.add(std::move(component));
    contents_.files.emplace(path, std::move(found));
  }

  static void read_object(const std::filesystem::path& file, Component& component,
                          ImageContents::File& found) {
    try {
      if (auto object = elf::read_object(file)) {
        component.build_id = object->build_id;
        found.soname = std::move(object->soname);
        found.needed = std::move(object->needed);
      }
    } catch (const Error&) {
      // A damaged file is in the image all the same.
    }
  }

  void read_dpkg() {
    Numbers numbers;
    if (const auto text = database_.read(dpkg_status)) add_debian_packages(*text, numbers);
    for (const auto& [name, number] : numbers) {
      const auto text = database_.read(fmt::format("{}/{}.list", dpkg_info, name));
      for (const auto& line : split(text.value_or(""), '\n')) own(line, number);
    }
    read_distroless();
  }

  /// Images without dpkg have a file a package, and one of the sums of its files.
  void read_distroless() {
    for (const auto& name : database_.list(dpkg_status_folder)) {
      const auto place = fmt::format("{}/{}", dpkg_status_folder, name);
      const auto text = database_.read(place);
      if (!text || name.ends_with(".md5sums")) continue;
      Numbers numbers;
      add_debian_packages(*text, numbers);
      const auto sums = database_.read(place + ".md5sums").value_or("");
      for (const auto& line : split(sums, '\n')) {
        const auto blank = line.find(' ');
        if (blank == std::string::npos || numbers.empty()) continue;
        own(trim(std::string_view(line).substr(blank)), numbers.begin()->second);
      }
    }
  }

  /// Packages by "name" and "name:architecture", as their lists of files are called.
  using Numbers = std::map<std::string, std::size_t>;

  void add_debian_packages(std::string_view text, Numbers& numbers) {
    for (const auto& package : parse_dpkg_status(text)) {
      auto component = system_component(package, contents_.system, false);
      const auto copyright =
          database_.read(fmt::format("usr/share/doc/{}/copyright", package.name));
      if (copyright) component.licence = licence_of_copyright(*copyright, bill_.licence_names);
      const auto number = bill_.add(std::move(component));
      bill_.relate(0, RelationKind::contains, number);
      numbers.emplace(package.name, number);
      numbers[package.name + ':' + package.architecture] = number;
    }
  }

  void read_apk() {
    auto text = database_.read("lib/apk/db/installed");
    if (!text) text = database_.read("usr/lib/apk/db/installed");
    if (!text) return;
    for (const auto& package : parse_apk_installed(*text)) {
      auto component = system_component(package, contents_.system, true);
      component.licence = licence_expression(package.licence, bill_.licence_names);
      const auto number = bill_.add(std::move(component));
      bill_.relate(0, RelationKind::contains, number);
      for (const auto& file : package.files) own(file, number);
    }
  }

  /// The package has the file, if it is one of ours.
  void own(std::string_view path, std::size_t package) {
    const auto clean = path.starts_with('/') ? path.substr(1) : path;
    auto found = contents_.files.find(std::string(clean));
    if (found == contents_.files.end()) found = contents_.files.find(merged_usr(clean));
    if (found == contents_.files.end()) return;
    found->second.is_owned = true;
    bill_.relate(package, RelationKind::contains, found->second.component);
  }

  void relate_links() {
    std::map<std::string, std::size_t, std::less<>> by_name;
    for (const auto& [path, file] : contents_.files) {
      by_name.emplace(path.substr(path.rfind('/') + 1), file.component);
      if (!file.soname.empty()) by_name.emplace(file.soname, file.component);
    }
    for (const auto& [path, file] : contents_.files) {
      for (const auto& name : file.needed) {
        const auto found = by_name.find(name);
        if (found != by_name.end())
          bill_.relate(file.component, RelationKind::dynamic_link, found->second);
      }
    }
  }

  const std::set<std::size_t>& copied_;
  std::vector<Layer> layers_;
  std::shared_ptr<const View> view_;
  ViewFiles elf_files_;
  SystemFiles database_;
  Bill& bill_;
  ImageContents contents_ = {};
};

Component container(Kind kind, const std::string& name, const std::string& digest) {
  Component component{.kind = kind};
  component.name = name;
  component.version = digest;
  component.purl = oci_purl(name, digest);
  if (!digest.empty())
    component.checksums.push_back({"SHA256", digest.substr(digest.find(':') + 1)});
  return component;
}

}  // namespace

std::string oci_purl(std::string_view reference, std::string_view digest) {
  try {
    const auto parsed = Reference::parse(reference);
    const auto slash = parsed.repository.rfind('/');
    const auto name = parsed.repository.substr(slash == std::string::npos ? 0 : slash + 1);
    std::string purl = "pkg:oci/" + purl_encoded(name);
    if (!digest.empty()) purl += '@' + purl_encoded(digest);
    // A bare word may be the name of anything, not of Docker's registry.
    if (reference.find_first_of("/:@") == std::string_view::npos) return purl;
    const auto place = parsed.registry + '/' + parsed.repository;
    purl += "?repository_url=" + purl_encoded(place);
    if (!parsed.tag.empty()) purl += "&tag=" + purl_encoded(parsed.tag);
    return purl;
  } catch (const Error&) {
    return {};  // no registry has it
  }
}

ImageContents add_image(const std::string& name, const LocatedImage& image, const Store& store,
                        Bill& bill, const std::set<std::size_t>& copied) {
  bill.add(container(Kind::image, name, image.descriptor.digest.str()));
  return ImageReader(image, store, bill, copied).read();
}

void add_base(const std::string& reference, const std::string& digest, Bill& bill) {
  const auto base = bill.add(container(Kind::base_image, reference, digest));
  bill.relate(0, RelationKind::descendant_of, base);
}

Component system_component(const SystemPackage& package, const OsRelease& system, bool is_apk) {
  Component component{.kind = Kind::system_package};
  component.name = package.name;
  component.version = package.version;
  component.supplier = system.name;
  component.homepage = web_address(package.homepage);
  component.purl = is_apk ? apk_purl(package, system) : deb_purl(package, system);
  if (package.source != package.name) component.comment = "Source package: " + package.source;
  return component;
}

std::string merged_usr(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  const bool is_before =
      path.starts_with("lib") || path.starts_with("bin/") || path.starts_with("sbin/");
  return is_before ? "usr/" + std::string(path) : std::string(path);
}

}  // namespace slipway::sbom

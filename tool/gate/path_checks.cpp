// Rules on names and modes.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

#include "base/text.hpp"
#include "gate/findings.hpp"

namespace slipway::gate {
namespace {

constexpr std::array<std::string_view, 9> shells = {"sh",  "bash", "dash",    "ash",   "ksh",
                                                    "zsh", "fish", "busybox", "toybox"};
constexpr std::array<std::string_view, 12> package_managers = {
    "apt",      "apt-get", "dpkg",   "apk",    "yum",  "dnf",
    "microdnf", "rpm",     "zypper", "pacman", "opkg", "emerge"};

constexpr std::uint32_t set_id_bits = 06000;
constexpr std::uint32_t sticky_bit = 01000;
constexpr std::uint32_t others_write = 0002;

using Visit = std::function<void(const std::string& path, const View::Node& node)>;

void walk(const View::Node& directory, const std::string& path, const Visit& visit) {
  for (const auto& [name, child] : directory.children) {
    const auto below = path.empty() ? name : path + '/' + name;
    visit(below, *child);
    if (child->entry.type == EntryType::directory) walk(*child, below, visit);
  }
}

/// The name of a program in a folder of programs; empty for other paths.
std::string_view program_name(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return {};
  const auto folder = path.substr(0, slash);
  const auto last = folder.substr(folder.rfind('/') + 1);
  return last == "bin" || last == "sbin" ? path.substr(slash + 1) : std::string_view();
}

template <std::size_t Size>
std::vector<std::string> programs_among(const std::array<std::string_view, Size>& names,
                                        const View& view, std::size_t base_layers) {
  std::vector<std::string> found;
  walk(view.root(), {}, [&](const std::string& path, const View::Node& node) {
    const auto type = node.entry.type;
    const bool is_program = type == EntryType::file || type == EntryType::symlink;
    if (!is_program || node.layer < base_layers) return;
    if (std::ranges::find(names, program_name(path)) != names.end()) found.push_back(path);
  });
  return found;
}

template <std::size_t Size>
void check_programs(std::string_view rule, std::string_view what, const std::string& hint,
                    const std::array<std::string_view, Size>& names, const Subject& subject,
                    Collector& collector) {
  if (!collector.wants(rule)) return;
  const auto found = programs_among(names, subject.view, subject.base_layers);
  if (found.empty() || !programs_among(names, subject.base, 0).empty()) return;
  const auto others =
      found.size() == 1 ? std::string() : fmt::format(" (and {} more)", found.size() - 1);
  collector.add(rule, found.front(),
                fmt::format("is {}{}, and what the image stands on has none", what, others), hint);
}

void check_modes(const std::string& path, const Entry& entry, Collector& collector) {
  if (entry.type == EntryType::file && (entry.mode & set_id_bits) != 0) {
    collector.add("setuid-file", path,
                  fmt::format("runs with the rights of its {} {} (mode {:04o})",
                              (entry.mode & 04000U) != 0 ? "owner" : "group",
                              (entry.mode & 04000U) != 0 ? entry.uid : entry.gid, entry.mode),
                  "take the bit off, or give the program the capability that it needs");
  }
  const bool is_directory = entry.type == EntryType::directory;
  if (entry.type != EntryType::file && !is_directory) return;
  if ((entry.mode & others_write) == 0) return;
  if (is_directory && (entry.mode & sticky_bit) != 0) return;
  collector.add("world-writable-path", path,
                fmt::format("may be changed by anybody (mode {:04o})", entry.mode),
                "give it to the user that writes to it");
}

}  // namespace

void check_paths(const Subject& subject, Collector& collector) {
  walk(subject.view.root(), {}, [&](const std::string& path, const View::Node& node) {
    if (node.layer >= subject.base_layers && !node.implied)
      check_modes(path, node.entry, collector);
  });
  check_programs("shell-added", "a shell", "leave it out; JSON words of ENTRYPOINT need none",
                 shells, subject, collector);
  check_programs("package-manager-added", "a package manager",
                 "copy what was installed out of a stage of its own", package_managers, subject,
                 collector);
}

}  // namespace slipway::gate

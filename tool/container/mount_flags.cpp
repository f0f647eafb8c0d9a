#include "container/mount_flags.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <map>

#include "base/error.hpp"
#include "base/size.hpp"
#include "base/text.hpp"
#include "container/volumes.hpp"
#include "dockerfile/csv.hpp"
#include "layer/path.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

/// A value of one of the flags, for messages.
struct Given {
  const char* flag;
  const std::string& text;

  [[noreturn]] void refuse(std::string_view why, std::string hint = {}) const {
    throw Error(Errc::usage, fmt::format("{} '{}' {}", flag, printable(text), why))
        .with_hint(std::move(hint));
  }
};

std::string absolute_target(const std::string& target, const Given& given) {
  if (!target.starts_with('/')) given.refuse("has no absolute path in the container");
  const auto clean = "/" + clean_path(target);
  if (clean == "/") given.refuse("would hide all of the container: its target is '/'");
  return clean;
}

/// Not "bind": of a std::string that would be std::bind().
void show_path(SandboxMount& mount, const fs::path& source) {
  mount.kind = SandboxMount::Kind::bind;
  mount.source = fs::absolute(source);
  struct stat found = {};
  mount.is_file = ::stat(mount.source.c_str(), &found) == 0 && !S_ISDIR(found.st_mode);
}

bool flag_value(const std::string& value, const Given& given) {
  if (value.empty() || value == "true" || value == "1") return true;
  if (value == "false" || value == "0") return false;
  given.refuse(fmt::format("has '{}' where true or false is meant", printable(value)));
}

/// "mode=1777,size=64m,noexec" into what there is for it, and the rest for the kernel.
void read_tmpfs_options(const std::string& options, SandboxMount& mount, const Given& given) {
  mount.no_programs = true;
  std::string mode = "1777";
  for (const auto& option : split(options, ',')) {
    const auto equals = option.find('=');
    const auto key = option.substr(0, equals);
    const auto value = equals == std::string::npos ? std::string() : option.substr(equals + 1);
    if (option.empty() || key == "rw" || key == "nosuid" || key == "nodev" || key == "noexec")
      continue;
    if (key == "exec")
      mount.no_programs = false;
    else if (key == "mode")
      mode = value;
    else if (key == "size") {
      const auto size = parse_size(value);
      if (!size || *size <= 0)
        given.refuse(fmt::format("has the size '{}', which is none", printable(value)));
      mount.size = static_cast<std::uint64_t>(*size);
    } else if (key == "uid" || key == "gid" || key == "nr_inodes") {
      mount.options += fmt::format("{}={},", key, value);
    } else {
      given.refuse(fmt::format("has the unknown option '{}'", printable(option)));
    }
  }
  if (mode.empty() || mode.find_first_not_of("01234567") != std::string::npos) {
    given.refuse(fmt::format("has the mode '{}', which is none", printable(mode)));
  }
  mount.options += "mode=" + mode;
}

std::string first_of(const std::map<std::string, std::string>& values,
                     std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    if (const auto found = values.find(key); found != values.end()) return found->second;
  }
  return {};
}

}  // namespace

FlagMount parse_volume_flag(const std::string& text, const Store& store) {
  const Given given{"--volume", text};
  const auto parts = split(text, ':');
  if (parts.size() > 3 || parts.back().empty())
    given.refuse("is not of the form [SOURCE:]TARGET[:OPTIONS]");
  SandboxMount mount;
  mount.read_only = false;
  const bool has_source = parts.size() > 1;
  mount.target = absolute_target(has_source ? parts[1] : parts[0], given);
  const auto source = has_source ? parts[0] : new_volume_name();
  const bool is_path = source.starts_with('/') || source.starts_with("./") ||
                       source.starts_with("../") || source == "." || source == "..";
  if (source.empty()) given.refuse("has an empty source");
  // Docker makes what is not there; a folder, as it cannot know.
  if (is_path && !lstat_file(source)) make_directories(source);
  show_path(mount, is_path ? fs::path(source) : volume_folder(source, store));
  bool is_filled = !is_path;
  for (const auto& option : split(parts.size() == 3 ? parts[2] : "", ',')) {
    if (option == "ro") mount.read_only = true;
    if (option == "nocopy") is_filled = false;
    // What labels and propagation ask for does not arise here.
    const bool is_known = option.empty() || option == "ro" || option == "rw" || option == "z" ||
                          option == "Z" || option == "nocopy" || option == "cached" ||
                          option == "delegated" || option == "consistent" ||
                          option.ends_with("private") || option.ends_with("slave") ||
                          option.ends_with("shared");
    if (!is_known) given.refuse(fmt::format("has the unknown option '{}'", printable(option)));
  }
  return {std::move(mount), is_filled};
}

FlagMount parse_mount_flag(const std::string& text, const Store& store) {
  const Given given{"--mount", text};
  const auto fields = dockerfile::csv_fields(text);
  if (!fields) given.refuse("has an open quote");
  std::map<std::string, std::string> values;
  for (const auto& field : *fields) {
    const auto equals = field.find('=');
    values[to_lower(trim(field.substr(0, equals)))] =
        equals == std::string::npos ? "" : field.substr(equals + 1);
  }
  SandboxMount mount;
  mount.target = absolute_target(first_of(values, {"target", "destination", "dst"}), given);
  mount.read_only = false;
  for (const char* key : {"readonly", "ro"}) {
    if (values.contains(key)) mount.read_only = flag_value(values[key], given);
  }
  const auto type = values.contains("type") ? to_lower(values["type"]) : "volume";
  const auto source = first_of(values, {"source", "src"});
  if (type == "tmpfs") {
    mount.kind = SandboxMount::Kind::tmpfs;
    std::string options;
    if (values.contains("tmpfs-size")) options += "size=" + values["tmpfs-size"] + ",";
    if (values.contains("tmpfs-mode")) options += "mode=" + values["tmpfs-mode"];
    read_tmpfs_options(options, mount, given);
    return {std::move(mount), false};
  }
  if (type == "volume") {
    show_path(mount, volume_folder(source.empty() ? new_volume_name() : source, store));
    const bool is_filled =
        !values.contains("volume-nocopy") || !flag_value(values["volume-nocopy"], given);
    return {std::move(mount), is_filled};
  }
  if (type != "bind")
    given.refuse(fmt::format("has the unknown type '{}'", printable(type)),
                 "it is bind, volume or tmpfs");
  if (source.empty()) given.refuse("has no source");
  if (!lstat_file(source)) {
    throw Error(Errc::input,
                fmt::format("--mount '{}': there is no '{}'", printable(text), printable(source)));
  }
  show_path(mount, source);
  return {std::move(mount), false};
}

SandboxMount parse_device_flag(const std::string& text) {
  const Given given{"--device", text};
  const auto is_mode = [](const std::string& part) {
    return !part.empty() && part.find_first_not_of("rwm") == std::string::npos;
  };
  auto parts = split(text, ':');
  if (parts.size() == 3 && !is_mode(parts.back()))
    given.refuse(fmt::format("has '{}' where some of r, w and m are meant", printable(parts[2])));
  if (parts.size() > 1 && is_mode(parts.back())) parts.pop_back();
  if (parts.size() > 2 || !parts.front().starts_with('/'))
    given.refuse("is not of the form DEVICE[:TARGET[:rwm]]");
  SandboxMount mount;
  mount.target = absolute_target(parts.back(), given);
  mount.read_only = false;
  struct stat found = {};
  if (::stat(parts.front().c_str(), &found) != 0) {
    throw Error(Errc::input, fmt::format("--device '{}': there is no '{}'", printable(text),
                                         printable(parts.front())));
  }
  const bool is_device = S_ISCHR(found.st_mode) || S_ISBLK(found.st_mode);
  if (!is_device && !S_ISDIR(found.st_mode)) {
    throw Error(Errc::input, fmt::format("--device '{}': '{}' is no device", printable(text),
                                         printable(parts.front())));
  }
  show_path(mount, parts.front());
  return mount;
}

SandboxMount parse_tmpfs_flag(const std::string& text) {
  const Given given{"--tmpfs", text};
  const auto colon = text.find(':');
  SandboxMount mount;
  mount.kind = SandboxMount::Kind::tmpfs;
  mount.read_only = false;
  mount.target = absolute_target(text.substr(0, colon), given);
  read_tmpfs_options(colon == std::string::npos ? "" : text.substr(colon + 1), mount, given);
  return mount;
}

}  // namespace slipway

#include "registry/registries_conf.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "registry/toml.hpp"

namespace slipway {
namespace {
namespace fs = std::filesystem;

constexpr auto mirror_variable = "SLIPWAY_REGISTRY_MIRROR";

fs::path main_file() {
  if (const auto file = environment_variable("CONTAINERS_REGISTRIES_CONF")) return *file;
  const auto user = user_config_folder();
  if (user && lstat_file(*user / "containers" / "registries.conf"))
    return *user / "containers" / "registries.conf";
  return "/etc/containers/registries.conf";
}

/// The *.conf of a folder, by name.
std::vector<fs::path> conf_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".conf") files.push_back(it->path());
  }
  std::ranges::sort(files);
  return files;
}

/// "https://host/path/" -> "host/path"; http is what insecure places speak.
RegistryPlace parse_place(std::string_view text) {
  RegistryPlace place;
  place.is_insecure = text.starts_with("http://");
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos)
    text.remove_prefix(scheme + 3);
  while (text.ends_with('/')) text.remove_suffix(1);
  place.location = text;
  return place;
}

RegistryPlace read_place(const TomlTable& table) {
  auto place = parse_place(table.text("location"));
  place.is_insecure = place.is_insecure || table.flag("insecure");
  const auto pulls = table.text("pull-from-mirror");
  if (pulls == "digest-only") place.serves = RegistryPlace::For::digests;
  if (pulls == "tag-only") place.serves = RegistryPlace::For::tags;
  return place;
}

RegistryRule read_rule(const TomlTable& table) {
  RegistryRule rule;
  rule.place = read_place(table);
  rule.prefix = table.text("prefix");
  rule.is_blocked = table.flag("blocked");
  if (rule.prefix.empty()) rule.prefix = rule.place.location;
  const bool is_wildcard = rule.prefix.starts_with("*.");
  if (rule.place.location.empty() && !is_wildcard) rule.place.location = rule.prefix;
  if (rule.prefix.empty()) {
    throw Error(Errc::input,
                fmt::format("line {}: a [[registry]] has neither prefix nor location", table.line));
  }
  return rule;
}

bool begins_a_part(std::string_view name, std::size_t at) {
  return at == name.size() || name[at] == '/';
}

/// How much of the name the prefix is; 0: it is none.
std::size_t matched_length(std::string_view prefix, std::string_view name) {
  if (!prefix.starts_with("*.")) {
    return name.starts_with(prefix) && begins_a_part(name, prefix.size()) ? prefix.size() : 0;
  }
  prefix.remove_prefix(1);
  const auto host = name.substr(0, name.find('/'));
  return host.size() > prefix.size() && host.ends_with(prefix) ? prefix.size() : 0;
}

void add_file(const fs::path& file, RegistriesConf& conf) {
  const auto text = read_file_if_exists(file);
  if (!text) return;
  with_context([&] { return fmt::format("read '{}'", printable(file.native())); },
               [&] { add_registries_conf(*text, conf); });
}

/// Mirrors that come before those of a file.
void add_hub_mirrors(std::string_view places, RegistriesConf& conf) {
  constexpr std::string_view hub = "docker.io";
  auto rule = std::ranges::find(conf.rules, hub, &RegistryRule::prefix);
  if (rule == conf.rules.end())
    rule = conf.rules.insert(rule, {std::string(hub), {std::string(hub)}});
  std::vector<RegistryPlace> mirrors;
  for (const auto& place : split(places, ',')) {
    if (!trim(place).empty()) mirrors.push_back(parse_place(trim(place)));
  }
  rule->mirrors.insert(rule->mirrors.begin(), mirrors.begin(), mirrors.end());
}

}  // namespace

const RegistryRule* RegistriesConf::find(std::string_view name) const {
  const RegistryRule* best = nullptr;
  std::size_t longest = 0;
  for (const auto& rule : rules) {
    const auto length = matched_length(rule.prefix, name);
    if (length <= longest) continue;
    longest = length;
    best = &rule;
  }
  return best;
}

void add_registries_conf(std::string_view text, RegistriesConf& conf) {
  std::vector<RegistryRule> rules;
  bool digests_only = false;
  for (const auto& table : parse_toml(text)) {
    if (table.name == "registry") {
      rules.push_back(read_rule(table));
      digests_only = table.flag("mirror-by-digest-only");
    } else if (table.name == "registry.mirror" && !rules.empty()) {
      rules.back().mirrors.push_back(read_place(table));
      if (digests_only) rules.back().mirrors.back().serves = RegistryPlace::For::digests;
    } else if (table.name == "aliases") {
      for (const auto& [name, value] : table.values) conf.aliases[name] = table.text(name);
    }
  }
  for (auto& rule : rules) {
    std::erase_if(conf.rules, [&](const RegistryRule& old) { return old.prefix == rule.prefix; });
    conf.rules.push_back(std::move(rule));
  }
}

RegistriesConf read_registries_conf() {
  RegistriesConf conf;
  add_file(main_file(), conf);
  for (const auto& file : conf_files("/etc/containers/registries.conf.d")) add_file(file, conf);
  if (const auto user = user_config_folder()) {
    for (const auto& file : conf_files(*user / "containers" / "registries.conf.d"))
      add_file(file, conf);
  }
  if (const auto mirrors = environment_variable(mirror_variable)) add_hub_mirrors(*mirrors, conf);
  return conf;
}

std::string name_at(const RegistryRule& rule, const RegistryPlace& place, const std::string& name) {
  if (place.location.empty()) return name;
  // A wildcard stands for hosts: all of the host is replaced.
  const auto replaced = rule.prefix.starts_with("*.") ? name.find('/') : rule.prefix.size();
  return place.location + name.substr(std::min(replaced, name.size()));
}

Reference resolve_reference(std::string_view text, const RegistriesConf& conf) {
  const auto end = std::min(text.find_first_of(":@"), text.size());
  const auto alias = conf.aliases.find(std::string(text.substr(0, end)));
  if (alias == conf.aliases.end() || alias->second.empty()) return Reference::parse(text);
  return Reference::parse(alias->second + std::string(text.substr(end)));
}

}  // namespace slipway

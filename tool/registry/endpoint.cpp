#include "registry/endpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "registry/registries_conf.hpp"

namespace slipway {
namespace {
namespace fs = std::filesystem;

/// Docker's own registry answers at another host than its name says.
constexpr std::string_view docker_hub = "docker.io";
constexpr std::string_view docker_hub_host = "registry-1.docker.io";

std::vector<fs::path> certificate_folders() {
  std::vector<fs::path> folders;
  if (const auto config = user_config_folder())
    folders.push_back(*config / "containers" / "certs.d");
  folders.insert(folders.end(), {"/etc/containers/certs.d", "/etc/docker/certs.d"});
  return folders;
}

std::vector<fs::path> sorted_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    files.push_back(it->path());
  }
  std::ranges::sort(files);
  return files;
}

/// What certs.d has for a host.
std::optional<TlsOptions> find_certificates(const std::string& host) {
  for (const auto& folder : certificate_folders()) {
    std::error_code error;
    if (!fs::is_directory(folder / host, error)) continue;
    TlsOptions tls;
    for (const auto& file : sorted_files(folder / host)) {
      if (file.extension() == ".crt") tls.authorities += read_file(file) + '\n';
      if (file.extension() != ".cert" || !tls.certificate_file.empty()) continue;
      const auto key = fs::path(file).replace_extension(".key");
      if (!lstat_file(key)) {
        throw Error(Errc::input,
                    fmt::format("read certificates for '{}': '{}' has no '{}' beside it", host,
                                file.native(), key.filename().native()));
      }
      tls.certificate_file = file;
      tls.key_file = key;
    }
    return tls;
  }
  return std::nullopt;
}

bool serves(const RegistryPlace& place, const Reference& reference) {
  if (place.serves == RegistryPlace::For::all) return true;
  return (place.serves == RegistryPlace::For::digests) == reference.digest.has_value();
}

/// All ways to speak to a place, the best first. `name` is "<host>/<repository>".
std::vector<Endpoint> endpoints_at(const std::string& name, bool is_insecure,
                                   const std::string& registry) {
  Endpoint endpoint;
  const auto slash = std::min(name.find('/'), name.size());
  endpoint.registry = registry;
  endpoint.host = name.substr(0, slash);
  if (endpoint.host == docker_hub) endpoint.host = docker_hub_host;
  endpoint.repository = name.substr(std::min(slash + 1, name.size()));
  const auto certificates = find_certificates(endpoint.host);
  if (certificates) endpoint.tls = *certificates;
  const bool is_plain = !certificates && !is_insecure && is_loopback(endpoint.host);
  endpoint.url = fmt::format("{}://{}", is_plain ? "http" : "https", endpoint.host);
  if (!is_insecure) return {endpoint};
  endpoint.tls.verifies = false;
  auto plain = endpoint;
  plain.url = "http://" + plain.host;
  return {endpoint, plain};
}

std::string name_of(const Reference& reference) {
  return fmt::format("{}/{}", reference.registry, reference.repository);
}

/// The registry's own place, by its rule.
std::vector<Endpoint> own_endpoints(const Reference& reference, const RegistryRule* rule) {
  const auto name = name_of(reference);
  if (rule == nullptr) return endpoints_at(name, false, reference.registry);
  if (rule->is_blocked) {
    throw Error(Errc::input, fmt::format("registries.conf blocks '{}'", rule->prefix));
  }
  return endpoints_at(name_at(*rule, rule->place, name), rule->place.is_insecure,
                      reference.registry);
}

}  // namespace

std::vector<Endpoint> endpoints_for_pull(const Reference& reference) {
  const auto conf = read_registries_conf();
  const auto* rule = conf.find(name_of(reference));
  std::vector<Endpoint> all;
  const auto add = [&](const std::vector<Endpoint>& more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  const auto own = own_endpoints(reference, rule);
  if (rule != nullptr) {
    for (const auto& mirror : rule->mirrors) {
      if (!serves(mirror, reference)) continue;
      const auto name = name_at(*rule, mirror, name_of(reference));
      // Whoever keeps the mirror does not get what is for the registry.
      add(endpoints_at(name, mirror.is_insecure, name.substr(0, name.find('/'))));
    }
  }
  add(own);
  return all;
}

Endpoint endpoint_of(Http& http, const Reference& reference) {
  const auto conf = read_registries_conf();
  const auto endpoints = own_endpoints(reference, conf.find(name_of(reference)));
  for (const auto& endpoint : endpoints) {
    if (endpoints.size() == 1) break;
    const auto response = http.send({.url = endpoint.url + "/v2/", .tls = endpoint.tls},
                                    [](const HttpResponse&, std::span<const std::byte>) {});
    if (response.failure == HttpFailure::none) return endpoint;
  }
  return endpoints.front();
}

}  // namespace slipway

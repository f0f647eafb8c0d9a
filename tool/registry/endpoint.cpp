#include "registry/endpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {
namespace fs = std::filesystem;

/// Docker's own registry answers at another host than its name says.
constexpr std::string_view docker_hub = "docker.io";
constexpr std::string_view docker_hub_host = "registry-1.docker.io";

std::vector<fs::path> certificate_folders() {
  std::vector<fs::path> folders;
  if (const char* config = std::getenv("XDG_CONFIG_HOME"); config != nullptr && *config != '\0') {
    folders.push_back(fs::path(config) / "containers" / "certs.d");
  } else if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    folders.push_back(fs::path(home) / ".config" / "containers" / "certs.d");
  }
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
        throw Error(Errc::input, fmt::format("read certificates for '{}': '{}' has no '{}' beside it", host,
                                             file.native(), key.filename().native()));
      }
      tls.certificate_file = file;
      tls.key_file = key;
    }
    return tls;
  }
  return std::nullopt;
}

}  // namespace

Endpoint endpoint_of(const Reference& reference) {
  Endpoint endpoint;
  endpoint.registry = reference.registry;
  endpoint.host = reference.registry == docker_hub ? docker_hub_host : std::string_view(reference.registry);
  endpoint.repository = reference.repository;
  const auto certificates = find_certificates(endpoint.host);
  if (certificates) endpoint.tls = *certificates;
  const bool is_plain = !certificates && is_loopback(endpoint.host);
  endpoint.url = fmt::format("{}://{}", is_plain ? "http" : "https", endpoint.host);
  return endpoint;
}

}  // namespace slipway

#include <fmt/format.h>

#include <algorithm>

#include "base/credentials.hpp"
#include "base/text.hpp"
#include "fetch/fetch.hpp"
#include "fetch/http.hpp"

namespace slipway {
namespace {

constexpr std::string_view unnamed = "__unnamed__";

/// The path of a URL, still escaped.
std::string_view path_of(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos)
    url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("?#"));
  const auto slash = url.find('/');
  return slash == std::string_view::npos ? std::string_view() : url.substr(slash);
}

/// The last part of a path, if it can be a file's name.
std::string safe_name(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  const auto name = path.substr(path.rfind('/') + 1);
  if (name == "." || name == ".." || name.find('\0') != std::string_view::npos) return {};
  return std::string(name);
}

/// filename=... of Content-Disposition (RFC 6266), quoted or not; the extended
/// form (filename*) is left alone.
std::string disposed_name(std::string_view disposition) {
  constexpr std::string_view key = "filename=";
  std::string name;
  for (const std::string& part : split(disposition, ';')) {
    const auto field = trim(part);
    if (!to_lower(field).starts_with(key)) continue;
    auto value = trim(field.substr(key.size()));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (value[i] == '\\' && i + 1 < value.size()) ++i;
      name += value[i];
    }
    break;
  }
  return name.ends_with('/') ? std::string() : safe_name(name);
}

}  // namespace

std::string origin_of(std::string_view url) {
  const auto plain = without_credentials(url);
  const auto scheme = plain.find("://");
  const auto begin = scheme == std::string::npos ? 0 : scheme + 3;
  return to_lower(plain.substr(0, plain.find_first_of("/?#", begin)));
}

bool is_loopback(std::string_view host) {
  if (host.starts_with("[::1]")) return host.size() == 5 || host[5] == ':';
  host = host.substr(0, host.find(':'));
  if (host == "localhost") return true;
  const auto parts = split(host, '.');
  if (parts.size() != 4 || parts[0] != "127") return false;
  return std::ranges::all_of(
      parts, [](const std::string& part) { return parse_integer(part).has_value(); });
}

std::string absolute_url(std::string_view base, std::string_view location) {
  const auto scheme = location.find("://");
  if (scheme != std::string_view::npos && scheme < location.find_first_of("/?#"))
    return std::string(location);
  const auto origin = origin_of(base);
  if (location.starts_with("//")) return origin.substr(0, origin.find("//")).append(location);
  if (location.starts_with('/')) return origin + std::string(location);
  const auto path = path_of(base);
  if (location.empty() || location.starts_with('?'))
    return fmt::format("{}{}{}", origin, path, location);
  return fmt::format("{}{}/{}", origin, path.substr(0, std::min(path.rfind('/'), path.size())),
                     location);
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (const char c : text) {
    out += plain.find(c) != std::string_view::npos
               ? std::string(1, c)
               : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string file_name_of(std::string_view url, std::string_view disposition) {
  if (auto name = disposed_name(disposition); !name.empty()) return name;
  auto name = safe_name(percent_decoded(path_of(url)));
  return name.empty() ? std::string(unnamed) : name;
}

}  // namespace slipway

#include "oci/reference.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {

constexpr std::string_view docker_hub = "docker.io";

bool is_lower_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_word(char c) { return is_lower_alnum(c) || (c >= 'A' && c <= 'Z') || c == '_'; }

[[noreturn]] void refuse_reference(std::string_view text, std::string_view why) {
  throw Error(Errc::input, fmt::format("parse image reference '{}': {}", printable(text), why));
}

/// path-component: alnum runs joined by one of ". _ __ -+".
bool is_component(std::string_view part) {
  if (part.empty() || !is_lower_alnum(part.front()) || !is_lower_alnum(part.back())) return false;
  for (std::size_t i = 0; i < part.size();) {
    if (is_lower_alnum(part[i])) {
      ++i;
      continue;
    }
    const auto end = std::min(part.find_first_not_of(part[i], i), part.size());
    const auto run = end - i;
    const bool ok = part[i] == '-' || (part[i] == '_' && run <= 2) || (part[i] == '.' && run == 1);
    if (!ok || !is_lower_alnum(part[end])) return false;
    i = end;
  }
  return true;
}

bool is_tag(std::string_view tag) {
  return !tag.empty() && tag.size() <= 128 && is_word(tag.front()) &&
         std::ranges::all_of(tag, [](char c) { return is_word(c) || c == '.' || c == '-'; });
}

/// domain: names of letters, digits and '-' joined by '.', or an IPv6 address in
/// brackets, and a port.
bool is_domain(std::string_view text) {
  const auto is_host_char = [](char c) { return (is_word(c) && c != '_') || c == '-' || c == '.'; };
  const auto is_address_char = [](char c) { return is_word(c) || c == ':' || c == '.'; };
  const bool is_address = text.starts_with('[');
  auto end = is_address ? text.find(']') : std::min(text.find(':'), text.size());
  if (end == std::string_view::npos || end == 0) return false;
  const auto host = text.substr(0, end);
  if (is_address && !std::ranges::all_of(host.substr(1), is_address_char)) return false;
  if (!is_address && !std::ranges::all_of(host, is_host_char)) return false;
  if (is_address) ++end;
  if (end == text.size()) return true;
  const auto port = text.substr(end + 1);
  return text[end] == ':' && !port.empty() &&
         std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_registry(std::string_view part) {
  return part.find_first_of(".:") != std::string_view::npos || part == "localhost" ||
         part != to_lower(part);
}

}  // namespace

Reference Reference::parse(std::string_view text) {
  Reference result;
  auto rest = text;
  if (const auto at = rest.find('@'); at != std::string_view::npos) {
    result.digest = Digest::parse(rest.substr(at + 1));
    rest = rest.substr(0, at);
  }
  const auto slash = rest.find('/');
  if (slash != std::string_view::npos && is_registry(rest.substr(0, slash))) {
    result.registry = rest.substr(0, slash);
    rest = rest.substr(slash + 1);
    if (!is_domain(result.registry)) {
      refuse_reference(text,
                       fmt::format("'{}' is no host of a registry", printable(result.registry)));
    }
    if (result.registry == "index.docker.io") result.registry = docker_hub;
  } else {
    result.registry = docker_hub;
  }
  if (const auto colon = rest.rfind(':'); colon != std::string_view::npos) {
    result.tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (!is_tag(result.tag))
      refuse_reference(text, "the tag is not of letters, digits, '_', '.' and '-' (at most 128)");
  }
  if (rest.empty()) refuse_reference(text, "the repository is empty");
  if (rest != to_lower(rest)) refuse_reference(text, "the repository must be lower case");
  const auto components = split(rest, '/');
  if (!std::ranges::all_of(components, is_component)) {
    refuse_reference(text, "the repository is not of lower-case letters, digits and separators");
  }
  if (rest.size() > 255) refuse_reference(text, "the repository is longer than 255 characters");
  result.repository = rest;
  if (result.registry == docker_hub && components.size() == 1) {
    result.repository.insert(0, "library/");
  }
  if (result.tag.empty() && !result.digest) result.tag = "latest";
  return result;
}

std::string Reference::str() const {
  auto out = fmt::format("{}/{}", registry, repository);
  if (!tag.empty()) out += ':' + tag;
  if (digest) out += '@' + digest->str();
  return out;
}

std::string Reference::familiar() const {
  auto out = str();
  for (const std::string_view prefix : {"docker.io/library/", "docker.io/"}) {
    if (out.starts_with(prefix)) return out.substr(prefix.size());
  }
  return out;
}

}  // namespace slipway

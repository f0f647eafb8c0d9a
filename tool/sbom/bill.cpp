#include "sbom/bill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/digesting.hpp"
#include "base/text.hpp"

namespace slipway::sbom {
namespace {

std::string_view prefix_of(Kind kind) {
  switch (kind) {
    case Kind::image:
      return "Image";
    case Kind::base_image:
      return "Base";
    case Kind::operating_system:
      return "System";
    case Kind::application:
      return "Application";
    case Kind::library:
      return "Library";
    case Kind::file:
      return "File";
    case Kind::system_package:
      return "Package";
    case Kind::source:
      return "Source";
    case Kind::compiler:
      return "Tool";
  }
  return "Component";
}

std::string id_characters(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool is_allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '.' || c == '-';
    result += is_allowed ? c : '-';
  }
  return result;
}

struct KnownAlgorithm {
  std::string_view name;
  std::size_t digits;
};

constexpr std::array<KnownAlgorithm, 8> algorithms = {{{"MD5", 32},
                                                       {"SHA1", 40},
                                                       {"SHA256", 64},
                                                       {"SHA384", 96},
                                                       {"SHA512", 128},
                                                       {"SHA3-256", 64},
                                                       {"SHA3-384", 96},
                                                       {"SHA3-512", 128}}};

}  // namespace

std::optional<Checksum> checksum_of(std::string_view algorithm, std::string_view value) {
  auto name = to_upper(algorithm);
  std::ranges::replace(name, '_', '-');
  const auto known = std::ranges::find(algorithms, name, &KnownAlgorithm::name);
  const auto digits = to_lower(value);
  if (known == algorithms.end() || digits.size() != known->digits ||
      digits.find_first_not_of("0123456789abcdef") != std::string::npos)
    return std::nullopt;
  return Checksum{std::move(name), digits};
}

std::string web_address(std::string_view text) {
  const bool is_web = text.starts_with("http://") || text.starts_with("https://");
  const auto is_odd = [](char c) {
    return c <= ' ' || c == '"' || c == '<' || c == '>' || c == 0x7f;
  };
  return is_web && std::ranges::none_of(text, is_odd) ? std::string(text) : std::string();
}

std::size_t Bill::add(Component component) {
  components.push_back(std::move(component));
  return components.size() - 1;
}

std::vector<std::string> component_ids(const Bill& bill) {
  std::vector<std::string> ids;
  std::set<std::string> taken;
  for (const auto& component : bill.components) {
    const auto name =
        fmt::format("{}-{}", prefix_of(component.kind), id_characters(component.name));
    auto id = name;
    for (int number = 2; !taken.insert(id).second; ++number)
      id = fmt::format("{}-{}", name, number);
    ids.push_back(std::move(id));
  }
  return ids;
}

std::string uuid_of(std::string_view text) {
  auto hex = sha256_hex(text).substr(0, 32);
  hex[12] = '5';  // made of a name, by a hash
  constexpr std::string_view variants = "89ab";
  hex[16] = variants[static_cast<std::size_t>(hex[16]) % variants.size()];
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                     hex.substr(16, 4), hex.substr(20));
}

std::string as_utf8(std::string_view text) {
  return find_invalid_utf8(text) ? printable(text, text.size() * 4) : std::string(text);
}

}  // namespace slipway::sbom

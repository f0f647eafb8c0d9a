#include "plan/named_context.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "oci/reference.hpp"

namespace slipway {
namespace {

constexpr std::string_view flag = "--build-context";
constexpr std::string_view layout_scheme = "oci-layout://";
constexpr std::string_view image_scheme = "docker-image://";
constexpr std::string_view file_scheme = "file://";

/// One spelling of all that mean the same; stages' names are no references and
/// stay as they are.
std::string key_of(std::string_view name) {
  try {
    auto key = Reference::parse(name).familiar();
    constexpr std::string_view latest = ":latest";
    if (key.ends_with(latest)) key.resize(key.size() - latest.size());
    return key;
  } catch (const Error&) {
    return std::string(name);
  }
}

/// Images of a layout are named "oci:<dir>[:<tag or digest>]".
std::string layout_name(std::string_view text) {
  std::string name = "oci:" + std::string(text);
  if (const auto at = name.find("@sha256:"); at != std::string::npos) name[at] = ':';
  return name;
}

}  // namespace

NamedContext NamedContext::parse(std::string_view text) {
  if (text.starts_with(layout_scheme))
    return {Kind::image, layout_name(text.substr(layout_scheme.size()))};
  if (text.starts_with(image_scheme))
    return {Kind::image, std::string(text.substr(image_scheme.size()))};
  if (text.starts_with(file_scheme))
    return {Kind::directory, std::string(text.substr(file_scheme.size()))};
  if (text.find("://") != std::string_view::npos || text.starts_with("git@") ||
      text.starts_with("target:")) {
    throw Error(Errc::usage,
                fmt::format("{}: '{}' is no directory, oci-layout:// or docker-image://", flag,
                            printable(text)));
  }
  return {Kind::directory, std::string(text)};
}

void NamedContexts::add(std::string_view text) {
  const auto equals = text.find('=');
  const auto name = text.substr(0, equals);
  if (equals == std::string_view::npos || name.empty() || equals + 1 == text.size()) {
    throw Error(Errc::usage,
                fmt::format("{} '{}' is not of the form name=context", flag, printable(text)));
  }
  const auto plain = name.substr(0, name.find("::"));
  contexts_[key_of(to_lower(plain))] = NamedContext::parse(text.substr(equals + 1));
}

const NamedContext* NamedContexts::find(std::string_view name) const {
  if (contexts_.empty() || name.empty()) return nullptr;
  const auto it = contexts_.find(key_of(to_lower(name)));
  return it != contexts_.end() ? &it->second : nullptr;
}

}  // namespace slipway

#include "build/find_image.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "registry/registries_conf.hpp"
#include "registry/remembered.hpp"

namespace slipway {
namespace {

bool is_tag_of_store(const std::string& name, const Store& store) {
  const auto entries = store.blobs().index().manifests;
  return std::ranges::any_of(entries, [&](const Descriptor& entry) {
    const auto tag = entry.annotations.find(std::string(ref_name_annotation));
    return tag != entry.annotations.end() && tag->second == name;
  });
}

OpenedImage pull(const std::string& text, const Store& store, const Platform& platform,
                 PullPolicy policy) {
  const auto http = make_http();
  const auto reference = resolve_reference(text, read_registries_conf());
  auto pulled = pull_image(*http, reference, platform, store, policy);
  if (policy == PullPolicy::always && is_tag_of_store(reference.str(), store)) {
    store.blobs().set_tag(reference.str(), pulled.entry);
  }
  return {store.blobs(), std::move(pulled.image)};
}

/// Whether the store's own image of that name is to be used. One that was pulled
/// may lack what its registry still has.
bool is_of_store(const std::string& name, const Store& store) {
  const auto entry = look_in_store(name, store);
  if (!entry) return false;
  try {
    const auto remembered =
        recall_reference(resolve_reference(name, read_registries_conf()), store);
    return !remembered || remembered->digest != entry->digest;
  } catch (const Error&) {
    return true;  // the start of a digest, say
  }
}

}  // namespace

OpenedImage find_image(const ImageName& name, const Store& store, const Platform& platform,
                       BareName bare, PullPolicy policy) {
  using Where = ImageName::Where;
  if (name.where == Where::registry) return pull(name.tag, store, platform, policy);
  const bool may_pull = name.where == Where::store && bare == BareName::of_registry;
  if (!may_pull || (policy != PullPolicy::always && is_of_store(name.tag, store))) {
    return open_image(name, store, platform);
  }
  return pull(name.tag, store, platform, policy);
}

OpenedImage find_image(std::string_view name, const Store& store, const Platform& platform,
                       BareName bare) {
  const auto parsed = ImageName::parse(name);
  auto policy = default_pull_policy();
  if (parsed.where == ImageName::Where::registry && policy == PullPolicy::missing)
    policy = PullPolicy::always;
  return find_image(parsed, store, platform, bare, policy);
}

FoundEntry find_whole(const ImageName& name, const Store& store) {
  switch (name.where) {
    case ImageName::Where::registry: {
      const auto http = make_http();
      const auto policy =
          default_pull_policy() == PullPolicy::never ? PullPolicy::never : PullPolicy::always;
      return {store.blobs(),
              pull_all(*http, resolve_reference(name.tag, read_registries_conf()), store, policy)};
    }
    case ImageName::Where::store:
      return {store.blobs(), find_in_store(name.tag, store)};
    case ImageName::Where::oci_archive:
      return {store.blobs(),
              with_context([&] { return fmt::format("open image '{}'", printable(name.str())); },
                           [&] { return import_entry(name, store); })};
    case ImageName::Where::layout: {
      const auto layout = Layout::open(name.path);
      return {layout, find_entry(layout, name.tag)};
    }
    default:
      throw Error(Errc::usage,
                  fmt::format("'{}' holds one platform's image", printable(name.str())))
          .with_hint("leave --all-platforms out");
  }
}

}  // namespace slipway

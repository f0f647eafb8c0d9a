#include "build/rootfs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/unpack.hpp"
#include "registry/parallel.hpp"

namespace slipway {
namespace {

std::optional<std::uint32_t> parse_id(std::string_view text) {
  const auto number = parse_integer(text);
  if (!number || *number < 0 || *number > 0xffffffffLL) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

/// The fields of the line of passwd or group whose field `column` is `value`.
std::optional<std::vector<std::string>> find_line(const View& view, std::string_view file,
                                                  std::size_t column, std::string_view value) {
  const auto text = view.excerpt(file);
  if (!text) return std::nullopt;
  for (const auto& line : split(*text, '\n')) {
    auto fields = split(line, ':');
    if (fields.size() >= 3 && fields[column] == value) return fields;
  }
  return std::nullopt;
}

std::uint32_t find_id(const View& view, std::string_view name, std::string_view kind,
                      std::string_view file) {
  if (const auto id = parse_id(name)) return *id;
  if (const auto fields = find_line(view, file, 0, name)) {
    if (const auto id = parse_id((*fields)[2])) return *id;
  }
  throw Error(Errc::input, fmt::format("find {} '{}': not in /{}", kind, printable(name), file))
      .with_hint("use a number, or a base image that has the name");
}

/// nullopt for a damaged table, too: it is listed anew.
std::optional<Contents> known_contents(const Layer& layer, const Store& store) {
  const auto text = store.read_contents(layer.diff_id);
  if (!text) return std::nullopt;
  try {
    return parse_contents(*text);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

Contents contents_of(const Layer& layer, const Store& store) {
  if (auto known = known_contents(layer, store)) return *std::move(known);
  // Of those who want the same the first lists it.
  const FileLock lock(store.folder("locks") / ("contents-" + layer.diff_id.hex() + ".lock"),
                      FileLock::Mode::exclusive);
  if (auto known = known_contents(layer, store)) return *std::move(known);
  auto reader = store.blobs().read(layer.blob);
  auto listed = list_layer([&](std::span<std::byte> bytes) { return reader.read(bytes); });
  if (listed.diff_id != layer.diff_id) {
    throw Error(Errc::integrity,
                fmt::format("read layer '{}': its content is '{}', not '{}'",
                            layer.blob.digest.str(), listed.diff_id.str(), layer.diff_id.str()));
  }
  store.write_contents(layer.diff_id, to_text(listed.contents));
  return std::move(listed.contents);
}

void require_contents(const std::vector<Layer>& layers, const Store& store) {
  std::vector<const Layer*> unknown;
  for (const auto& layer : layers) {
    if (!store.has_contents(layer.diff_id)) unknown.push_back(&layer);
  }
  in_parallel(unknown.size(), [&](std::size_t i) { (void)contents_of(*unknown[i], store); });
}

View view_of(const std::vector<Layer>& layers, const Store& store) {
  require_contents(layers, store);
  View view;
  for (const auto& layer : layers) view.apply(contents_of(layer, store));
  return view;
}

std::vector<Descriptor> blobs_of(const std::vector<Layer>& layers) {
  std::vector<Descriptor> blobs;
  for (const auto& layer : layers) blobs.push_back(layer.blob);
  return blobs;
}

std::vector<Layer> layers_of(const LocatedImage& image) {
  std::vector<Layer> layers;
  for (std::size_t i = 0; i < image.manifest.layers.size(); ++i) {
    layers.push_back({.blob = image.manifest.layers[i], .diff_id = image.config.diff_ids[i]});
  }
  return layers;
}

Contents flatten(const View& view) {
  Contents result;
  std::vector<std::pair<std::string, const View::Node*>> open = {{"", &view.root()}};
  while (!open.empty()) {
    const auto [path, node] = std::move(open.back());
    open.pop_back();
    result.entries.push_back(node->entry);
    result.entries.back().path = path;
    if (is_excerpt(path)) {
      if (auto text = view.excerpt(path)) result.excerpts[path] = std::move(*text);
    }
    for (auto it = node->children.rbegin(); it != node->children.rend(); ++it) {
      open.emplace_back(path.empty() ? it->first : path + '/' + it->first, it->second.get());
    }
  }
  return result;
}

Owner find_owner(std::string_view text, const View& view, LoneUser lone_user) {
  const auto colon = text.find(':');
  const auto user = text.substr(0, colon);
  if (user.empty() && colon != std::string_view::npos) {
    throw Error(Errc::input,
                fmt::format("look up the owner '{}': it names no user", printable(text)))
        .with_hint("USER or USER:GROUP; a variable in it may be unset");
  }
  Owner owner;
  owner.uid = user.empty() ? 0 : find_id(view, user, "user", "etc/passwd");
  if (colon != std::string_view::npos && colon + 1 < text.size()) {
    owner.gid = find_id(view, text.substr(colon + 1), "group", "etc/group");
    return owner;
  }
  owner.gid = lone_user == LoneUser::same_number ? owner.uid : 0;
  if (lone_user == LoneUser::same_number) return owner;
  const auto fields = find_line(view, "etc/passwd", parse_id(user) ? 2 : 0, user);
  if (fields && fields->size() > 3) owner.gid = parse_id((*fields)[3]).value_or(0);
  return owner;
}

std::string home_of(const Owner& owner, const View& view) {
  const auto fields = find_line(view, "etc/passwd", 2, std::to_string(owner.uid));
  if (fields && fields->size() >= 6) return (*fields)[5];
  return owner.uid == 0 ? "/root" : "/";
}

std::vector<std::uint32_t> groups_of(std::string_view text, const View& view) {
  std::vector<std::uint32_t> groups;
  if (text.empty() || text.find(':') != std::string_view::npos) return groups;
  const auto user = find_line(view, "etc/passwd", parse_id(text) ? 2 : 0, text);
  if (!user) return groups;
  for (const auto& line : split(view.excerpt("etc/group").value_or(""), '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() < 4) continue;
    const auto members = split(fields[3], ',');
    const auto id = parse_id(fields[2]);
    if (id && std::ranges::find(members, user->front()) != members.end()) groups.push_back(*id);
  }
  return groups;
}

}  // namespace slipway

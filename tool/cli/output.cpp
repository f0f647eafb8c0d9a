#include "cli/output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/attributes.hpp"
#include "build/export.hpp"
#include "build/rootfs.hpp"
#include "cli/engine.hpp"
#include "cli/transfer.hpp"
#include "fetch/http.hpp"
#include "layer/archive.hpp"
#include "layer/image_source.hpp"
#include "oci/reference.hpp"
#include "registry/push.hpp"

namespace slipway::cli {
namespace {

using Kind = Output::Kind;

const std::vector<std::string> known_types = {"oci",   "docker",    "local",   "tar",
                                              "image", "cacheonly", "registry"};
const std::vector<std::string> known_keys = {"type", "dest", "tar", "name", "push"};

[[noreturn]] void refuse_output(std::string_view text, std::string_view why,
                                std::string hint = {}) {
  throw Error(Errc::usage, fmt::format("--output '{}': {}", printable(text), why))
      .with_hint(std::move(hint));
}

Kind kind_of(std::string_view text, const Attributes& attributes) {
  const auto type = attributes.get("type");
  const bool has_destination = !attributes.get("dest").empty();
  if (type == "oci") return attributes.flag("tar", true) ? Kind::oci_archive : Kind::layout;
  if (type == "docker") {
    if (!attributes.flag("tar", true))
      refuse_output(text, "type=docker is always a tar", "type=oci,tar=false is a directory");
    return has_destination ? Kind::docker_archive : Kind::engine;
  }
  if (type == "tar") return Kind::tar;
  if (type == "local") return Kind::directory;
  if (type == "image") return attributes.flag("push", false) ? Kind::registry : Kind::store;
  if (type == "cacheonly") return Kind::store;
  if (type == "registry") return attributes.flag("push", true) ? Kind::registry : Kind::store;
  if (type.empty()) refuse_output(text, "type is missing", "for example type=oci,dest=image.tar");
  refuse_output(text, fmt::format("unknown type '{}'", printable(type)),
                did_you_mean(type, known_types));
}

bool needs_destination(Kind kind) {
  return kind != Kind::engine && kind != Kind::store && kind != Kind::registry;
}

/// oci:<dir> and the like, as the other commands name images.
std::optional<Output> parse_image_name(std::string_view text) {
  const std::map<std::string_view, Kind> places = {{"oci", Kind::layout},
                                                   {"oci-archive", Kind::oci_archive},
                                                   {"docker-archive", Kind::docker_archive},
                                                   {"docker", Kind::registry}};
  const auto place = places.find(text.substr(0, text.find(':')));
  if (place == places.end() || text.find(':') == std::string_view::npos) return std::nullopt;
  const auto name = ImageName::parse(text);
  if (place->second == Kind::registry)
    return Output{Kind::registry, {}, {Reference::parse(name.tag).str()}};
  if (!name.tag.empty())
    refuse_output(text, "a name of the image does not belong here", "give it with --tag");
  return Output{place->second, name.path, {}};
}

Output parse_attributes(std::string_view text) {
  const Attributes attributes("--output", text, known_keys);
  Output output;
  output.kind = kind_of(text, attributes);
  output.destination = attributes.get("dest");
  if (!attributes.get("name").empty()) {
    for (const auto& name : split(attributes.get("name"), ','))
      output.names.push_back(Reference::parse(name).str());
  }
  // Docker's oci and tar exporters write to the standard output without a dest.
  if (output.destination.empty() &&
      (output.kind == Kind::oci_archive || output.kind == Kind::tar)) {
    output.destination = "-";
  }
  return output;
}

void write_file(const Output& output, const std::function<void(const ByteSink&)>& write) {
  if (output.to_stdout()) {
    const Fd standard_output(::dup(STDOUT_FILENO));
    write([&](std::span<const std::byte> bytes) {
      write_all(standard_output, bytes, "the standard output");
    });
    return;
  }
  AtomicFile file(output.destination);
  write([&](std::span<const std::byte> bytes) {
    write_all(file.fd(), bytes, output.destination.native());
  });
  std::move(file).commit();
}

std::vector<LocatedImage> located(const BuiltImages& built, const Store& store) {
  std::vector<LocatedImage> images;
  for (const auto& image : built.images) {
    images.push_back(locate_image(store.blobs(), image.manifest,
                                  image.manifest.platform.value_or(Platform::host())));
  }
  return images;
}

std::vector<ExportedImage> exported(const std::vector<LocatedImage>& images) {
  std::vector<ExportedImage> result;
  for (const auto& image : images) {
    auto folder = images.size() > 1 ? image.config.platform.str() : std::string();
    std::ranges::replace(folder, '/', '_');
    result.push_back({std::move(folder), layers_of(image)});
  }
  return result;
}

void refuse_several(const BuiltImages& built) {
  if (!built.is_index()) return;
  throw Error(Errc::usage,
              "--output: type=docker takes an image of one platform, and there are several")
      .with_hint("type=oci takes them all");
}

void push_to(const std::vector<std::string>& names, const Descriptor& manifest, const Store& store,
             Telling telling) {
  if (names.empty()) {
    throw Error(Errc::usage, "push the image: it has no name").with_hint("give it one with --tag");
  }
  std::vector<Reference> references;
  for (const auto& name : names) references.push_back(Reference::parse(name));
  if (telling == Telling::people) {
    push_and_tell(store.blobs(), manifest, references, store);
  } else {
    push_image(*make_http(), store.blobs(), manifest, references, store);
  }
}

}  // namespace

Output parse_output(std::string_view text) {
  auto output = parse_image_name(text);
  if (!output && text == "-") output = Output{Kind::tar, "-", {}};
  if (!output && text.find('=') == std::string_view::npos)
    output = Output{Kind::directory, std::string(text), {}};
  if (!output) output = parse_attributes(text);
  if (output->destination.empty() && needs_destination(output->kind))
    refuse_output(text, "dest is missing");
  if (output->to_stdout()) {
    if (output->kind == Kind::layout || output->kind == Kind::directory) {
      refuse_output(text, "a directory cannot be written to the standard output");
    }
    if (::isatty(STDOUT_FILENO) == 1) {
      refuse_output(text, "an archive is not for a terminal",
                    "name a file, or redirect the output");
    }
  }
  return std::move(*output);
}

void write_output(const Output& output, const BuiltImages& built,
                  const std::vector<std::string>& tags, const Store& store, Telling telling) {
  auto names = output.names;
  for (const auto& tag : tags) names.push_back(Reference::parse(tag).str());
  const auto images = located(built, store);
  switch (output.kind) {
    case Kind::layout:
      write_layout(built, tags, store, output.destination);
      return;
    case Kind::oci_archive:
      write_file(output, [&](const ByteSink& sink) {
        write_oci_archive(store.blobs(), built.descriptor, names, sink);
      });
      return;
    case Kind::docker_archive:
      refuse_several(built);
      write_file(output, [&](const ByteSink& sink) {
        write_archive(ArchiveKind::docker, store.blobs(), images.front(), names, sink);
      });
      return;
    case Kind::tar:
      write_file(output, [&](const ByteSink& sink) { export_tar(exported(images), store, sink); });
      return;
    case Kind::directory:
      export_directory(exported(images), store, output.destination);
      return;
    case Kind::engine:
      refuse_several(built);
      load_into_engine(find_engine(), store.blobs(), images.front(), names);
      return;
    case Kind::registry:
      push_to(names, built.descriptor, store, telling);
      return;
    case Kind::store:
      for (const auto& name : output.names) store.blobs().set_tag(name, built.descriptor);
      return;
  }
}

}  // namespace slipway::cli

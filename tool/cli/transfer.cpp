#include "cli/transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "build/find_image.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/images.hpp"
#include "cli/stored_file.hpp"
#include "cli/transfer_display.hpp"
#include "registry/pull.hpp"
#include "registry/referrers.hpp"
#include "registry/registries_conf.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway::cli {
namespace {

constexpr std::string_view remote_scheme = "docker://";

std::string_view without_scheme(std::string_view text) {
  if (text.starts_with(remote_scheme)) text.remove_prefix(remote_scheme.size());
  return text;
}

/// The names under which an image may be known: what its layout says, or its tag
/// in the store.
std::vector<std::string> own_names(const std::string& name, const Layout& layout,
                                   const Descriptor& entry) {
  const auto parsed = ImageName::parse(name);
  if (parsed.where == ImageName::Where::store || parsed.where == ImageName::Where::registry)
    return {parsed.tag};
  std::vector<std::string> names;
  for (const auto& named : layout.index().manifests) {
    const auto found = named.annotations.find(std::string(image_name_annotation));
    if (named.digest == entry.digest && found != named.annotations.end())
      names.push_back(found->second);
  }
  return names;
}

/// Digest and names, for what deploys the image.
Json describe_push(const Descriptor& entry, const std::vector<Reference>& references) {
  Json json;
  json["digest"] = entry.digest.str();
  json["mediaType"] = entry.media_type;
  json["size"] = entry.size;
  json["references"] = Json::array();
  for (auto reference : references) {
    reference.digest = entry.digest;
    json["references"].push_back(reference.str());
  }
  return json;
}

struct PushCommand {
  std::string name = {};
  std::vector<std::string> tags = {};
  std::string platform = Platform::host().str();
  std::string metadata_file = {};
  bool all_platforms = false;
  std::vector<std::string> attachments = {};
  bool json = false;

  void run() const {
    const auto store = open_store();
    const auto [layout, entry] =
        all_platforms ? find_whole(ImageName::parse(name), store) : one_image(store);
    std::vector<Reference> references;
    for (const auto& tag : tags.empty() ? own_names(name, layout, entry) : tags)
      references.push_back(parse_remote(tag));
    if (references.empty()) {
      throw Error(Errc::usage, fmt::format("push '{}': the image has no name", printable(name)))
          .with_hint("give it one with --tag REGISTRY/REPOSITORY:TAG");
    }
    const auto attached = read_attachments(store);
    push_and_tell(layout, entry, references, store);
    attach_all(attached, entry, references, store);
    const auto description = describe_push(entry, references);
    if (!metadata_file.empty())
      write_file_if_changed(metadata_file, to_text(description, 2) + '\n');
    fmt::print("{}\n", json ? to_text(description, 2) : entry.digest.str());
  }

 private:
  /// What is to lie beside the image, or beside the one of an index whose digest stands
  /// there or in a file of that name: "app.spdx.json:application/spdx+json@image.digest".
  struct Attachment {
    Artifact artifact = {};
    std::optional<Digest> subject = {};
  };

  /// Before anything is pushed: a mistyped name leaves nothing half done.
  std::vector<Attachment> read_attachments(const Store& store) const {
    std::vector<Attachment> result;
    for (auto text : attachments) {
      Attachment attachment;
      const auto at = text.rfind('@');
      if (at != std::string::npos && !lstat_file(text)) {
        const auto subject = text.substr(at + 1);
        attachment.subject = Digest::parse(
            subject.starts_with("sha256:") ? subject : std::string(trim(read_file(subject))));
        text.resize(at);
      }
      attachment.artifact.files = {store_named_file(text, store)};
      attachment.artifact.type = attachment.artifact.files.front().media_type;
      result.push_back(std::move(attachment));
    }
    return result;
  }

  static void attach_all(const std::vector<Attachment>& attached, const Descriptor& entry,
                         const std::vector<Reference>& references, const Store& store) {
    if (attached.empty()) return;
    const auto http = make_http();
    std::set<std::string> done;  // a repository may have several of the names
    for (auto reference : references) {
      if (!done.insert(reference.registry + '/' + reference.repository).second) continue;
      for (const auto& [artifact, subject] : attached) {
        reference.digest = subject.value_or(entry.digest);
        (void)attach(*http, reference, artifact, store);
        fmt::print(stderr, "Attached {} to {}\n", artifact.type, reference.familiar());
      }
    }
  }

  FoundEntry one_image(const Store& store) const {
    auto opened = find_image(name, store, Platform::parse(platform));
    return {opened.layout, opened.image.descriptor};
  }
};

struct PullCommand {
  std::string name = {};
  std::string platform = Platform::host().str();
  bool all_platforms = false;

  void run() const {
    const auto store = open_store();
    const auto use = store.in_use();
    const auto reference = parse_remote_source(name);
    if (default_pull_policy() == PullPolicy::never) {
      throw Error(Errc::usage, "pull: SLIPWAY_OFFLINE is set, and no registry is asked");
    }
    const auto http = make_http();
    const TransferDisplay display;
    Descriptor entry;
    if (all_platforms) {
      entry = pull_all(*http, reference, store, PullPolicy::always);
      require_image(store.blobs(), entry);
    } else {
      auto pulled =
          pull_image(*http, reference, Platform::parse(platform), store, PullPolicy::always);
      require_image(store.blobs(), pulled.image.descriptor);
      entry = std::move(pulled.entry);
    }
    if (!reference.digest) store.blobs().set_tag(reference.str(), entry);
    fmt::print("{}\n", entry.digest.str());
  }
};

struct ListCommand {
  std::string repository = {};
  bool json = false;

  void run() const {
    const auto http = make_http();
    auto tags = list_tags(*http, parse_remote_source(repository));
    std::ranges::sort(tags);
    if (json) {
      fmt::print("{}\n", to_text(Json(tags), 2));
      return;
    }
    for (const auto& tag : tags) fmt::print("{}\n", printable(tag));
  }
};

}  // namespace

Reference parse_remote(std::string_view text) { return Reference::parse(without_scheme(text)); }

Reference parse_remote_source(std::string_view text) {
  return resolve_reference(without_scheme(text), read_registries_conf());
}

void add_mirror_option(Command& command) {
  command.option_function(
      "--registry-mirror",
      [](const std::string& places) { ::setenv("SLIPWAY_REGISTRY_MIRROR", places.c_str(), 1); },
      "Where images of docker.io are tried first [$SLIPWAY_REGISTRY_MIRROR]", {"HOST"});
}

PushCounts push_and_tell(const Layout& layout, const Descriptor& entry,
                         const std::vector<Reference>& references, const Store& store) {
  const auto http = make_http();
  const auto counts = [&] {
    const TransferDisplay display;
    return push_image(*http, layout, entry, references, store);
  }();
  for (const auto& reference : references) fmt::print(stderr, "Pushed {}\n", reference.familiar());
  fmt::print(stderr, "{} blobs sent ({}), {} mounted, {} were there\n", counts.sent,
             human_size(counts.sent_bytes), counts.mounted, counts.present);
  return counts;
}

void add_transfer_commands(Command& program, Session&) {
  auto pushing = std::make_shared<PushCommand>();
  auto push = program.add("push", "Push an image to a registry");
  push.option("image", pushing->name, image_argument_help, {"", Need::required});
  push.repeatable("-t,--tag", pushing->tags, "Where to, instead of its own names (repeatable)",
                  {"REFERENCE"});
  push.option("--platform", pushing->platform, "Of an index, which image", {"OS/ARCH"});
  push.flag("--all-platforms", pushing->all_platforms, "The whole index");
  push.repeatable("--attach", pushing->attachments, "A file beside it, or one of an index",
                  {"FILE:TYPE[@DIGEST]"});
  push.option("--metadata-file", pushing->metadata_file, "A JSON file for digest and references",
              {"FILE"});
  push.flag("--json", pushing->json, "Print digest and references as JSON");
  push.action([pushing] { pushing->run(); });

  auto pulling = std::make_shared<PullCommand>();
  auto pull = program.add("pull", "Bring an image from a registry into the store");
  pull.option("reference", pulling->name, "The image's name", {"", Need::required});
  pull.option("--platform", pulling->platform, "Of an index, which image", {"OS/ARCH"});
  add_mirror_option(pull);
  pull.flag("--all-platforms", pulling->all_platforms, "Every image of an index");
  pull.action([pulling] { pulling->run(); });

  auto listing = std::make_shared<ListCommand>();
  auto list = program.add("ls", "List the tags of a registry's repository");
  list.option("repository", listing->repository, "The repository's name", {"", Need::required});
  list.flag("--json", listing->json, "As JSON");
  list.action([listing] { listing->run(); });
}

}  // namespace slipway::cli

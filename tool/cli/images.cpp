#include "cli/images.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <memory>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/find_image.hpp"
#include "build/rootfs.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/listing.hpp"
#include "cli/table.hpp"
#include "oci/reference.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway::cli {
namespace {

std::string tag_of(const Descriptor& entry) {
  const auto name = entry.annotations.find(std::string(ref_name_annotation));
  return name == entry.annotations.end() ? std::string() : name->second;
}

/// What `docker history` counts: the bytes of the files that a layer brings.
std::uint64_t content_size(const Contents& contents) {
  std::uint64_t size = 0;
  for (const Entry& entry : contents.entries) size += entry.size;
  return size;
}

struct HistoryCommand {
  std::string name = {};
  std::string platform = Platform::host().str();
  ListingFlags flags = {};
  bool no_trunc = false;
  bool human = true;

  void run() const {
    const Store store = open_store();
    const OpenedImage opened =
        bring_into_store(find_image(name, store, Platform::parse(platform)), store);
    std::vector<std::uint64_t> sizes;
    for (std::size_t i = 0; i < opened.image.manifest.layers.size(); ++i) {
      const Layer layer{.blob = opened.image.manifest.layers[i],
                        .diff_id = opened.image.config.diff_ids[i]};
      sizes.push_back(content_size(contents_of(layer, store)));
    }
    Listing listing{.heads = {{"ID", "IMAGE"},
                              {"CreatedAt", "CREATED AT"},
                              {"CreatedSince", "CREATED"},
                              {"CreatedBy", "CREATED BY"},
                              {"Size", "SIZE"},
                              {"Comment", "COMMENT"}},
                    .columns = {"ID", "CreatedSince", "CreatedBy", "Size", "Comment"}};
    for (const HistoryRow& row : history_rows(opened.image, sizes))
      listing.rows.push_back(fields(row));
    fmt::print("{}", flags.render(listing));
  }

  Listing::Fields fields(const HistoryRow& row) const {
    const HistoryEntry& entry = row.entry;
    const std::string since = age(entry.created, now());
    return {{"ID", no_trunc || row.id.starts_with('<') ? row.id : row.id.substr(7, 12)},
            {"CreatedAt", entry.created},
            {"CreatedSince", human ? since : entry.created},
            {"CreatedBy", no_trunc ? entry.created_by : shortened(entry.created_by, 45)},
            {"Size", human ? human_size(row.size) : std::to_string(row.size)},
            {"Comment", no_trunc ? entry.comment : shortened(entry.comment, 45)}};
  }
};

const std::map<std::string, std::string> image_heads = {{"Repository", "REPOSITORY"},
                                                        {"Tag", "TAG"},
                                                        {"Digest", "DIGEST"},
                                                        {"ID", "IMAGE ID"},
                                                        {"CreatedSince", "CREATED"},
                                                        {"CreatedAt", "CREATED AT"},
                                                        {"Size", "SIZE"}};

/// "app", "app:1*", "localhost:5000/app" of a name of the store.
bool is_meant(const std::string& pattern, const Listing::Fields& fields) {
  const std::string& repository = fields.at("Repository");
  const auto matches = [&](const std::string& text) {
    return ::fnmatch(pattern.c_str(), text.c_str(), FNM_PATHNAME) == 0;
  };
  return matches(repository) || matches(repository + ":" + fields.at("Tag"));
}

struct ImagesCommand {
  bool no_trunc = false;
  bool digests = false;
  std::string pattern = {};
  std::vector<std::string> filters = {};
  ListingFlags flags = {};

  struct Candidate {
    Listing::Fields fields = {};
    std::optional<ImageConfig> config = {};  ///< nullopt: not in the store, or of other machines
    std::int64_t created = 0;
  };

  void run() const {
    const Store store = open_store();
    const Filters wanted("images", filters,
                         {"dangling", "label", "label!", "before", "since", "reference"});
    const auto before = time_of(wanted.of("before"), store);
    const auto since = time_of(wanted.of("since"), store);
    Listing listing{.heads = image_heads,
                    .columns = {"Repository", "Tag", "ID", "CreatedSince", "Size"}};
    if (digests) listing.columns.insert(listing.columns.begin() + 2, "Digest");
    for (const Descriptor& entry : store.blobs().index().manifests) {
      Candidate candidate = describe(entry, store.blobs());
      if (before && candidate.created >= *before) continue;
      if (since && candidate.created <= *since) continue;
      if (is_wanted(candidate, wanted)) listing.rows.push_back(std::move(candidate.fields));
    }
    fmt::print("{}", flags.render(listing));
  }

  static std::optional<std::int64_t> time_of(const std::vector<std::string>& names,
                                             const Store& store) {
    if (names.empty()) return std::nullopt;
    const LocatedImage image = open_image(names.front(), store, Platform::host()).image;
    return parse_rfc3339(image.config.created).value_or(0);
  }

  bool is_wanted(const Candidate& candidate, const Filters& wanted) const {
    const bool is_dangling = candidate.fields.at("Repository") == "<none>";
    if (!wanted.accepts("dangling", is_dangling ? "true" : "false")) return false;
    const bool asks_labels = !wanted.of("label").empty() || !wanted.of("label!").empty();
    if (asks_labels &&
        (!candidate.config || !wanted.accepts_labels(candidate.config->config.labels)))
      return false;
    auto patterns = wanted.of("reference");
    if (!pattern.empty()) patterns.push_back(pattern);
    return patterns.empty() || std::ranges::any_of(patterns, [&](const std::string& one) {
             return is_meant(one, candidate.fields);
           });
  }

  Candidate describe(const Descriptor& entry, const Layout& layout) const {
    const auto [repository, tag] = name_of(tag_of(entry));
    Candidate candidate;
    candidate.fields = {{"Repository", repository},
                        {"Tag", tag},
                        {"Digest", entry.digest.str()},
                        {"ID", no_trunc ? entry.digest.str() : short_id(entry.digest)},
                        {"CreatedSince", "N/A"},
                        {"CreatedAt", "N/A"},
                        {"Size", "N/A"}};
    try {
      const LocatedImage image =
          locate_image(layout, entry, entry.platform.value_or(Platform::host()));
      candidate.created = parse_rfc3339(image.config.created).value_or(0);
      candidate.fields["CreatedSince"] = age(image.config.created, now());
      candidate.fields["CreatedAt"] = date_and_time(image.config.created);
      candidate.fields["Size"] = human_size(stored_size(image.manifest));
      candidate.config = image.config;
    } catch (const Error&) {
      // The store is a cache: what an entry speaks of may be gone, or be an
      // index of other machines. The list shows it all the same.
    }
    return candidate;
  }

  static std::pair<std::string, std::string> name_of(const std::string& tag) {
    if (tag.empty()) return {"<none>", "<none>"};
    const std::string name = Reference::parse(tag).familiar();
    const std::size_t colon = name.rfind(':');
    return {name.substr(0, colon), name.substr(colon + 1)};
  }
};

}  // namespace

std::string short_id(const Digest& digest) { return digest.hex().substr(0, 12); }

std::uint64_t stored_size(const Manifest& manifest) {
  std::uint64_t size = 0;
  for (const Descriptor& layer : manifest.layers) size += layer.size;
  return size;
}

std::vector<std::string> names_in_store(const Digest& manifest, const Store& store) {
  std::vector<std::string> names;
  for (const Descriptor& entry : store.blobs().index().manifests) {
    const std::string tag = tag_of(entry);
    if (entry.digest == manifest && !tag.empty()) names.push_back(Reference::parse(tag).familiar());
  }
  return names;
}

std::vector<HistoryRow> history_rows(const LocatedImage& image,
                                     const std::vector<std::uint64_t>& sizes) {
  std::vector<HistoryRow> rows;
  std::size_t layer = 0;
  for (const HistoryEntry& entry : image.config.history) {
    const bool has_layer = !entry.empty_layer && layer < sizes.size();
    rows.push_back({.id = "<missing>", .entry = entry, .size = has_layer ? sizes[layer++] : 0});
  }
  for (; layer < sizes.size(); ++layer) rows.push_back({.id = "<missing>", .size = sizes[layer]});
  std::ranges::reverse(rows);
  if (!rows.empty()) rows.front().id = image.descriptor.digest.str();
  return rows;
}

void add_images_commands(Command& program, Session&) {
  auto images = std::make_shared<ImagesCommand>();
  auto list = program.add("images", "List the images of the store");
  list.flag("--no-trunc", images->no_trunc, "Whole digests");
  list.flag("--digests", images->digests, "A column of digests");
  list.ignored_flag("-a,--all", "All of them (always so)");
  list.repeatable("-f,--filter", images->filters,
                  "dangling=, label=, reference=, before= or since=", {"NAME=VALUE"});
  list.option("name", images->pattern, "Only images of that name, wildcards allowed");
  images->flags.add_to(list, "Digests only");
  list.action([images] { images->run(); });

  auto history = std::make_shared<HistoryCommand>();
  auto show = program.add("history", "Show how an image was made");
  show.option("image", history->name, image_argument_help, {"", Need::required});
  show.flag("--no-trunc", history->no_trunc, "Whole commands and digests");
  show.flag("-H,--human,!--no-human", history->human, "Sizes and times in words (default)");
  history->flags.add_to(show, "Digests only");
  show.option("--platform", history->platform, "Of an index, which image", {"OS/ARCH"});
  show.action([history] { history->run(); });
}

}  // namespace slipway::cli

#include "cli/images.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/rootfs.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/table.hpp"
#include "build/find_image.hpp"
#include "oci/reference.hpp"

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
  std::string format = {};
  std::string platform = Platform::host().str();
  bool no_trunc = false;
  bool quiet = false;
  bool human = true;

  void run() const {
    const Store store = Store::open(Store::default_path());
    const OpenedImage opened =
        bring_into_store(find_image(name, store, Platform::parse(platform)), store);
    std::vector<std::uint64_t> sizes;
    for (std::size_t i = 0; i < opened.image.manifest.layers.size(); ++i) {
      const Layer layer{.blob = opened.image.manifest.layers[i],
                        .diff_id = opened.image.config.diff_ids[i]};
      sizes.push_back(content_size(contents_of(layer, store)));
    }
    const std::vector<HistoryRow> rows = history_rows(opened.image, sizes);
    quiet || !format.empty() ? print_lines(rows) : print_table(rows);
  }

  std::map<std::string, std::string> fields(const HistoryRow& row) const {
    const HistoryEntry& entry = row.entry;
    const std::string since = age(entry.created, now());
    return {{"ID", no_trunc || row.id.starts_with('<') ? row.id : row.id.substr(7, 12)},
            {"CreatedAt", entry.created},
            {"CreatedSince", human ? since : entry.created},
            {"CreatedBy", no_trunc ? entry.created_by : shortened(entry.created_by, 45)},
            {"Size", human ? human_size(row.size) : std::to_string(row.size)},
            {"Comment", no_trunc ? entry.comment : shortened(entry.comment, 45)}};
  }

  void print_lines(const std::vector<HistoryRow>& rows) const {
    for (const HistoryRow& row : rows) {
      fmt::print("{}\n", fill_format(quiet ? "{{.ID}}" : format, fields(row)));
    }
  }

  void print_table(const std::vector<HistoryRow>& rows) const {
    std::vector<Row> table = {{"IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT"}};
    for (const HistoryRow& row : rows) {
      auto all = fields(row);
      table.push_back(
          {all["ID"], all["CreatedSince"], all["CreatedBy"], all["Size"], all["Comment"]});
    }
    fmt::print("{}", to_table(table));
  }
};

struct ImagesCommand {
  bool no_trunc = false;
  bool quiet = false;

  void run() const {
    const Store store = Store::open(Store::default_path());
    std::vector<Row> table;
    for (const Descriptor& entry : store.blobs().index().manifests) {
      table.push_back(row_of(entry, store.blobs()));
    }
    if (quiet) {
      for (const Row& row : table) fmt::print("{}\n", row[2]);
      return;
    }
    table.insert(table.begin(), {"REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"});
    fmt::print("{}", to_table(table));
  }

  Row row_of(const Descriptor& entry, const Layout& layout) const {
    Row row = name_columns(tag_of(entry));
    row.push_back(no_trunc ? entry.digest.str() : short_id(entry.digest));
    try {
      const LocatedImage image =
          locate_image(layout, entry, entry.platform.value_or(Platform::host()));
      row.push_back(age(image.config.created, now()));
      row.push_back(human_size(stored_size(image.manifest)));
    } catch (const Error&) {
      // The store is a cache: what an entry speaks of may be gone, or be an
      // index of other machines. The list shows it all the same.
      row.insert(row.end(), {"N/A", "N/A"});
    }
    return row;
  }

  static Row name_columns(const std::string& tag) {
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
  list.flag("-q,--quiet", images->quiet, "Digests only");
  list.action([images] { images->run(); });

  auto history = std::make_shared<HistoryCommand>();
  auto show = program.add("history", "Show how an image was made");
  show.option("image", history->name, image_argument_help, {"", Need::required});
  show.flag("--no-trunc", history->no_trunc, "Whole commands and digests");
  show.flag("-q,--quiet", history->quiet, "Digests only");
  show.flag("-H,--human,!--no-human", history->human, "Sizes and times in words (default)");
  show.option("--format", history->format, "Text with {{.CreatedBy}} and the like", {"TEXT"});
  show.option("--platform", history->platform, "Of an index, which image", {"OS/ARCH"});
  show.action([history] { history->run(); });
}

}  // namespace slipway::cli

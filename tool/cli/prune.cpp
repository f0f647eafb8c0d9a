#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <memory>

#include "base/error.hpp"
#include "base/size.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/listing.hpp"
#include "cli/table.hpp"
#include "container/garbage.hpp"

namespace slipway::cli {
namespace {

struct PruneCommand {
  std::vector<std::string> filters = {};
  std::string keep_storage = {};
  bool all = false;
  bool force = false;

  void run() const {
    const auto options = read_options();
    if (!force && !is_confirmed()) return;
    const Store store = Store::open(Store::default_path());
    if (!store.try_idle()) fmt::print(stderr, "slipway: note: waiting for builds that run\n");
    const auto pruned = prune_store(options, store);
    for (const auto& name : pruned.untagged) fmt::print("Untagged: {}\n", name);
    for (const auto& name : pruned.deleted) fmt::print("Deleted: {}\n", name);
    fmt::print("{}Total reclaimed space: {}\n",
               pruned.untagged.empty() && pruned.deleted.empty() ? "" : "\n",
               human_size(pruned.bytes));
  }

  PruneOptions read_options() const {
    const Filters wanted("prune", filters, {"until", "label", "label!"});
    PruneOptions options{.all = all};
    for (const auto& text : wanted.of("until"))
      options.until = parse_moment("--filter until", text);
    if (!keep_storage.empty()) {
      const auto size = parse_size(keep_storage);
      if (!size || *size < 0) {
        throw Error(Errc::usage, fmt::format("--keep-storage '{}' is no size such as 512m or 10g",
                                             printable(keep_storage)));
      }
      options.keep_storage = static_cast<std::uint64_t>(*size);
    }
    if (!wanted.of("label").empty() || !wanted.of("label!").empty()) {
      options.wants_image = [wanted](const ImageConfig& image) {
        return wanted.accepts_labels(image.config.labels);
      };
    }
    return options;
  }

  bool is_confirmed() const {
    fmt::print("WARNING! This will remove:\n");
    if (all) {
      fmt::print(
          "  - all images that no container is of\n  - all that builds keep: layers, caches, downloads\n");
    } else {
      fmt::print(
          "  - images without a name\n  - layers, unpacked trees and downloads that nothing refers to\n");
    }
    fmt::print(
        "  - volumes without a name that no container has\n\nAre you sure you want to continue? [y/N] ");
    std::fflush(stdout);
    std::string answer;
    std::getline(std::cin, answer);
    return to_lower(trim(answer)) == "y" || to_lower(trim(answer)) == "yes";
  }
};

}  // namespace

void add_prune_command(Command& program, Session&) {
  auto prune = std::make_shared<PruneCommand>();
  auto command = program.add("prune", "Remove what nothing refers to from the store");
  command.flag("-a,--all", prune->all, "Also images that no container is of, and what builds keep");
  command.flag("-f,--force", prune->force, "Do not ask");
  command.repeatable("--filter", prune->filters,
                     "until=24h (older), label=K[=V], label!=K[=V] (images)", {"NAME=VALUE"});
  command.option("--keep-storage", prune->keep_storage,
                 "Only the oldest, until the store has no more", {"SIZE"});
  command.action([prune] { prune->run(); });
}

}  // namespace slipway::cli

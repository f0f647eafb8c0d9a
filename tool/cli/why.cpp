#include <fmt/format.h>

#include <memory>
#include <optional>

#include "base/error.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "build/build_origin.hpp"
#include "build/find_image.hpp"
#include "build/path_history.hpp"
#include "build/rootfs.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/images.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t shown_instruction = 120;
constexpr std::size_t shown_sources = 5;

std::string_view word_of(EntryType type) {
  switch (type) {
    case EntryType::file:
      return "file";
    case EntryType::directory:
      return "directory";
    case EntryType::symlink:
      return "symbolic link";
    case EntryType::hardlink:
      return "hard link";
    case EntryType::fifo:
      return "pipe";
    case EntryType::character_device:
    case EntryType::block_device:
      return "device";
    case EntryType::whiteout:
    case EntryType::opaque:
      return "removed";
  }
  return {};
}

std::string amount_of(const Entry& entry, const Amount& amount) {
  if (entry.type == EntryType::file) return fmt::format(", {}", human_size(amount.bytes));
  if (entry.type != EntryType::directory) return {};
  return fmt::format(" with {} file{}, {}", amount.files, amount.files == 1 ? "" : "s",
                     human_size(amount.bytes));
}

std::string line_of(const PathInLayer& part) {
  return fmt::format(
      "layer {} ({})", part.layer + 1,
      part.instruction.empty() ? "no history" : printable(part.instruction, shown_instruction));
}

/// All that is known of one path.
struct Answer {
  PathHistory history = {};
  std::optional<BuildOrigin> origin = {};
};

std::string joined(const std::vector<std::string>& sources) {
  std::string text;
  for (std::size_t i = 0; i < sources.size() && i < shown_sources; ++i)
    text += (i == 0 ? "" : ", ") + printable(sources[i]);
  if (sources.size() > shown_sources)
    text += fmt::format(" and {} more", sources.size() - shown_sources);
  return text;
}

std::string origin_text(const BuildOrigin& origin) {
  std::string text;
  const auto add = [&](std::string_view what, const std::string& value) {
    if (!value.empty()) text += fmt::format("  {:<13}{}\n", what, printable(value));
  };
  add("base", origin.reference);
  add("instruction", origin.place);
  add("call", origin.call);
  add("step", origin.step);
  add("copied from", origin.copied);
  add("taken from", origin.staged);
  add("target", origin.target);
  if (!origin.sources.empty())
    text += fmt::format("  {:<13}{}\n", "sources", joined(origin.sources));
  return text;
}

std::string to_text(const Answer& answer) {
  const auto& history = answer.history;
  const auto& entry = *history.entry;
  auto text = fmt::format("/{}: {}{}, mode {:04o}, owner {}:{}\n", printable(history.path),
                          word_of(entry.type), amount_of(entry, history.amount), entry.mode,
                          entry.uid, entry.gid);
  if (entry.type == EntryType::symlink)
    text += fmt::format("  {:<13}{}\n", "leads to", printable(entry.link_target));
  for (auto part = history.layers.rbegin(); part != history.layers.rend(); ++part) {
    const bool is_top = part->layer == history.layer;
    const auto what = part->removes() ? std::string("removes what is beneath")
                                      : fmt::format("{}{}", word_of(part->entry.type),
                                                    amount_of(part->entry, part->amount));
    const bool is_hidden = part->layer < history.layer && entry.type != EntryType::directory;
    text += fmt::format("  {:<13}{}: {}\n",
                        is_top      ? "comes from"
                        : is_hidden ? "hides"
                                    : "also in",
                        line_of(*part), what);
  }
  return answer.origin ? text + origin_text(*answer.origin) : text;
}

std::string to_json(const Answer& answer) {
  const auto& history = answer.history;
  JsonWriter json;
  json.object([&] {
    json.member("path", "/" + history.path);
    json.member("type", word_of(history.entry->type));
    json.member("size", static_cast<std::int64_t>(history.amount.bytes));
    json.member("files", static_cast<std::int64_t>(history.amount.files));
    json.member("layer", static_cast<std::int64_t>(history.layer + 1));
    json.key("layers").array([&] {
      for (const auto& part : history.layers) {
        json.object([&] {
          json.member("layer", static_cast<std::int64_t>(part.layer + 1));
          json.member("instruction", part.instruction);
          json.member("type", word_of(part.entry.type));
          json.member("size", static_cast<std::int64_t>(part.amount.bytes));
        });
      }
    });
    if (!answer.origin) return;
    const auto& origin = *answer.origin;
    json.key("build").object([&] {
      json.member("step", origin.step);
      json.member("instruction", origin.place);
      json.member("call", origin.call);
      json.member("base", origin.reference);
      json.member("copied_from", origin.copied);
      json.member("taken_from", origin.staged);
      json.member("target", origin.target);
      json.member("sources", origin.sources);
    });
  });
  return std::move(json).take();
}

[[noreturn]] void refuse(const PathHistory& history) {
  const auto path = printable(history.path);
  if (history.layers.empty()) throw Error(Errc::input, fmt::format("the image has no '/{}'", path));
  const auto& last = history.layers.back();
  Error error(Errc::input,
              fmt::format("the image has no '/{}': {} removes it", path, line_of(last)));
  if (history.layers.size() == 1) throw std::move(error);
  throw std::move(error).with_hint("it is in " +
                                   line_of(history.layers[history.layers.size() - 2]));
}

struct WhyCommand {
  std::string path = {};
  std::string name = {};
  std::string platform = Platform::host().str();
  fs::path steps = {};
  bool json = false;

  void run() const {
    const auto store = open_store();
    const auto use = store.in_use();
    const auto opened = bring_into_store(find_image(name, store, Platform::parse(platform)), store);
    Answer answer{.history = path_history(path, opened.image, store)};
    if (!answer.history.entry) refuse(answer.history);
    const auto layers = layers_of(opened.image);
    if (const auto folder = steps_folder(); folder && answer.history.layer < layers.size())
      answer.origin = origin_of(answer.history.path, layers[answer.history.layer], *folder);
    fmt::print("{}{}", json ? to_json(answer) : to_text(answer), json ? "\n" : "");
  }

 private:
  std::optional<fs::path> steps_folder() const {
    if (!steps.empty()) return steps;
    const auto parsed = ImageName::parse(name);
    if (parsed.where != ImageName::Where::layout) return std::nullopt;
    return steps_of_layout(parsed.path);
  }
};

}  // namespace

void add_why_command(Command& program, Session&) {
  auto command = std::make_shared<WhyCommand>();
  auto why = program.add("why", "Tell where a path of an image comes from");
  why.option("path", command->path, "A path in the image", {"", Need::required});
  why.option("image", command->name, image_argument_help, {"", Need::required});
  why.option("--steps", command->steps, "The folder of the steps that made it [beside a layout]",
             {"DIR"});
  why.option("--platform", command->platform, "Of an index, which image", {"OS/ARCH"});
  why.flag("--json", command->json, "Print it as JSON");
  why.action([command] { command->run(); });
}

}  // namespace slipway::cli

#include "build/step.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/base_contents.hpp"
#include "build/base_step.hpp"
#include "build/blame.hpp"
#include "build/copy_items.hpp"
#include "build/depfile.hpp"
#include "build/fetched_sources.hpp"
#include "build/onbuild.hpp"
#include "build/record.hpp"
#include "build/run_step.hpp"
#include "build/scene.hpp"
#include "build/shared_cache.hpp"
#include "build/shared_results.hpp"
#include "build/step_chain.hpp"
#include "build/step_links.hpp"
#include "dockerfile/parser.hpp"
#include "plan/emit.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace df = dockerfile;
namespace {

constexpr std::uint32_t workdir_mode = 0755;

/// The shapes of what lies beneath; one that was deleted is made again.
View shape_below(const Step& step, const BuildContext& context) {
  View view;
  if (step.reads == Beneath::nothing) return view;
  for (const auto& id : chain_of(step.beneath, context)) {
    const fs::path path = step_files(context.directory, id).shape;
    if (!lstat_file(path)) {
      std::error_code ignored;
      fs::remove(step_files(context.directory, id).layer, ignored);
      (void)require_results({id}, context);
    }
    const auto text = read_file(path);
    if (names_layers(text)) {
      view.apply(base_shape(id, context));
      continue;
    }
    view.apply(with_context([&] { return fmt::format("read '{}'", path.native()); },
                            [&] { return parse_contents(text); }));
  }
  return view;
}

/// A layer step with its items worked out, not yet packed.
struct PreparedLayer {
  std::unique_ptr<CopySource> source = {};
  std::vector<CopiedItem> items = {};
  Record record = {};
  /// The items again, what archives hold among them: their files go to the folder.
  std::function<std::vector<CopiedItem>(const fs::path& scratch)> unpack = {};
};

std::unique_ptr<CopySource> open_copy_source(const Step& step, const BuildContext& context) {
  if (step.from.empty()) return open_context(step);
  return open_layers(require_listed_layers(step.from, context), context.store);
}

PreparedLayer prepare_copy(const Step& step, const BuildContext& context) {
  const auto scene = set_scene(step, context);
  const auto& copy = std::get<df::Copy>(scene.instruction.body);
  Diagnostics diagnostics(source_of(step.script));
  CopyRequest request;
  request.words = scene.state.expand_copy(copy, diagnostics);
  for (const auto& word : copy.sources) request.places.sources.push_back(word.span);
  request.places.destination = copy.destination.span;
  diagnostics.stop_if_errors();
  for (const auto& heredoc : copy.files) request.heredoc_names.push_back(heredoc.name);
  request.mtime = step.script.epoch;
  request.parents = copy.parents;
  request.unpack = copy.add && copy.unpack.value_or(true);
  request.unpack_fetched = copy.unpack.value_or(false);
  request.fetched = fetch_sources(copy, request.words, fetch_context(step, context));
  auto below = std::make_shared<const View>(shape_below(step, context));
  if (request.words.chown) {
    request.owner = with_place(copy.chown->span, [&] {
      return find_owner(*request.words.chown, *below, LoneUser::same_number);
    });
  }
  if (request.words.chmod) {
    request.mode =
        with_place(copy.chmod->span, [&] { return ModeChange::parse(*request.words.chmod); });
  }

  PreparedLayer layer;
  layer.source = open_copy_source(step, context);
  const auto before = now_ns();
  layer.items = copy_items(request, *layer.source, *below);
  layer.record = make_record(step, layer.items, before);
  if (std::ranges::any_of(layer.items, &CopiedItem::is_archive)) {
    layer.unpack = [request, below, source = layer.source.get()](const fs::path& scratch) mutable {
      request.scratch = scratch;
      return copy_items(request, *source, *below);
    };
  }
  return layer;
}

struct WantedDirectory {
  std::string path = {};
  Span place = {};
};

/// WORKDIR's, or a VOLUME's.
std::vector<WantedDirectory> wanted_directories(const Scene& scene, Diagnostics& diagnostics) {
  if (const auto* workdir = std::get_if<df::Workdir>(&scene.instruction.body))
    return {{scene.state.expand_workdir(*workdir, diagnostics), workdir->path.span}};
  const auto& volume = std::get<df::Volume>(scene.instruction.body);
  const auto paths = scene.state.expand_volumes(volume, diagnostics);
  std::vector<WantedDirectory> wanted;
  for (std::size_t i = 0; i < paths.size(); ++i) wanted.push_back({paths[i], volume.paths[i].span});
  return wanted;
}

/// Makes what is missing of directories and their parents.
class DirectoryMaker {
 public:
  DirectoryMaker(const View& below, Owner owner, std::int64_t time)
      : below_(below), owner_(owner), time_(time) {}

  void make(const std::string& path) {
    const auto target = below_.resolve(path, true);
    if (target.node != nullptr && target.node->entry.type != EntryType::directory) {
      throw Error(Errc::input, fmt::format("make directory '{}': it is there and is no directory",
                                           printable(path)));
    }
    std::string made;
    for (const auto& part : split(target.path, '/')) {
      made += made.empty() ? part : '/' + part;
      if (!made.empty() && below_.find(made) == nullptr && made_.insert(made).second) add(made);
    }
  }

  std::vector<CopiedItem> take_items() { return std::move(items_); }

 private:
  void add(const std::string& path) {
    CopiedItem item;
    item.item.entry = {path, EntryType::directory, workdir_mode, owner_.uid, owner_.gid, time_};
    items_.push_back(std::move(item));
  }

  const View& below_;
  Owner owner_;
  std::int64_t time_;
  std::set<std::string> made_ = {};
  std::vector<CopiedItem> items_ = {};
};

/// WORKDIR's directory is owned by the USER in force.
PreparedLayer prepare_directories(const Step& step, const BuildContext& context) {
  const auto scene = set_scene(step, context);
  Diagnostics diagnostics(source_of(step.script));
  const auto wanted = wanted_directories(scene, diagnostics);
  diagnostics.stop_if_errors();
  const auto below = shape_below(step, context);
  const bool is_workdir = std::holds_alternative<df::Workdir>(scene.instruction.body);
  const auto& user = scene.state.config().user;
  const auto owner =
      user.empty() || !is_workdir ? Owner{} : find_owner(user, below, LoneUser::own_group);

  DirectoryMaker maker(below, owner, step.script.epoch);
  for (const auto& directory : wanted)
    with_place(directory.place, [&] { maker.make(directory.path); });
  PreparedLayer layer;
  layer.items = maker.take_items();
  layer.record = make_record(step, layer.items, now_ns());
  return layer;
}

PreparedLayer prepare(const Step& step, const BuildContext& context) {
  return step.kind == StepKind::copy ? prepare_copy(step, context)
                                     : prepare_directories(step, context);
}

/// The step's own file stands in it too: CMake takes a depfile without inputs
/// for one that was not written.
void write_step_depfile(const StepFiles& files, std::vector<std::string> read) {
  read.push_back(files.step);
  write_depfile(files.depfile, files.layer, std::move(read));
}

/// The word that names a base: FROM's image, or what --from of COPY says.
Span place_of_reference(const Step& step) {
  Diagnostics ignored({});
  const auto& [text, line] = step.instruction;
  const auto instruction = df::parse_instruction(text, line, step.script.escape, ignored);
  const auto* from = instruction ? std::get_if<df::From>(&instruction->body) : nullptr;
  if (from != nullptr) return from->image.span;
  const auto* copy = instruction ? std::get_if<df::Copy>(&instruction->body) : nullptr;
  if (copy != nullptr && copy->from) return copy->from->span;
  return {line};
}

MadeStep run_base(const Step& step, const BuildContext& context) {
  const auto files = step_files(context.directory, step.id);
  auto base = with_place(place_of_reference(step),
                         [&] { return import_base(step, context.store, context.pull); });
  if (step.runs_triggers && !base.triggers.empty())
    base = with_triggers(std::move(base), step, context);
  write_file_if_changed(files.shape, base_shape_file(base.result.layers, context.store));
  const bool changed = write_file_if_changed(files.layer, serialise(base.result));
  return {changed ? StepOutcome::made : StepOutcome::reused, std::move(base.read)};
}

MadeStep run_command(const Step& step, const BuildContext& context) {
  const auto files = step_files(context.directory, step.id);
  auto made = make_command_layer(step, context);
  if (made.layer) {
    const auto contents = contents_of(*made.layer, context.store);
    write_file_if_changed(files.shape, to_text(shape_of(contents)));
    write_file_if_changed(files.layer, serialise(StepResult{{*made.layer}, {}}));
  }
  write_file_if_changed(files.record, made.record.text());
  return {made.has_run ? StepOutcome::made : StepOutcome::reused, std::move(made.read)};
}

MadeStep run_layer(const Step& step, const BuildContext& context) {
  const auto files = step_files(context.directory, step.id);
  auto layer = prepare(step, context);
  const auto read = layer.source ? layer.source->read() : std::vector<std::string>();
  const auto old_record = read_file_if_exists(files.record);
  const auto record = layer.record.text();
  const PackOptions packing = {step.compression, step.format};
  const auto share_it = [&](const Layer& made) {
    share(step, key_of_tar(made.diff_id, packing), made, context);
  };
  if (old_record && *old_record == record) {
    if (const auto usable = usable_result(step.id, context)) {
      share_it(usable->layers.front());
      return {StepOutcome::reused, read};
    }
  }
  std::optional<TempDir> scratch;
  if (layer.unpack)
    layer.items = layer.unpack(scratch.emplace(context.store.folder("tmp"), "unpack-").path());
  std::vector<PackItem> items;
  items.reserve(layer.items.size());
  for (auto& copied : layer.items) items.push_back(std::move(copied.item));
  std::vector<PackItem*> with_bytes;
  for (auto& item : items) {
    if (!step.from.empty() && std::holds_alternative<FileBytes>(item.bytes))
      with_bytes.push_back(&item);
  }
  if (layer.source) layer.source->provide(with_bytes);
  auto found = find_shared(step, items, packing, context);
  const auto packed = found ? *std::move(found) : pack(items, packing, context.store);
  write_file_if_changed(files.shape, to_text(shape_of(packed.contents)));
  write_file_if_changed(files.layer, serialise(StepResult{{packed.layer}, {}}));
  // Last: a record on disk vouches for the files before it.
  write_file_if_changed(files.record, record);
  share_it(packed.layer);
  return {found ? StepOutcome::reused : StepOutcome::made, read};
}

MadeStep make_result(const Step& step, const BuildContext& context) {
  switch (step.kind) {
    case StepKind::base:
      return run_base(step, context);
    case StepKind::run:
      return run_command(step, context);
    case StepKind::copy:
    case StepKind::directories:
      return run_layer(step, context);
  }
  throw Error(Errc::internal, "run a step: unknown kind");
}

/// A base whose triggers ran has their layers over its own.
bool begins_with(const std::vector<Layer>& layers, const std::vector<Layer>& start) {
  return layers.size() >= start.size() && std::equal(start.begin(), start.end(), layers.begin());
}

}  // namespace

MadeStep make_step(const Step& step, const BuildContext& context) {
  return blaming(step.script, step.instruction, [&] {
    make_directories(context.directory);
    auto made = make_result(step, context);
    write_step_depfile(step_files(context.directory, step.id), made.read);
    return made;
  });
}

FetchContext fetch_context(const Step& step, const BuildContext& context) {
  FetchContext result{context.store, context.grants};
  if (context.transferred) {
    result.progress = [&context, id = step.id](std::uint64_t done, std::uint64_t total) {
      context.transferred(id, done, total);
    };
  }
  return result;
}

StepOutcome run_step(const Step& step, const BuildContext& context) {
  return make_step(step, context).outcome;
}

std::vector<StepResult> require_results(const std::vector<std::string>& ids,
                                        const BuildContext& context) {
  std::vector<StepResult> results;
  for (const auto& id : ids) {
    auto result = usable_result(id, context);
    if (!result) {
      run_step(*find_step(id, context), context);
      result = read_step_result(step_files(context.directory, id).layer);
    }
    results.push_back(std::move(*result));
  }
  return results;
}

std::vector<std::string> explain_step(const Step& step, const BuildContext& context) {
  const auto files = step_files(context.directory, step.id);
  if (!read_file_if_exists(files.layer)) return {"it has not run yet"};
  if (!usable_result(step.id, context)) return {"what it made is not in the store any more"};
  if (step.kind == StepKind::base) {
    const auto base = blaming(step.script, step.instruction,
                              [&] { return import_base(step, context.store, context.pull); });
    const auto last = read_step_result(files.layer);
    const bool has_triggers = step.runs_triggers && !base.triggers.empty();
    if (has_triggers ? begins_with(last.layers, base.result.layers) : base.result == last)
      return {};
    return {fmt::format("the base image '{}' changed", step.reference)};
  }
  return blaming(step.script, step.instruction, [&] {
    const auto now =
        step.kind == StepKind::run ? command_record(step, context) : prepare(step, context).record;
    return differences(Record::parse(read_file_if_exists(files.record).value_or("")), now);
  });
}

void write_plan(const Plan& plan, const fs::path& directory) {
  for (const auto& step : plan.steps) {
    write_file_if_changed(step_files(directory, step.id).step, serialise(step));
  }
  write_file_if_changed(step_files(directory, "image").step, serialise(plan.image));
  write_step_links(plan, directory);
}

}  // namespace slipway

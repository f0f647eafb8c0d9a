#include "plan/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "dockerfile/parser.hpp"
#include "plan/definitions.hpp"
#include "plan/global_scope.hpp"
#include "plan/ignore_files.hpp"
#include "plan/planned_stage.hpp"
#include "plan/refusals.hpp"
#include "plan/source_lines.hpp"
#include "plan/stages.hpp"

namespace slipway {
namespace df = dockerfile;
namespace {

constexpr std::string_view scratch = "scratch";

class Planner {
 public:
  Planner(const df::Dockerfile& dockerfile, const std::string& path, const PlanOptions& options,
          Diagnostics& diagnostics)
      : dockerfile_(dockerfile),
        options_(options),
        diagnostics_(diagnostics),
        globals_(dockerfile, options, diagnostics),
        names_(dockerfile),
        needed_(dockerfile.stages.size()),
        stages_(dockerfile.stages.size()) {
    script_.path = path;
    script_.origin = options.origin;
    script_.escape = dockerfile.escape;
    script_.epoch = globals_.epoch();
    script_.compat_volumes = options.compat_volumes;
  }

  Plan run() {
    refuse_foreign_frontend(dockerfile_, diagnostics_);
    const auto target = target_stage();
    if (!target) return std::move(plan_);
    choose_stages(*target);
    const auto forest = grow_forest();
    Definitions definitions(forest, dockerfile_.escape);
    definitions_ = &definitions;
    for (std::size_t i = 0; i < needed_.size(); ++i) {
      if (needed_[i]) plan_stage(i);
    }
    for (const auto& each : dockerfile_.stages) plan_.stage_names.push_back(each.base().name);
    write_image(*target);
    return std::move(plan_);
  }

 private:
  std::optional<std::size_t> target_stage() {
    if (dockerfile_.stages.empty()) return std::nullopt;
    if (options_.target.empty()) return dockerfile_.stages.size() - 1;
    return stage_of(options_.target);
  }

  std::optional<std::size_t> stage_of(const std::string& name) {
    const auto found = names_.find(name, dockerfile_.stages.size(), true);
    if (!found) {
      diagnostics_.error({}, fmt::format("no stage '{}' to build", printable(name)),
                         did_you_mean(name, names_.all()));
    }
    return found;
  }

  const NamedContext* replacement_of(std::size_t index) const {
    return options_.contexts.find(dockerfile_.stages[index].base().name);
  }

  /// Mark what the target and the stages beside it need, from the last one downwards: a
  /// stage refers to earlier ones only.
  void choose_stages(std::size_t target) {
    needed_[target] = true;
    for (const auto& name : options_.also) {
      if (const auto stage = stage_of(name)) needed_[*stage] = true;
    }
    for (std::size_t i = needed_.size(); i-- > 0;) {
      if (!needed_[i] || replacement_of(i) != nullptr) continue;
      auto& stage = stages_[i];
      stage.reference = globals_.expand(dockerfile_.stages[i].base().image);
      if (options_.contexts.find(stage.reference) == nullptr)
        stage.parent = names_.find(stage.reference, i, false);
      if (stage.parent) needed_[*stage.parent] = true;
      stage.triggers = triggers_for(i);
      std::ranges::for_each(stage.triggers,
                            [&](const auto& instruction) { need_sources(instruction, i); });
      std::ranges::for_each(dockerfile_.stages[i].instructions,
                            [&](const auto& instruction) { need_sources(instruction, i); });
    }
  }

  /// The ONBUILD instructions of the stage that this one stands on, as the
  /// instructions that they become here.
  std::vector<df::Instruction> triggers_for(std::size_t index) {
    std::vector<df::Instruction> result;
    if (!stages_[index].parent) return result;
    const int line = dockerfile_.stages[index].from.span.line;
    for (const auto& instruction : dockerfile_.stages[*stages_[index].parent].instructions) {
      const auto* onbuild = std::get_if<df::Onbuild>(&instruction.body);
      if (onbuild == nullptr) continue;
      auto trigger =
          df::parse_instruction(onbuild->expression, line, dockerfile_.escape, diagnostics_);
      if (trigger) result.push_back(std::move(*trigger));
    }
    return result;
  }

  void need_sources(const df::Instruction& instruction, std::size_t stage) {
    const auto need = [&](std::string_view word) {
      if (options_.contexts.find(word) != nullptr) return;
      if (const auto found = names_.find(word, stage, true)) needed_[*found] = true;
    };
    if (const auto* copy = std::get_if<df::Copy>(&instruction.body)) {
      if (copy->from) need(copy->from->text);
    } else if (const auto* run = std::get_if<df::Run>(&instruction.body)) {
      for (const auto& mount : run->mounts) need(field_of(mount, "from"));
    }
  }

  StageForest grow_forest() const {
    std::vector<std::optional<std::size_t>> parents;
    for (const auto& stage : stages_) parents.push_back(stage.parent);
    return StageForest(parents);
  }

  void plan_stage(std::size_t index) {
    const auto& written = dockerfile_.stages[index];
    auto& stage = stages_[index];
    const auto* replacement = replacement_of(index);
    if (replacement != nullptr) {
      start_context(stage, written, *replacement);
    } else {
      start_stage(stage, written);
    }
    if (replacement != nullptr) return;
    if (stage.parent) {
      stage.parts.push_back({lines_of(written.from), {}});
      note(stage, written.from, {index, 0});
    }
    Place place{index, 1};
    std::size_t layers = 0;  // they are counted, so that other instructions may come and go
    const auto add = [&](const df::Instruction& instruction) {
      refuse_other_encodings(instruction, diagnostics_);
      auto step = plan_instruction(instruction, fmt::format("{}-{}", index, layers + 1), place);
      if (!step.empty()) {
        ++layers;
        stage.top = step;
      }
      stage.parts.push_back({history_lines_of(instruction), std::move(step)});
      note(stage, instruction, place);
      ++place.number;
    };
    std::ranges::for_each(stage.triggers, add);
    std::ranges::for_each(written.instructions, add);
  }

  /// For the steps after it.
  void note(PlannedStage& stage, const df::Instruction& instruction, Place place) {
    definitions_->add(instruction, place);
    const bool is_volume = std::holds_alternative<df::Volume>(instruction.body);
    if (shapes_commands(instruction) || (script_.compat_volumes && is_volume))
      stage.unlisted.push_back(&instruction);
  }

  /// What FROM gives: nothing, another stage's all, or an image.
  void start_stage(PlannedStage& stage, const df::Stage& written) {
    if (stage.parent) return start_on(stages_[*stage.parent], stage);
    if (const auto* context = options_.contexts.find(stage.reference))
      return start_context(stage, written, *context);
    stage.platform = platform_of(written);
    if (stage.reference.empty()) {
      diagnostics_.error(written.base().image.span, "the base image's name is empty",
                         "give the ARG a default, or pass --build-arg");
    } else if (stage.reference != scratch) {
      start_image(stage, written, stage.reference);
    }
  }

  static void start_on(const PlannedStage& parent, PlannedStage& stage) {
    stage.base_step = parent.base_step;
    stage.platform = parent.platform;
    stage.top = parent.top;
    stage.listed_by = parent.listed_by;
    stage.parent_has_unlisted = !parent.unlisted.empty() || parent.parent_has_unlisted;
  }

  void start_image(PlannedStage& stage, const df::Stage& written, const std::string& reference) {
    stage.base_step =
        add_base(fmt::format("{}-base", written.index), reference, stage.platform, written.from);
    stage.top = stage.base_step;
    // What its triggers may need is known only when the image is.
    auto& base = plan_.steps.back();
    base.runs_triggers = true;
    base.context = options_.context;
    base.ignore_files = ignore_files();
    base.script.arguments = globals_.arguments();
  }

  /// What --build-context gives for FROM, or instead of a whole stage.
  void start_context(PlannedStage& stage, const df::Stage& written, const NamedContext& context) {
    if (context.kind == NamedContext::Kind::image) {
      stage.platform = platform_of(written);
      if (context.value != scratch) start_image(stage, written, context.value);
      return;
    }
    diagnostics_.error(
        written.base().image.span,
        fmt::format("the build context '{}' is a directory and no image", printable(context.value)),
        "FROM scratch, and COPY --from it");
  }

  Platform platform_of(const df::Stage& stage) {
    if (!stage.base().platform) return options_.platform;
    try {
      return Platform::parse(globals_.expand(*stage.base().platform));
    } catch (const Error& error) {
      diagnostics_.error(stage.base().platform->span, error.what(), error.hint());
      return options_.platform;
    }
  }

  std::string add_base(std::string id, std::string reference, const Platform& platform,
                       const df::Instruction& instruction) {
    Step step = new_step(std::move(id), StepKind::base, instruction);
    step.reference = std::move(reference);
    step.platform = platform;
    return add_step(std::move(step));
  }

  /// Without build arguments.
  Step new_step(std::string id, StepKind kind, const df::Instruction& instruction) const {
    Step step;
    step.id = std::move(id);
    step.kind = kind;
    step.script = script_;
    step.instruction = lines_of(instruction);
    step.platform = options_.platform;
    step.compression = options_.compression;
    step.format = options_.format;
    return step;
  }

  std::string add_step(Step step) {
    std::string read;
    if (step.reads != Beneath::nothing) read += lineages_[step.beneath] + '\n';
    if (!step.from.empty()) read += lineages_[step.from] + '\n';
    for (const auto& source : step.mounts) read += lineages_[source.step] + '\n';
    if (!read.empty()) step.lineage = sha256_hex(read);
    lineages_[step.id] = sha256_hex(lineages_[step.beneath] + '\n' + step.id);
    plan_.steps.push_back(std::move(step));
    return plan_.steps.back().id;
  }

  /// Adds the instruction's step; the id, or empty where it makes no layer.
  std::string plan_instruction(const df::Instruction& instruction, std::string id, Place place) {
    if (const auto* run = std::get_if<df::Run>(&instruction.body)) {
      return plan_run(*run, instruction, std::move(id), place);
    }
    const auto* copy = std::get_if<df::Copy>(&instruction.body);
    if (copy == nullptr && !makes_directories(instruction)) return {};
    Step step = new_step(std::move(id), copy != nullptr ? StepKind::copy : StepKind::directories,
                         instruction);
    if (copy != nullptr) set_source(step, *copy, place.stage, instruction);
    step.platform = stages_[place.stage].platform;
    step.beneath = stages_[place.stage].top;
    step.reads = copy != nullptr && copy->link ? Beneath::nothing : Beneath::shapes;
    if (const auto needs = definitions_->needs_of(instruction, place)) {
      if (needs->base_config) step.config_of = stages_[place.stage].base_step;
      list_lines(step, needs->lines, needs->open_names);
    } else {
      list_unlisted(step, stages_[place.stage]);
    }
    return add_step(std::move(step));
  }

  bool makes_directories(const df::Instruction& instruction) const {
    if (const auto* workdir = std::get_if<df::Workdir>(&instruction.body))
      return workdir->path.text != "/";
    return script_.compat_volumes && std::holds_alternative<df::Volume>(instruction.body);
  }

  std::string plan_run(const df::Run& run, const df::Instruction& instruction, std::string id,
                       Place place) {
    refuse_unallowed(run, instruction.span, options_.allow, diagnostics_);
    auto& stage = stages_[place.stage];
    Step step = new_step(std::move(id), StepKind::run, instruction);
    step.platform = stage.platform;
    step.beneath = stage.top;
    step.reads = Beneath::layers;
    for (std::size_t i = 0; i < run.mounts.size(); ++i) {
      const auto source_id = fmt::format("{}-mount{}", step.id, i + 1);
      step.mounts.push_back(mount_source(run.mounts[i], source_id, place.stage, instruction));
    }
    step.network = run.network == "default" || run.network.empty() ? options_.network : run.network;
    if (step.network != "none") step.network.clear();
    step.hostname = hostname();
    list_unlisted(step, stage);
    for (const auto& [name, value] : options_.build_args) {
      if (is_proxy_argument(name)) step.script.arguments.build[name] = value;
    }
    return add_step(std::move(step));
  }

  /// The build argument wins, as for BuildKit.
  std::string hostname() const {
    const auto argument = options_.build_args.find("BUILDKIT_SANDBOX_HOSTNAME");
    if (argument != options_.build_args.end() && !argument->second.empty()) return argument->second;
    return options_.hostname.empty() ? std::string(default_hostname) : options_.hostname;
  }

  /// All that shapes commands: the step lists what no step before it does.
  void list_unlisted(Step& step, PlannedStage& stage) {
    std::vector<const df::Instruction*> lines;
    for (const auto* from = &stage;; from = &stages_[*from->parent]) {
      lines.insert(lines.end(), from->unlisted.rbegin(), from->unlisted.rend());
      if (!from->parent_has_unlisted) break;
    }
    std::ranges::reverse(lines);
    step.after = std::exchange(stage.listed_by, step.id);
    step.config_of = stage.base_step;
    stage.unlisted.clear();
    stage.parent_has_unlisted = false;
    std::set<std::string> open_names;
    if (std::ranges::any_of(lines, [](const auto* line) { return has_open_name(*line); }))
      open_names = argument_names();
    list_lines(step, lines, open_names);
  }

  /// The lines, and the build arguments that they declare or that one of
  /// `open_names` could be.
  void list_lines(Step& step, const std::vector<const df::Instruction*>& lines,
                  std::set<std::string> names) const {
    for (const auto* line : lines) {
      step.before.push_back(lines_of(*line));
      const auto* arg = std::get_if<df::Arg>(&line->body);
      if (arg == nullptr) continue;
      for (const auto& definition : arg->definitions) names.insert(definition.name);
    }
    const auto keep = [&names](const auto& from, auto& to) {
      for (const auto& name : names) {
        if (const auto found = from.find(name); found != from.end()) to.insert(*found);
      }
    };
    keep(globals_.arguments().build, step.script.arguments.build);
    keep(globals_.arguments().global, step.script.arguments.global);
  }

  std::set<std::string> argument_names() const {
    std::set<std::string> names;
    for (const auto& [name, value] : globals_.arguments().build) names.insert(name);
    for (const auto& [name, value] : globals_.arguments().global) names.insert(name);
    return names;
  }

  /// As written; empty: the mount has no such field.
  static std::string field_of(const df::Mount& mount, std::string_view name) {
    const auto field =
        std::ranges::find(mount.fields, name, &std::pair<std::string, std::string>::first);
    return field == mount.fields.end() ? std::string() : field->second;
  }

  static bool is_bind(const df::Mount& mount) {
    const auto type = field_of(mount, "type");
    return type.empty() || type == "bind";
  }

  MountSource mount_source(const df::Mount& mount, const std::string& id, std::size_t stage,
                           const df::Instruction& instruction) {
    const auto from = field_of(mount, "from");
    if (from.empty())
      return is_bind(mount) ? MountSource{{}, options_.context, ignore_files()} : MountSource{};
    if (from == scratch) return {};
    const auto* named = options_.contexts.find(from);
    if (named == nullptr) return {source_step({from, mount.span}, id, stage, instruction), {}, {}};
    if (named->kind == NamedContext::Kind::image) {
      return {add_base(id, named->value, options_.platform, instruction), {}, {}};
    }
    if (!is_bind(mount)) {
      diagnostics_.error(mount.span,
                         "a cache cannot begin with a directory given by --build-context");
    }
    return {{}, named->value, ignore_files_of(named->value)};
  }

  /// Where the context may say what of it is not to be seen.
  std::vector<std::string> ignore_files() const {
    if (!options_.ignore_file.empty()) return {options_.ignore_file};
    return ignore_files_of(options_.context, script_.path);
  }

  /// Where a COPY reads: the context, a named one, or layers.
  void set_source(Step& step, const df::Copy& copy, std::size_t stage,
                  const df::Instruction& instruction) {
    const auto* named = copy.from ? options_.contexts.find(copy.from->text) : nullptr;
    if (named != nullptr && named->kind == NamedContext::Kind::directory) {
      step.context = named->value;
      step.ignore_files = ignore_files_of(named->value);
    } else if (named != nullptr) {
      step.from = add_base(step.id + "-from", named->value, options_.platform, instruction);
    } else if (copy.from) {
      step.from = source_step(*copy.from, step.id, stage, instruction);
    } else {
      step.context = options_.context;
      step.ignore_files = ignore_files();
    }
  }

  /// COPY --from: the topmost step of an earlier stage by name or number, else of
  /// an image.
  std::string source_step(const df::Word& word, const std::string& id, std::size_t stage,
                          const df::Instruction& instruction) {
    if (const auto found = names_.find(word.text, stage, true)) {
      // An empty stage is a source too, so it must not read as "the context".
      if (stages_[*found].top.empty()) {
        diagnostics_.error(word.span, fmt::format("stage '{}' has no files", word.text));
      }
      return stages_[*found].top;
    }
    if (parse_integer(word.text)) {
      diagnostics_.error(word.span, fmt::format("no stage '{}' before this one", word.text));
      return {};
    }
    if (names_.comes_later(word.text, stage)) {
      diagnostics_.error(
          word.span,
          fmt::format(
              "cannot copy from stage '{}': it must be defined before the stage that copies",
              printable(word.text)));
      return {};
    }
    return add_base(id + "-from", word.text, options_.platform, instruction);
  }

  void write_image(std::size_t target) {
    auto& stage = stages_[target];
    plan_.image = {script_,
                   stage.base_step,
                   {},
                   options_.platform_is_asked ? options_.platform : stage.platform,
                   options_.platform_is_asked,
                   options_.format,
                   options_.tags,
                   options_.labels,
                   options_.annotations};
    plan_.image.script.arguments = globals_.arguments();
    std::vector<std::size_t> line = {target};  // from the target down
    while (const auto parent = stages_[line.back()].parent) line.push_back(*parent);
    for (auto index = line.rbegin(); index != line.rend(); ++index) {
      std::ranges::move(stages_[*index].parts, std::back_inserter(plan_.image.parts));
    }
    std::unordered_set<std::string> of_image = {stage.base_step};
    for (const auto& part : plan_.image.parts) of_image.insert(part.layer);
    for (auto& step : plan_.steps) step.is_of_image = of_image.contains(step.id);
  }

  const df::Dockerfile& dockerfile_;
  const PlanOptions& options_;
  Diagnostics& diagnostics_;
  Script script_ = {};  ///< without arguments
  GlobalScope globals_;
  StageNames names_;
  std::vector<bool> needed_;
  std::vector<PlannedStage> stages_;
  Definitions* definitions_ = nullptr;
  std::unordered_map<std::string, std::string> lineages_ =
      {};  ///< by step: of it and all beneath it
  Plan plan_ = {};
};

}  // namespace

Plan make_plan(const df::Dockerfile& dockerfile, const std::string& path,
               const PlanOptions& options, Diagnostics& diagnostics) {
  return Planner(dockerfile, path, options, diagnostics).run();
}

}  // namespace slipway

#include "plan/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dockerfile/expand.hpp"
#include "dockerfile/parser.hpp"

namespace slipway {
namespace df = dockerfile;
namespace {

constexpr std::string_view scratch = "scratch";

SourceLines lines_of(const df::Instruction& instruction) { return {instruction.source, instruction.span.line}; }

/// TARGETPLATFORM and its parts, BUILDPLATFORM and its parts.
std::map<std::string, std::string> platform_arguments(const Platform& target) {
  std::map<std::string, std::string> result;
  const auto add = [&](const std::string& prefix, const Platform& platform) {
    result[prefix + "PLATFORM"] = platform.str();
    result[prefix + "OS"] = platform.os;
    result[prefix + "ARCH"] = platform.architecture;
    result[prefix + "VARIANT"] = platform.variant;
  };
  add("TARGET", target);
  add("BUILD", Platform::host());
  return result;
}

/// What one stage turned out to be.
struct PlannedStage {
  std::string base_step = {};           ///< of the lowest stage; empty: scratch
  Platform platform = {};               ///< what FROM asked for
  std::vector<std::string> layers = {};  ///< steps, lowest first, the base's included
  std::vector<const df::Instruction*> instructions = {};  ///< from the lowest stage's FROM
  std::vector<std::string> layer_of = {};                 ///< beside instructions
};

/// Which words of the instruction are expanded when it runs as a step.
std::vector<df::Word> step_words(const df::Instruction& instruction) {
  if (const auto* copy = std::get_if<df::Copy>(&instruction.body)) {
    auto words = copy->sources;
    words.insert(words.end(), copy->excludes.begin(), copy->excludes.end());
    words.push_back(copy->destination);
    if (copy->chown) words.push_back(*copy->chown);
    if (copy->chmod) words.push_back(*copy->chmod);
    if (copy->checksum) words.push_back(*copy->checksum);
    for (const auto& heredoc : copy->files) {
      if (heredoc.expand) words.push_back({heredoc.content, heredoc.span});
    }
    return words;
  }
  return {std::get<df::Workdir>(instruction.body).path};
}

const df::Word& path_word(const df::Instruction& instruction) {
  if (const auto* copy = std::get_if<df::Copy>(&instruction.body)) return copy->destination;
  return std::get<df::Workdir>(instruction.body).path;
}

class Planner {
 public:
  Planner(const df::Dockerfile& dockerfile, const std::string& path, const PlanOptions& options,
          Diagnostics& diagnostics)
      : dockerfile_(dockerfile), options_(options), diagnostics_(diagnostics), stages_(dockerfile.stages.size()) {
    script_.path = path;
    script_.origin = options.origin;
    script_.escape = dockerfile.escape;
    script_.epoch = options.source_date_epoch.value_or(0);
    script_.arguments.build = options.build_args;
    script_.arguments.global = platform_arguments(options.platform);
    script_.arguments.global["TARGETSTAGE"] = options.target.empty() ? "default" : options.target;
    // Global ARGs see those before them, and --build-arg wins over the default.
    for (const auto& instruction : dockerfile.global_args) {
      for (const auto& definition : std::get<df::Arg>(instruction.body).definitions) {
        const auto name = expand_global({definition.name, definition.span});
        const auto given = options.build_args.find(name);
        if (given != options.build_args.end()) {
          script_.arguments.global[name] = given->second;
        } else if (definition.value) {
          script_.arguments.global[name] = expand_global(*definition.value);
          if (name == "SOURCE_DATE_EPOCH") take_epoch(*definition.value);
        }
      }
    }
  }

  Plan run() {
    refuse_foreign_frontend();
    const auto target = target_stage();
    if (!target) return std::move(plan_);
    const auto& stage = plan_stage(*target);
    for (const auto& each : dockerfile_.stages) plan_.stage_names.push_back(each.base().name);
    plan_.image = {script_, stage.base_step, {}, stage.platform, options_.format,
                   options_.tags, options_.labels, options_.annotations};
    for (std::size_t i = 0; i < stage.instructions.size(); ++i) {
      plan_.image.parts.push_back({lines_of(*stage.instructions[i]), stage.layer_of[i]});
    }
    return std::move(plan_);
  }

 private:
  /// The language is built in, so a frontend need not be fetched; one that is not
  /// Docker's may read another language.
  void refuse_foreign_frontend() {
    for (const auto& directive : dockerfile_.directives) {
      if (directive.name != "syntax" || directive.value.find("dockerfile") != std::string::npos) continue;
      diagnostics_.error(directive.span, fmt::format("the syntax is that of another frontend, '{}'", printable(directive.value)),
                         "only docker/dockerfile and what stands for it can be read");
    }
  }

  /// The file's own default for the times of the image.
  void take_epoch(const df::Word& word) {
    if (options_.source_date_epoch) return;
    const auto text = expand_global(word);
    const auto seconds = parse_integer(text);
    if (text.empty()) return;
    if (seconds && *seconds >= 0) {
      script_.epoch = *seconds;
      return;
    }
    diagnostics_.error(word.span, fmt::format("SOURCE_DATE_EPOCH '{}' is not a number of seconds since 1970", printable(text)));
  }

  std::string expand_global(const df::Word& word) {
    const auto lookup = [this](std::string_view name) -> std::optional<std::string> {
      const auto it = script_.arguments.global.find(std::string(name));
      return it == script_.arguments.global.end() ? std::nullopt : std::optional(it->second);
    };
    auto expansion = df::expand_word(word.text, lookup, dockerfile_.escape);
    if (expansion.error) diagnostics_.error(word.span, *expansion.error);
    return std::move(expansion.text);
  }

  std::vector<std::string> stage_names() const {
    std::vector<std::string> names;
    for (const auto& stage : dockerfile_.stages) {
      if (!stage.base().name.empty()) names.push_back(stage.base().name);
    }
    return names;
  }

  /// The stage of that name, or number, before `limit`. The last of equal names wins.
  std::optional<std::size_t> find_stage(std::string_view word, std::size_t limit, bool numbers) const {
    const auto name = to_lower(word);
    for (std::size_t i = limit; i-- > 0;) {
      if (dockerfile_.stages[i].base().name == name && !name.empty()) return i;
    }
    const auto number = numbers ? parse_integer(word) : std::nullopt;
    if (number && *number >= 0 && static_cast<std::size_t>(*number) < limit) {
      return static_cast<std::size_t>(*number);
    }
    return std::nullopt;
  }

  std::optional<std::size_t> target_stage() {
    if (dockerfile_.stages.empty()) return std::nullopt;
    if (options_.target.empty()) return dockerfile_.stages.size() - 1;
    const auto found = find_stage(options_.target, dockerfile_.stages.size(), true);
    if (!found) {
      diagnostics_.error({}, fmt::format("no stage '{}' to build", printable(options_.target)),
                         did_you_mean(options_.target, stage_names()));
    }
    return found;
  }

  const PlannedStage& plan_stage(std::size_t index) {
    auto& slot = stages_[index];
    if (slot) return *slot;
    const auto& stage = dockerfile_.stages[index];
    const auto* replacement = options_.contexts.find(stage.base().name);
    PlannedStage planned = replacement != nullptr ? start_context(stage, *replacement) : start_stage(stage);
    auto triggers = triggers_for(stage);
    planned.instructions.push_back(&stage.from);
    planned.layer_of.emplace_back();
    if (replacement != nullptr) return slot.emplace(std::move(planned));
    std::size_t number = 0;  // of layers, so that other instructions may come and go
    const auto add = [&](const df::Instruction& instruction) {
      auto layer = plan_instruction(instruction, fmt::format("{}-{}", index, number + 1), index, planned);
      if (!layer.empty()) {
        ++number;
        planned.layers.push_back(layer);
      }
      planned.instructions.push_back(&instruction);
      planned.layer_of.push_back(std::move(layer));
    };
    std::ranges::for_each(triggers, add);
    std::ranges::for_each(stage.instructions, add);
    // What the plan points to must stay where it is.
    triggered_.push_back(std::move(triggers));
    slot = std::move(planned);
    return *slot;
  }

  /// The ONBUILD instructions of the stage that `stage` stands on, as the
  /// instructions that they become there.
  std::vector<df::Instruction> triggers_for(const df::Stage& stage) {
    std::vector<df::Instruction> result;
    const auto parent = find_stage(expand_global(stage.base().image), stage.index, false);
    if (!parent) return result;
    for (const auto& instruction : dockerfile_.stages[*parent].instructions) {
      const auto* onbuild = std::get_if<df::Onbuild>(&instruction.body);
      if (onbuild == nullptr) continue;
      auto trigger = df::parse_instruction(onbuild->expression, stage.from.span.line, dockerfile_.escape, diagnostics_);
      if (trigger) result.push_back(std::move(*trigger));
    }
    return result;
  }

  /// What FROM gives: nothing, another stage's all, or an image.
  PlannedStage start_stage(const df::Stage& stage) {
    const auto reference = expand_global(stage.base().image);
    if (const auto* context = options_.contexts.find(reference)) return start_context(stage, *context);
    if (const auto parent = find_stage(reference, stage.index, false)) return plan_stage(*parent);
    if (reference.empty()) {
      diagnostics_.error(stage.base().image.span, "the base image's name is empty",
                         "give the ARG a default, or pass --build-arg");
    }
    return reference == scratch || reference.empty() ? start_empty(stage) : start_image(stage, reference);
  }

  PlannedStage start_empty(const df::Stage& stage) {
    PlannedStage planned;
    planned.platform = platform_of(stage);
    return planned;
  }

  PlannedStage start_image(const df::Stage& stage, const std::string& reference) {
    auto planned = start_empty(stage);
    planned.base_step = add_base(fmt::format("{}-base", stage.index), reference, planned.platform, stage.from);
    // What its triggers may need is known only when the image is.
    auto& base = plan_.steps.back();
    base.runs_triggers = true;
    base.context = options_.context;
    base.ignore_files = ignore_files();
    base.script.arguments = script_.arguments;
    planned.layers = {planned.base_step};
    return planned;
  }

  Platform platform_of(const df::Stage& stage) {
    if (!stage.base().platform) return options_.platform;
    try {
      return Platform::parse(expand_global(*stage.base().platform));
    } catch (const Error& error) {
      diagnostics_.error(stage.base().platform->span, error.what(), error.hint());
      return options_.platform;
    }
  }

  /// What --build-context gives for FROM, or instead of a whole stage.
  PlannedStage start_context(const df::Stage& stage, const NamedContext& context) {
    if (context.kind == NamedContext::Kind::image) {
      return context.value == scratch ? start_empty(stage) : start_image(stage, context.value);
    }
    diagnostics_.error(stage.base().image.span,
                       fmt::format("the build context '{}' is a directory and no image", printable(context.value)),
                       "FROM scratch, and COPY --from it");
    return {};
  }

  std::string add_base(std::string id, std::string reference, const Platform& platform,
                       const df::Instruction& instruction) {
    Step step = new_step(std::move(id), StepKind::base, instruction);
    step.script.arguments = {};
    step.reference = std::move(reference);
    step.platform = platform;
    plan_.steps.push_back(std::move(step));
    return plan_.steps.back().id;
  }

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

  /// Adds the instruction's step; the id, or empty where it makes no layer.
  std::string plan_instruction(const df::Instruction& instruction, std::string id, std::size_t stage,
                               const PlannedStage& so_far) {
    if (const auto* run = std::get_if<df::Run>(&instruction.body)) {
      return plan_run(*run, instruction, std::move(id), stage, so_far);
    }
    const auto* copy = std::get_if<df::Copy>(&instruction.body);
    const auto* workdir = std::get_if<df::Workdir>(&instruction.body);
    if (copy == nullptr && workdir == nullptr) return {};
    if (workdir != nullptr && workdir->path.text == "/") return {};
    Step step = new_step(std::move(id), copy != nullptr ? StepKind::copy : StepKind::workdir, instruction);
    if (copy != nullptr) set_source(step, *copy, stage, instruction);
    if (copy == nullptr || !copy->link) step.below = so_far.layers;
    add_words(step, instruction, so_far);
    plan_.steps.push_back(std::move(step));
    return plan_.steps.back().id;
  }

  std::string plan_run(const df::Run& run, const df::Instruction& instruction, std::string id, std::size_t stage,
                       const PlannedStage& so_far) {
    refuse_unallowed(run, instruction.span);
    Step step = new_step(std::move(id), StepKind::run, instruction);
    step.context = options_.context;
    step.ignore_files = ignore_files();
    step.below = so_far.layers;
    step.config_of = so_far.base_step;
    for (std::size_t i = 0; i < run.mounts.size(); ++i) {
      step.mounts_from.push_back(mount_layers(run.mounts[i], fmt::format("{}-mount{}", step.id, i + 1), stage, instruction));
    }
    for (const auto* earlier : so_far.instructions) {
      if (shapes_commands(*earlier)) step.before.push_back(lines_of(*earlier));
    }
    const bool any_name = std::ranges::any_of(so_far.instructions, [](const auto* earlier) {
      const auto* arg = std::get_if<df::Arg>(&earlier->body);
      return arg != nullptr && std::ranges::any_of(arg->definitions, [](const auto& definition) {
               return definition.name.find('$') != std::string::npos;
             });
    });
    if (!any_name) keep_arguments(step.script.arguments, step.before, {});
    for (const auto& [name, value] : options_.build_args) {
      if (is_proxy_argument(name)) step.script.arguments.build[name] = value;
    }
    plan_.steps.push_back(std::move(step));
    return plan_.steps.back().id;
  }

  /// Does a RUN after this instruction run differently?
  static bool shapes_commands(const df::Instruction& instruction) {
    return std::holds_alternative<df::Arg>(instruction.body) || std::holds_alternative<df::Env>(instruction.body) ||
           std::holds_alternative<df::Workdir>(instruction.body) ||
           std::holds_alternative<df::User>(instruction.body) || std::holds_alternative<df::Shell>(instruction.body);
  }

  void refuse_unallowed(const df::Run& run, Span span) {
    const auto need = [&](const char* what, const char* right) {
      if (options_.allow.contains(right)) return;
      diagnostics_.error(span, fmt::format("{} of RUN is not allowed", what), fmt::format("pass --allow {}", right));
    };
    if (run.network == "host") need("--network=host", "network.host");
    if (run.security == "insecure") need("--security=insecure", "security.insecure");
    if (!run.devices.empty()) diagnostics_.error(span, "--device of RUN is not supported");
  }

  /// The steps that a mount's `from` names; none for the context and for mounts
  /// that have no source.
  std::vector<std::string> mount_layers(const df::Mount& mount, const std::string& id, std::size_t stage,
                                        const df::Instruction& instruction) {
    const auto field = std::ranges::find(mount.fields, "from", &std::pair<std::string, std::string>::first);
    if (field == mount.fields.end() || field->second.empty() || field->second == scratch) return {};
    const auto* named = options_.contexts.find(field->second);
    if (named == nullptr) return source_layers({field->second, mount.span}, id, stage, instruction);
    if (named->kind == NamedContext::Kind::directory) {
      diagnostics_.error(mount.span, "a directory given by --build-context cannot be mounted");
      return {};
    }
    return {add_base(id, named->value, options_.platform, instruction)};
  }

  /// Where the context may say what of it is not to be seen.
  std::vector<std::string> ignore_files() const {
    if (!options_.ignore_file.empty()) return {options_.ignore_file};
    return {script_.path + ".dockerignore", options_.context + "/.containerignore",
            options_.context + "/.dockerignore"};
  }

  /// Where a COPY reads: the context, a named one, or layers.
  void set_source(Step& step, const df::Copy& copy, std::size_t stage, const df::Instruction& instruction) {
    const auto* named = copy.from ? options_.contexts.find(copy.from->text) : nullptr;
    if (named != nullptr && named->kind == NamedContext::Kind::directory) {
      step.context = named->value;
      step.ignore_files = {named->value + "/.containerignore", named->value + "/.dockerignore"};
    } else if (named != nullptr) {
      step.from = {add_base(step.id + "-from", named->value, options_.platform, instruction)};
    } else if (copy.from) {
      step.from = source_layers(*copy.from, step.id, stage, instruction);
    } else {
      step.context = options_.context;
      step.ignore_files = {script_.path + ".dockerignore", options_.context + "/.containerignore",
                           options_.context + "/.dockerignore"};
      if (!options_.ignore_file.empty()) step.ignore_files = {options_.ignore_file};
    }
  }

  /// COPY --from: an earlier stage by name or number, else an image.
  std::vector<std::string> source_layers(const df::Word& word, const std::string& id, std::size_t stage,
                                         const df::Instruction& instruction) {
    if (const auto found = find_stage(word.text, stage, true)) {
      auto layers = plan_stage(*found).layers;
      // An empty stage is a source too, so it must not read as "the context".
      if (layers.empty()) diagnostics_.error(word.span, fmt::format("stage '{}' has no files", word.text));
      return layers;
    }
    if (parse_integer(word.text)) {
      diagnostics_.error(word.span, fmt::format("no stage '{}' before this one", word.text));
      return {};
    }
    for (std::size_t later = stage; later < dockerfile_.stages.size(); ++later) {
      if (dockerfile_.stages[later].base().name != to_lower(word.text)) continue;
      diagnostics_.error(word.span, fmt::format("cannot copy from stage '{}': it must be defined before the stage that copies",
                                                printable(word.text)));
      return {};
    }
    return {add_base(id + "-from", word.text, options_.platform, instruction)};
  }

  /// Which earlier instructions the step's words depend on, so that nothing
  /// else of the Dockerfile can make it run again.
  void add_words(Step& step, const df::Instruction& instruction, const PlannedStage& so_far) {
    std::set<std::string> names;
    const auto want = [&](const df::Word& word) {
      for (auto& name : df::mentioned_variables(word.text, dockerfile_.escape)) names.insert(std::move(name));
    };
    for (const auto& word : step_words(instruction)) want(word);
    // A relative path needs the WORKDIR before it; a made directory, the USER.
    bool directory = !path_word(instruction).text.starts_with('/');
    bool user = step.kind == StepKind::workdir;
    bool base_config = false;
    std::set<std::string> open_names;

    std::vector<SourceLines> before;
    for (std::size_t i = so_far.instructions.size(); i-- > 0;) {
      const auto& earlier = *so_far.instructions[i];
      bool needed = false;
      if (const auto* env = std::get_if<df::Env>(&earlier.body)) {
        for (const auto& pair : env->pairs) {
          if (names.erase(pair.key.text) == 0) continue;
          needed = true;
        }
        if (needed) std::ranges::for_each(env->pairs, [&](const df::KeyValue& pair) { want(pair.value); });
      } else if (const auto* arg = std::get_if<df::Arg>(&earlier.body)) {
        for (const auto& definition : arg->definitions) {
          // Which name a variable makes is not known yet: it may be one of ours.
          const bool is_open = definition.name.find('$') != std::string::npos && !names.empty();
          if (is_open) open_names.insert(names.begin(), names.end());
          if (!is_open && !names.contains(definition.name)) continue;
          needed = true;  // the name stays wanted: an ENV of the base would win
          want({definition.name, definition.span});
          if (definition.value) want(*definition.value);
        }
      } else if (const auto* workdir = std::get_if<df::Workdir>(&earlier.body); workdir != nullptr && directory) {
        needed = true;
        want(workdir->path);
        directory = !workdir->path.text.starts_with('/');
      } else if (const auto* set_user = std::get_if<df::User>(&earlier.body); set_user != nullptr && user) {
        needed = true;
        want(set_user->user);
        user = false;
      }
      if (needed) before.push_back(lines_of(earlier));
    }
    base_config = directory || user || !names.empty();
    std::ranges::reverse(before);
    step.before = std::move(before);
    if (base_config) step.config_of = so_far.base_step;
    keep_arguments(step.script.arguments, step.before, open_names);
  }

  /// Drop the build arguments that no kept instruction mentions, nor gives as one of `open_names`.
  static void keep_arguments(ArgumentValues& arguments, const std::vector<SourceLines>& before,
                             const std::set<std::string>& open_names) {
    const auto unmentioned = [&](const auto& item) {
      return !open_names.contains(item.first) && std::ranges::none_of(before, [&](const SourceLines& lines) {
        return lines.text.find(item.first) != std::string::npos;
      });
    };
    std::erase_if(arguments.build, unmentioned);
    std::erase_if(arguments.global, unmentioned);
  }

  const df::Dockerfile& dockerfile_;
  const PlanOptions& options_;
  Diagnostics& diagnostics_;
  Script script_ = {};
  std::vector<std::optional<PlannedStage>> stages_;
  std::vector<std::vector<df::Instruction>> triggered_ = {};
  Plan plan_ = {};
};

}  // namespace

Plan make_plan(const df::Dockerfile& dockerfile, const std::string& path, const PlanOptions& options,
               Diagnostics& diagnostics) {
  return Planner(dockerfile, path, options, diagnostics).run();
}

}  // namespace slipway

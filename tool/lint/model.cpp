#include "lint/model.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "dockerfile/expand.hpp"
#include "dockerfile/parser.hpp"
#include "dockerfile/statement.hpp"
#include "lint/suggestion.hpp"

namespace slipway::lint {
namespace df = dockerfile;
namespace {

Expanded expand(const df::Word& word, const Variables& variables, char escape) {
  Expanded result;
  result.word = word;
  std::set<std::string, std::less<>> matched;
  const df::Lookup lookup = [&](std::string_view name) {
    auto value = variables.find(name);
    if (value) matched.emplace(name);
    return value;
  };
  auto expansion = df::expand_word(word.text, lookup, escape);
  result.text = std::move(expansion.text);
  result.unmatched = std::move(expansion.unset);
  result.matched.assign(matched.begin(), matched.end());
  return result;
}

/// The platform arguments and the stage's name, which no ARG has to declare.
Variables predefined(const Options& options, const std::string& last_stage) {
  Variables variables;
  const auto add = [&](const std::string& name, const std::string& value) {
    const auto given = options.build_args.find(name);
    variables.set(name, given == options.build_args.end() ? value : given->second);
  };
  const auto add_platform = [&](const std::string& prefix, const Platform& platform) {
    add(prefix + "PLATFORM", platform.str());
    add(prefix + "OS", platform.os);
    add(prefix + "OSVERSION", "");
    add(prefix + "ARCH", platform.architecture);
    add(prefix + "VARIANT", platform.variant);
  };
  add_platform("BUILD", Platform::host());
  add_platform("TARGET", options.platform);
  const auto& target = options.target.empty() ? last_stage : options.target;
  add("TARGETSTAGE", target.empty() ? "default" : target);
  return variables;
}

/// What stages inherit besides their files.
struct Scope {
  Variables variables = {};
  std::set<std::string, std::less<>> declared = {};  ///< ARGs, with a value or without
  bool knows_base = true;                            ///< all that the base image sets
  bool workdir_set = false;
  bool shell_is_set = false;
};

class ModelBuilder {
 public:
  ModelBuilder(const df::Dockerfile& file, const Options& options)
      : file_(file), options_(options) {
    model_.file = &file;
    model_.options = &options;
  }

  Model run() {
    const auto& stages = file_.stages;
    globals_ = predefined(options_, stages.empty() ? "" : stages.back().base().name);
    model_.target_platform = globals_.find("TARGETPLATFORM").value_or("");
    defaults_ = globals_;
    read_globals(globals_, options_.build_args);
    read_globals(defaults_, {});
    model_.global_values = globals_;
    model_.global_names = globals_.names();
    for (const auto& instruction : file_.global_args) {
      for (const auto& definition : std::get<df::Arg>(instruction.body).definitions) {
        model_.global_names.push_back(definition.name);
        mentioned_.insert(definition.name);
      }
    }
    for (const auto& stage : stages) remember_names(stage);
    children_.resize(stages.size());
    scopes_.resize(stages.size());
    for (const auto& stage : stages) add_stage(stage);
    for (auto& stage : model_.stages) read_stage(stage);
    mark_reachable();
    return std::move(model_);
  }

 private:
  void read_globals(Variables& variables, const std::map<std::string, std::string>& given) const {
    for (const auto& instruction : file_.global_args) {
      for (const auto& definition : std::get<df::Arg>(instruction.body).definitions) {
        if (const auto value = given.find(definition.name); value != given.end()) {
          variables.set(definition.name, value->second);
        } else if (definition.value) {
          variables.set(definition.name, expand(*definition.value, variables, file_.escape).text);
        }
      }
    }
  }

  /// All names that the file defines somewhere.
  void remember_names(const df::Stage& stage) {
    for (const auto& instruction : stage.instructions) {
      if (const auto* arg = std::get_if<df::Arg>(&instruction.body)) {
        for (const auto& definition : arg->definitions) mentioned_.insert(definition.name);
      } else if (const auto* env = std::get_if<df::Env>(&instruction.body)) {
        for (const auto& pair : env->pairs) mentioned_.insert(pair.key.text);
      }
    }
  }

  void add_stage(const df::Stage& stage) {
    StageModel result;
    result.stage = &stage;
    result.from = new_site(stage.from);
    result.image = expand(stage.base().image, globals_, file_.escape);
    result.default_image = expand(stage.base().image, defaults_, file_.escape).text;
    if (stage.base().platform)
      result.platform = expand(*stage.base().platform, globals_, file_.escape);
    result.parent = model_.find_stage(result.image.text, stage.index, false);
    if (result.parent) ++children_[*result.parent];
    model_.stages.push_back(std::move(result));
  }

  void read_stage(StageModel& stage) {
    Scope scope = start_scope(stage);
    for (const auto& trigger : triggers_of(stage, model_)) run_trigger(trigger, scope);
    stage.starts_with_workdir = scope.workdir_set;
    for (const auto& instruction : stage.stage->instructions)
      stage.sites.push_back(add_site(instruction, scope));
    add_triggers(stage, scope);
    if (children_[stage.stage->index] > 0) scopes_[stage.stage->index] = std::move(scope);
  }

  void add_triggers(const StageModel& stage, const Scope& scope) {
    StageModel body;
    std::optional<Scope> inherited;
    for (const auto& instruction : stage.stage->instructions) {
      const auto* onbuild = std::get_if<df::Onbuild>(&instruction.body);
      if (onbuild == nullptr) continue;
      Diagnostics ignored({});  // the reader of the file has told of them
      auto trigger = df::parse_instruction(onbuild->expression, 1, file_.escape, ignored);
      if (!trigger) continue;
      model_.trigger_instructions.push_back(std::make_unique<df::Instruction>(std::move(*trigger)));
      if (!inherited) inherited = scope;
      body.sites.push_back(add_site(*model_.trigger_instructions.back(), *inherited));
      body.sites.back().onbuild = &instruction;
    }
    if (!inherited) return;
    body.stage = stage.stage;
    body.parent = stage.stage->index;
    body.base = stage.base;
    body.from = stage.from;
    body.starts_with_workdir = scope.workdir_set;
    model_.triggers.push_back(std::move(body));
  }

  static std::vector<std::string> triggers_of(const StageModel& stage, const Model& model) {
    if (!stage.parent) return stage.base ? stage.base->triggers : std::vector<std::string>();
    std::vector<std::string> triggers;
    for (const auto& instruction : model.stages[*stage.parent].stage->instructions) {
      const auto* onbuild = std::get_if<df::Onbuild>(&instruction.body);
      if (onbuild != nullptr) triggers.push_back(onbuild->expression);
    }
    return triggers;
  }

  /// What it defines holds in the stage; what is wrong with it is found elsewhere.
  void run_trigger(const std::string& trigger, Scope& scope) {
    Diagnostics ignored({});
    const auto instruction = df::parse_instruction(trigger, 1, file_.escape, ignored);
    if (!instruction) return;
    (void)add_site(*instruction, scope);
  }

  /// The last of the stages on a stage takes its scope, so that a long line of
  /// stages does without copies.
  Scope inherit(std::size_t parent) {
    if (--children_[parent] == 0) return std::exchange(scopes_[parent], {});
    return scopes_[parent];
  }

  Scope start_scope(StageModel& stage) {
    if (stage.parent) return inherit(*stage.parent);
    Scope scope;
    scope.variables.set("PATH", "");  // every stage has one
    if (stage.image.text == "scratch") return scope;
    if (options_.base_image) stage.base = options_.base_image(stage.image.text);
    scope.knows_base = stage.base.has_value();
    if (!stage.base) return scope;
    for (const auto& name : stage.base->environment) scope.variables.set(name, "");
    scope.shell_is_set = stage.base->sets_shell;
    return scope;
  }

  static Site new_site(const df::Instruction& instruction) {
    Site site;
    site.instruction = &instruction;
    site.keyword = df::split_head(instruction.code).head;
    return site;
  }

  Site add_site(const df::Instruction& instruction, Scope& scope) {
    Site site = new_site(instruction);
    std::visit([&](const auto& body) { read(body, site, scope); }, instruction.body);
    site.shell_is_set = scope.shell_is_set;
    return site;
  }

  // One overload an instruction: expands its words as BuildKit does, notes the
  // variables that nothing defines, then changes the scope.

  template <typename Other>
  void read(const Other&, Site&, Scope&) {}

  void read(const df::Arg& arg, Site& site, Scope& scope) {
    for (const auto& definition : arg.definitions) {
      const auto given = options_.build_args.find(definition.name);
      std::optional<std::string> value;
      if (given != options_.build_args.end()) {
        value = given->second;
      } else if (definition.value) {
        value = use(*definition.value, site, scope);
      } else {
        value = globals_.find(definition.name);
      }
      if (value) scope.variables.set(definition.name, *value);
      site.words.push_back(value.value_or(""));
      scope.declared.insert(definition.name);
    }
  }

  void read(const df::Env& env, Site& site, Scope& scope) {
    std::vector<std::pair<std::string, std::string>> pairs;  // all values see the scope as it was
    for (const auto& pair : env.pairs) {
      auto name = use(pair.key, site, scope);
      pairs.emplace_back(std::move(name), use(pair.value, site, scope));
    }
    for (const auto& [name, value] : pairs) {
      scope.variables.set(name, value);
      site.words.push_back(name);
    }
  }

  void read(const df::Label& label, Site& site, Scope& scope) {
    for (const auto& pair : label.pairs) {
      use(pair.key, site, scope);
      use(pair.value, site, scope);
    }
  }

  void read(const df::Copy& copy, Site& site, Scope& scope) {
    for (const auto* word : {&copy.chown, &copy.chmod, &copy.checksum}) {
      if (*word) use(**word, site, scope);
    }
    for (const auto& source : copy.sources) site.words.push_back(use(source, site, scope));
    use(copy.destination, site, scope);
    for (const auto& file : copy.files) {
      if (!file.expand || file.content.find('$') == std::string::npos) continue;  // it can be long
      const auto lookup = [&](std::string_view name) { return scope.variables.find(name); };
      for (const auto& name : df::expand_heredoc(file.content, lookup).unset) {
        note_unset(name, file.span, site, scope);
      }
    }
  }

  void read(const df::Run& run, Site& site, Scope& scope) {
    site.mounts = run.mounts;
    for (auto& mount : site.mounts) {
      for (auto& [name, value] : mount.fields) {
        if (name != "from") value = use({value, mount.span}, site, scope);
      }
    }
  }

  void read(const df::Workdir& workdir, Site& site, Scope& scope) {
    site.words.push_back(use(workdir.path, site, scope));
    scope.workdir_set = true;
  }

  void read(const df::User& user, Site& site, Scope& scope) {
    site.words.push_back(use(user.user, site, scope));
  }

  void read(const df::Volume& volume, Site& site, Scope& scope) {
    for (const auto& path : volume.paths) use(path, site, scope);
  }

  void read(const df::StopSignal& stop, Site& site, Scope& scope) { use(stop.signal, site, scope); }

  void read(const df::Expose& expose, Site& site, Scope& scope) {
    const auto lookup = [&](std::string_view name) { return scope.variables.find(name); };
    for (const auto& port : expose.ports) {
      auto words = df::expand_words(port.text, lookup, file_.escape).words;
      std::ranges::move(words, std::back_inserter(site.words));
    }
  }

  void read(const df::Shell&, Site&, Scope& scope) { scope.shell_is_set = true; }

  std::string use(const df::Word& word, Site& site, const Scope& scope) const {
    auto expanded = expand(word, scope.variables, file_.escape);
    for (const auto& name : expanded.unmatched) note_unset(name, word.span, site, scope);
    return std::move(expanded.text);
  }

  void note_unset(const std::string& name, Span span, Site& site, const Scope& scope) const {
    if (scope.declared.contains(name)) return;
    auto suggestion = suggest(name, scope.variables.names());
    if (suggestion.empty() && !scope.knows_base && may_come_from_base(name, site)) return;
    site.undefined.push_back({name, std::move(suggestion), span});
  }

  /// Images define variables such as PYTHON_VERSION. Where the image is not at
  /// hand, such a name is only wrong if the file defines it elsewhere: to append
  /// to a variable, as to LD_LIBRARY_PATH, one mentions it in its own ENV.
  bool may_come_from_base(const std::string& name, const Site& site) const {
    if (name != to_upper(name)) return false;
    const auto* const env = site.as<df::Env>();
    const bool appends =
        env != nullptr && std::ranges::any_of(env->pairs, [&](const df::KeyValue& pair) {
          return pair.key.text == name;
        });
    return appends || !mentioned_.contains(name);
  }

  void mark_reachable() {
    if (options_.target.empty() && options_.all_stages) return;
    std::vector<std::size_t> open;
    const auto target = options_.target.empty()
                            ? std::nullopt
                            : model_.find_stage(options_.target, model_.stages.size(), true);
    if (target) {
      open.push_back(*target);
    } else if (!model_.stages.empty()) {
      open.push_back(model_.stages.size() - 1);
    }
    for (auto& stage : model_.stages) stage.reachable = false;
    while (!open.empty()) {
      const std::size_t index = open.back();
      open.pop_back();
      if (std::exchange(model_.stages[index].reachable, true)) continue;
      for (const std::size_t needed : needs(model_.stages[index])) open.push_back(needed);
    }
  }

  std::vector<std::size_t> needs(const StageModel& stage) const {
    std::vector<std::size_t> result;
    const auto add = [&](std::string_view name) {
      if (const auto found = model_.find_stage(name, stage.stage->index, true))
        result.push_back(*found);
    };
    if (stage.parent) result.push_back(*stage.parent);
    for (const auto& site : stage.sites) {
      if (const auto* copy = site.as<df::Copy>(); copy != nullptr && copy->from)
        add(copy->from->text);
      const auto* run = site.as<df::Run>();
      if (run == nullptr) continue;
      for (const auto& mount : run->mounts) {
        for (const auto& [name, value] : mount.fields) {
          if (name == "from") add(value);
        }
      }
    }
    return result;
  }

  const df::Dockerfile& file_;
  const Options& options_;
  Variables globals_ = {};
  Variables defaults_ = {};  ///< globals_ without build arguments
  std::set<std::string, std::less<>> mentioned_ = {};
  std::vector<std::size_t> children_ = {};  ///< stages on each stage that are still to be read
  std::vector<Scope> scopes_ = {};          ///< as a stage leaves it, while it has such
  Model model_ = {};
};

}  // namespace

std::vector<const StageModel*> Model::all_bodies() const {
  std::vector<const StageModel*> bodies;
  for (const auto* const list : {&stages, &triggers}) {
    for (const auto& body : *list) bodies.push_back(&body);
  }
  return bodies;
}

std::vector<const StageModel*> Model::final_stages() const {
  std::vector<const StageModel*> result;
  if (stages.empty()) return result;
  for (const auto* stage = &stages.back();; stage = &stages[*stage->parent]) {
    result.push_back(stage);
    if (!stage->parent) return result;
  }
}

std::optional<std::size_t> Model::find_stage(std::string_view word, std::size_t limit,
                                             bool numbers) const {
  const auto name = to_lower(word);
  for (std::size_t i = limit; !name.empty() && i-- > 0;) {
    if (file->stages[i].base().name == name) return i;
  }
  const auto number = numbers ? parse_integer(word) : std::nullopt;
  if (!number || *number < 0 || static_cast<std::size_t>(*number) >= limit) return std::nullopt;
  return static_cast<std::size_t>(*number);
}

Model make_model(const df::Dockerfile& file, const Options& options) {
  return ModelBuilder(file, options).run();
}

}  // namespace slipway::lint

#include "lint/outline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dockerfile/expand.hpp"
#include "lint/mounts.hpp"

namespace slipway::lint {
namespace df = dockerfile;
namespace {

class OutlineBuilder {
 public:
  explicit OutlineBuilder(const Model& model) : model_(model) {}

  Outline run(const StageModel& target) {
    outline_.name = target.stage->base().name;
    outline_.description = description_of(target.stage->from, outline_.name);
    find_used_globals();
    for (const auto& instruction : model_.file->global_args) add_global(instruction);
    for (const auto& stage : model_.stages) {
      if (!stage.reachable) continue;
      for (const auto& site : stage.sites) add_site(site);
    }
    return std::move(outline_);
  }

 private:
  /// What a stage uses, and what the values of those are made of.
  void find_used_globals() {
    const auto& all = model_.file->global_args;
    for (auto it = all.rbegin(); it != all.rend(); ++it) {
      for (const auto& definition : std::get<df::Arg>(it->body).definitions) {
        if (!used_globals_.contains(definition.name) && !is_used_by_stage(definition.name))
          continue;
        used_globals_.insert(definition.name);
        if (!definition.value) continue;
        for (auto& name : df::mentioned_variables(definition.value->text, model_.file->escape))
          used_globals_.insert(std::move(name));
      }
    }
  }

  bool is_used_by_stage(const std::string& name) const {
    return std::ranges::any_of(model_.stages, [&](const StageModel& stage) {
      const auto mentions = [&](const Expanded& word) {
        return std::ranges::find(word.matched, name) != word.matched.end();
      };
      return stage.reachable &&
             (mentions(stage.image) || (stage.platform && mentions(*stage.platform)) ||
              std::ranges::any_of(stage.sites,
                                  [&](const Site& site) { return takes(site, name); }));
    });
  }

  /// "ARG name" in a stage, which takes the global one.
  static bool takes(const Site& site, const std::string& name) {
    const auto* const arg = site.as<df::Arg>();
    return arg != nullptr &&
           std::ranges::any_of(arg->definitions, [&](const df::Arg::Definition& definition) {
             return definition.name == name && !definition.value;
           });
  }

  bool is_global(const std::string& name) const {
    return std::ranges::find(model_.global_names, name) != model_.global_names.end();
  }

  void add_global(const df::Instruction& instruction) {
    for (const auto& definition : std::get<df::Arg>(instruction.body).definitions) {
      if (!used_globals_.contains(definition.name)) continue;
      const auto value = model_.global_values.find(definition.name);
      add(outline_.arguments, {definition.name, description_of(instruction, definition.name),
                               value.value_or(""), false, instruction.span.line});
    }
  }

  void add_site(const Site& site) {
    const auto& instruction = *site.instruction;
    if (const auto* const arg = site.as<df::Arg>()) {
      for (std::size_t i = 0; i < arg->definitions.size(); ++i) {
        const auto& definition = arg->definitions[i];
        if (!definition.value && is_global(definition.name)) continue;
        add(outline_.arguments, {definition.name, description_of(instruction, definition.name),
                                 site.words[i], false, instruction.span.line});
      }
    }
    for (const auto& mount : site.mounts) add_mount(mount, instruction.span.line);
  }

  void add_mount(const df::Mount& mount, int line) {
    const auto type = mount_type(mount);
    const auto target = mount_target(mount);
    auto id = mount_field(mount, {"id"});
    const bool required = mount_field(mount, {"required"}) == "true";
    if (type == "secret") {
      if (id.empty()) id = target.substr(target.rfind('/') + 1);
      add(outline_.secrets, {id, {}, {}, required, line});
    } else if (type == "ssh") {
      add(outline_.ssh, {id.empty() ? "default" : id, {}, {}, required, line});
    } else if (type == "cache") {
      add(outline_.caches, {id.empty() ? target : id, {}, {}, false, line});
    }
  }

  static void add(std::vector<Outline::Item>& items, Outline::Item item) {
    const auto known = std::ranges::find(items, item.name, &Outline::Item::name);
    if (known == items.end()) {
      items.push_back(std::move(item));
    } else {
      known->required = known->required || item.required;
    }
  }

  const Model& model_;
  Outline outline_ = {};
  std::set<std::string> used_globals_ = {};
};

}  // namespace

std::string description_of(const df::Instruction& instruction, const std::string& name) {
  if (name.empty()) return {};
  for (const std::string_view comment : instruction.comments) {
    if (to_lower(comment.substr(0, comment.find(' '))) == to_lower(name))
      return std::string(trim(comment.substr(name.size())));
  }
  return {};
}

Outline make_outline(const df::Dockerfile& file, Options options) {
  options.all_stages = false;
  const Model model = make_model(file, options);
  const auto target = options.target.empty()
                          ? std::optional(model.stages.size() - 1)
                          : model.find_stage(options.target, model.stages.size(), true);
  if (!target || model.stages.empty()) {
    throw Error(Errc::input, fmt::format("no stage '{}' to build", printable(options.target)));
  }
  return OutlineBuilder(model).run(model.stages[*target]);
}

}  // namespace slipway::lint

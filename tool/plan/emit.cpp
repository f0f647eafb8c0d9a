#include "plan/emit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/credentials.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "dockerfile/mount.hpp"
#include "dockerfile/parser.hpp"

namespace slipway {
namespace {

bool lies_in(std::string_view path, std::string_view folder) {
  while (path.starts_with("./") || path.starts_with('/'))
    path.remove_prefix(path.front() == '/' ? 1 : 2);
  while (folder.ends_with('/')) folder.remove_suffix(1);
  return path == folder ||
         (path.starts_with(folder) && path.substr(folder.size()).starts_with('/'));
}

/// What a RUN mounts of the context, and the named ones. A mount that cannot be read
/// is the step's matter.
std::vector<std::string> mounted_words(const dockerfile::Run& run, const Step& step) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < run.mounts.size(); ++i) {
    try {
      const auto options =
          dockerfile::resolve_mount(run.mounts[i], [](auto word) { return std::string(word); });
      if (options.type != dockerfile::MountType::bind) continue;
      words.push_back(options.from.empty() ? options.source : step.mounts.at(i).context);
    } catch (const Error&) {
      continue;
    }
  }
  return words;
}

/// The words that EdgeOptions::inputs are compared with: of a named context its
/// directory.
std::vector<std::string> source_words(const Step& step) {
  if (step.kind == StepKind::base) return {step.reference};
  Diagnostics ignored({step.script.path, {}});
  const auto instruction = dockerfile::parse_instruction(
      step.instruction.text, step.instruction.line, step.script.escape, ignored);
  if (const auto* run = instruction ? std::get_if<dockerfile::Run>(&instruction->body) : nullptr) {
    return mounted_words(*run, step);
  }
  const auto* copy = instruction ? std::get_if<dockerfile::Copy>(&instruction->body) : nullptr;
  std::vector<std::string> words;
  if (copy == nullptr) return words;
  if (copy->from) return {step.context};
  for (const auto& source : copy->sources) words.push_back(source.text);
  return words;
}

void add_extra_inputs(const Step& step, const EdgeOptions& options,
                      std::vector<std::string>& inputs) {
  if (options.inputs.empty()) return;
  const auto words = source_words(step);
  for (const auto& [prefix, file] : options.inputs) {
    const bool used = std::ranges::any_of(words, [&, &folder = prefix](const std::string& word) {
      return word == folder || (step.kind != StepKind::base && lies_in(word, folder));
    });
    if (used) inputs.push_back(file);
  }
}

/// The topmost steps of what the step copies from or mounts, each once.
std::set<std::string> source_steps(const Step& step) {
  std::set<std::string> ids = {step.from};
  for (const auto& source : step.mounts) ids.insert(source.step);
  ids.erase("");
  return ids;
}

/// So many steps beneath it an edge lists one by one, and then a file that
/// stands for all further down.
constexpr std::size_t gathered_steps = 32;

/// Finds the files of all steps of a list, and makes edges that gather them
/// where the list is long.
class ChainFiles {
 public:
  ChainFiles(const Plan& plan, const EdgeOptions& options, std::vector<Edge>& edges)
      : options_(options), edges_(edges) {
    // Those that a step names stand before it.
    for (const auto& step : plan.steps) {
      steps_[step.id] = {&step, depth(&Placed::beneath, step.beneath) + 1,
                         depth(&Placed::after, step.after) + 1};
    }
  }

  void shapes(const std::string& top, std::vector<std::string>& inputs) {
    add({"shapes", &StepFiles::shape, &Step::beneath, &Placed::beneath}, top, inputs);
  }
  void layers(const std::string& top, std::vector<std::string>& inputs) {
    add({"layers", &StepFiles::layer, &Step::beneath, &Placed::beneath}, top, inputs);
  }
  void lines(const std::string& top, std::vector<std::string>& inputs) {
    add({"lines", &StepFiles::step, &Step::after, &Placed::after}, top, inputs);
  }

 private:
  /// A step, and how long the lists are that it is the top of.
  struct Placed {
    const Step* step = nullptr;
    std::size_t beneath = 0;
    std::size_t after = 0;
  };

  /// Which file of the steps, and which step's comes next.
  struct Kind {
    std::string_view name;
    std::string StepFiles::*file;
    std::string Step::*next;
    std::size_t Placed::*depth;
  };

  std::size_t depth(std::size_t Placed::*which, const std::string& id) const {
    return id.empty() ? 0 : steps_.at(id).*which;
  }

  std::string gathered(const Kind& kind, const std::string& top) const {
    return fmt::format("{}/{}.{}", options_.directory, top, kind.name);
  }

  void add(const Kind& kind, const std::string& top, std::vector<std::string>& inputs) {
    const auto rest = list(kind, top, inputs);
    if (rest.empty()) return;
    inputs.push_back(gathered(kind, rest));
    // From here down what is not gathered yet; the lowest edge first.
    std::vector<Edge> missing;
    for (auto id = rest; !id.empty() && known_.insert(gathered(kind, id)).second;) {
      Edge edge;
      edge.outputs = {gathered(kind, id)};
      edge.inputs = {step_files(options_.directory, id).*kind.file};
      const auto next = list(kind, steps_.at(id).step->*kind.next, edge.inputs);
      if (!next.empty()) edge.inputs.push_back(gathered(kind, next));
      edge.command = {"gather", edge.outputs.front()};
      edge.command.insert(edge.command.end(), edge.inputs.begin(), edge.inputs.end());
      edge.comment = fmt::format("Gathering {} up to step {}", kind.name, id);
      missing.push_back(std::move(edge));
      id = next;
    }
    std::ranges::move(missing.rbegin(), missing.rend(), std::back_inserter(edges_));
  }

  /// Lists files from the top down; the step where that ended, whose file and
  /// all under it are gathered. Empty: none were left.
  std::string list(const Kind& kind, const std::string& top,
                   std::vector<std::string>& inputs) const {
    auto id = top;
    while (!id.empty()) {
      const auto& placed = steps_.at(id);
      if (placed.*kind.depth % gathered_steps == 0) break;
      inputs.push_back(step_files(options_.directory, id).*kind.file);
      id = placed.step->*kind.next;
    }
    return id;
  }

  const EdgeOptions& options_;
  std::vector<Edge>& edges_;
  std::unordered_map<std::string, Placed> steps_ = {};
  std::unordered_set<std::string> known_ = {};
};

/// RUN, and ADD, which servers may ask for a password.
bool may_use_secrets(const Step& step) {
  return step.kind == StepKind::run || to_upper(step.instruction.text.substr(0, 3)) == "ADD";
}

void append(std::vector<std::string>& words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
}

Edge step_edge(const Step& step, const EdgeOptions& options, ChainFiles& chains) {
  const auto files = step_files(options.directory, step.id);
  Edge edge;
  edge.outputs = {files.layer, files.shape};
  edge.inputs = {files.step};
  if (step.reads == Beneath::shapes) chains.shapes(step.beneath, edge.inputs);
  if (step.reads == Beneath::layers) chains.layers(step.beneath, edge.inputs);
  for (const auto& id : source_steps(step)) chains.layers(id, edge.inputs);
  chains.lines(step.after, edge.inputs);
  if (!step.config_of.empty())
    edge.inputs.push_back(step_files(options.directory, step.config_of).layer);
  add_extra_inputs(step, options, edge.inputs);
  edge.command = {"step"};
  if (may_use_secrets(step)) append(edge.command, options.run_arguments);
  append(edge.command, options.fetch_arguments);
  if (step.kind != StepKind::base) append(edge.command, options.layer_arguments);
  edge.command.push_back(files.step);
  edge.depfile = files.depfile;
  edge.comment = title_of(step);
  return edge;
}

Edge plan_edge(const Plan& plan, const EdgeOptions& options) {
  Edge edge;
  for (const auto& step : plan.steps)
    edge.outputs.push_back(step_files(options.directory, step.id).step);
  edge.outputs.push_back(step_files(options.directory, "image").step);
  edge.inputs = {options.dockerfile};
  if (!options.lock.empty()) edge.inputs.push_back(options.lock);
  edge.command = {"plan", "--emit", "steps", "-f", options.dockerfile, "--dir", options.directory};
  append(edge.command, options.plan_arguments);
  edge.command.push_back(options.context);
  edge.comment = "Planning image " + options.image_name;
  return edge;
}

Edge image_edge(const Plan& plan, const EdgeOptions& options) {
  const auto files = step_files(options.directory, "image");
  Edge edge;
  edge.outputs = {options.layout + "/index.json"};
  edge.inputs = {files.step};
  if (!plan.image.base.empty())
    edge.inputs.push_back(step_files(options.directory, plan.image.base).layer);
  for (const auto& part : plan.image.parts) {
    if (!part.layer.empty()) edge.inputs.push_back(step_files(options.directory, part.layer).layer);
  }
  edge.command = {"image", files.step, "--layout", options.layout};
  if (!options.digest_file.empty()) {
    edge.outputs.push_back(options.digest_file);
    edge.command.insert(edge.command.end(), {"--digest-file", options.digest_file});
  }
  append(edge.command, options.fetch_arguments);
  append(edge.command, options.image_arguments);
  edge.depfile = files.depfile;
  edge.comment = "Assembling image " + options.image_name;
  return edge;
}

std::string ninja_path(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c == '$' || c == ' ' || c == ':') out += '$';
    out += c;
  }
  return out;
}

std::string ninja_value(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '$') out += '$';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string shell_quote(std::string_view word) {
  constexpr std::string_view safe =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+./,:@%";
  if (!word.empty() && word.find_first_not_of(safe) == std::string_view::npos)
    return std::string(word);
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string ninja_command(const std::string& program, const std::vector<std::string>& words) {
  auto out = ninja_value(shell_quote(program));
  for (const auto& word : words) out += ' ' + ninja_value(shell_quote(word));
  return out;
}

/// A bracket argument: nothing in it is special to CMake's parser.
std::string cmake_quote(std::string_view text) {
  std::string equals;
  while (text.find(']' + equals + ']') != std::string_view::npos || text.ends_with(']' + equals))
    equals += '=';
  // A newline right after the opening bracket would be dropped.
  return fmt::format("[{0}[{1}{2}]{0}]", equals, text.starts_with('\n') ? "\n" : "", text);
}

std::string cmake_list(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += "\n    " + cmake_quote(word);
  return out;
}

}  // namespace

StepFiles step_files(const std::string& directory, const std::string& id) {
  const auto stem = fmt::format("{}/{}", directory, id);
  return {stem + ".step", stem + ".layer", stem + ".shape", stem + ".d", stem + ".record"};
}

namespace {

std::vector<std::string> heredocs_of(const Step& step) {
  if (step.instruction.text.find("<<") == std::string::npos) return {};
  Diagnostics ignored({step.script.path, {}});
  const auto instruction = dockerfile::parse_instruction(
      step.instruction.text, step.instruction.line, step.script.escape, ignored);
  std::vector<std::string> contents;
  if (!instruction) return contents;
  const auto add = [&](const std::vector<dockerfile::Heredoc>& heredocs) {
    for (const auto& heredoc : heredocs) contents.push_back(heredoc.content);
  };
  if (const auto* run = std::get_if<dockerfile::Run>(&instruction->body)) add(run->heredocs);
  if (const auto* copy = std::get_if<dockerfile::Copy>(&instruction->body)) add(copy->files);
  return contents;
}

std::string summary_of(std::string_view content) {
  const auto text = trim(content);
  const auto end = text.find('\n');
  auto summary = std::string(trim(text.substr(0, end)));
  if (end != std::string_view::npos) summary += "...";
  return summary;
}

}  // namespace

std::string title_of(const Step& step) {
  if (step.kind == StepKind::base) return "FROM " + without_credentials(step.reference);
  std::vector<std::string> words;
  for (const auto& text : split(step.instruction.text, '\n')) {
    auto line = trim(text);
    const bool goes_on = line.ends_with(step.script.escape);
    if (goes_on) line.remove_suffix(1);
    for (const auto& word : split(line, ' ')) {
      // What a command mounts says less than what it is.
      const bool is_flag =
          step.kind == StepKind::run && words.size() == 1 && word.starts_with("--");
      if (!word.empty() && !is_flag) words.emplace_back(word);
    }
    if (!goes_on) break;
  }
  auto title = printable(without_credentials(fmt::format("{}", fmt::join(words, " "))), 100);
  // As BuildKit shows them: "RUN <<EOF (apt-get update...)".
  for (const auto& content : heredocs_of(step)) {
    title += fmt::format(" ({})", printable(without_credentials(summary_of(content)), 60));
  }
  return title;
}

std::vector<Edge> make_edges(const Plan& plan, const EdgeOptions& options) {
  std::vector<Edge> edges = {plan_edge(plan, options)};
  ChainFiles chains(plan, options, edges);
  for (const auto& step : plan.steps) {
    auto edge = step_edge(step, options, chains);
    edges.push_back(std::move(edge));
  }
  edges.push_back(image_edge(plan, options));
  return edges;
}

std::string to_ninja(const std::vector<Edge>& edges, const NinjaFile& file) {
  std::string out =
      "# Written by slipway plan: builds the image with Ninja alone.\n"
      "ninja_required_version = 1.5\n\n"
      "rule replan\n"
      "  command = $command\n"
      "  description = Planning again\n"
      "  generator = 1\n\n"
      "rule slipway\n"
      "  command = $command\n"
      "  description = $comment\n"
      "  restat = 1\n\n"
      "rule slipway_reading\n"
      "  command = $command\n"
      "  description = $comment\n"
      "  depfile = $dependencies\n"
      "  deps = gcc\n"
      "  restat = 1\n\n";
  out += fmt::format("build {}: replan {}\n  command = {}\n\n", ninja_path(file.path),
                     ninja_path(file.dockerfile), ninja_command(file.program, file.command));
  for (const auto& edge : edges) {
    out += "build";
    for (const auto& output : edge.outputs) out += ' ' + ninja_path(output);
    out += edge.depfile.empty() ? ": slipway" : ": slipway_reading";
    for (const auto& input : edge.inputs) out += ' ' + ninja_path(input);
    out += "\n  command = " + ninja_command(file.program, edge.command);
    out += "\n  comment = " + ninja_value(edge.comment) + '\n';
    if (!edge.depfile.empty()) out += "  dependencies = " + ninja_value(edge.depfile) + '\n';
    out += '\n';
  }
  out += "build image: phony " + ninja_path(edges.back().outputs.front()) + "\ndefault image\n";
  return out;
}

std::string to_cmake(const std::vector<Edge>& edges) {
  std::string out = "# Written by slipway plan: one custom command for each edge of the image.\n";
  for (const auto& edge : edges) {
    out += "add_custom_command(\n  OUTPUT" + cmake_list(edge.outputs);
    out += "\n  COMMAND Slipway::slipway" + cmake_list(edge.command);
    out += "\n  DEPENDS Slipway::slipway" + cmake_list(edge.inputs);
    if (!edge.depfile.empty()) out += "\n  DEPFILE " + cmake_quote(edge.depfile);
    out += "\n  COMMENT " + cmake_quote(edge.comment);
    out += "\n  VERBATIM)\n";
  }
  return out;
}

std::string to_dot(const Plan& plan) {
  const auto node = [](std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    return out + '"';
  };
  std::string out = "digraph image {\n  rankdir=LR;\n  node [shape=box];\n";
  for (const auto& step : plan.steps) {
    out += fmt::format("  {} [label={}];\n", node(step.id), node(title_of(step)));
    if (!step.beneath.empty()) {
      // Dotted: it lies there, but does not matter.
      const auto* style = step.reads == Beneath::nothing ? "dotted" : "dashed";
      out += fmt::format("  {} -> {} [style={}];\n", node(step.beneath), node(step.id), style);
    }
    for (const auto& id : source_steps(step))
      out += fmt::format("  {} -> {};\n", node(id), node(step.id));
  }
  out += "  image [shape=ellipse];\n";
  if (!plan.image.base.empty()) out += fmt::format("  {} -> image;\n", node(plan.image.base));
  for (const auto& part : plan.image.parts) {
    if (!part.layer.empty()) out += fmt::format("  {} -> image;\n", node(part.layer));
  }
  return out + "}\n";
}

}  // namespace slipway

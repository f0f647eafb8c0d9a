#include "plan/emit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "dockerfile/parser.hpp"

namespace slipway {
namespace {

bool lies_in(std::string_view path, std::string_view folder) {
  while (path.starts_with("./") || path.starts_with('/')) path.remove_prefix(path.front() == '/' ? 1 : 2);
  while (folder.ends_with('/')) folder.remove_suffix(1);
  return path == folder || (path.starts_with(folder) && path.substr(folder.size()).starts_with('/'));
}

/// The words that EdgeOptions::inputs are compared with: of a named context its
/// directory.
std::vector<std::string> source_words(const Step& step) {
  if (step.kind == StepKind::base) return {step.reference};
  Diagnostics ignored({step.script.path, {}});
  const auto instruction = dockerfile::parse_instruction(step.instruction.text, step.instruction.line,
                                                         step.script.escape, ignored);
  const auto* copy = instruction ? std::get_if<dockerfile::Copy>(&instruction->body) : nullptr;
  std::vector<std::string> words;
  if (copy == nullptr) return words;
  if (copy->from) return {step.context};
  for (const auto& source : copy->sources) words.push_back(source.text);
  return words;
}

void add_extra_inputs(const Step& step, const EdgeOptions& options, std::vector<std::string>& inputs) {
  const auto words = source_words(step);
  for (const auto& [prefix, file] : options.inputs) {
    const bool used = std::ranges::any_of(words, [&, &folder = prefix](const std::string& word) {
      return word == folder || (step.kind != StepKind::base && lies_in(word, folder));
    });
    if (used) inputs.push_back(file);
  }
}

/// The steps whose layers the step copies from or mounts, each once.
std::vector<std::string> source_steps(const Step& step) {
  auto ids = step.from;
  for (const auto& mount : step.mounts_from) {
    for (const auto& id : mount) {
      if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
    }
  }
  return ids;
}

Edge step_edge(const Step& step, const EdgeOptions& options) {
  const auto files = step_files(options.directory, step.id);
  Edge edge;
  edge.outputs = {files.layer, files.shape};
  edge.inputs = {files.step};
  for (const auto& id : step.below) {
    const auto beneath = step_files(options.directory, id);
    edge.inputs.push_back(step.kind == StepKind::run ? beneath.layer : beneath.shape);
  }
  for (const auto& id : source_steps(step)) edge.inputs.push_back(step_files(options.directory, id).layer);
  if (!step.config_of.empty()) edge.inputs.push_back(step_files(options.directory, step.config_of).layer);
  add_extra_inputs(step, options, edge.inputs);
  edge.command = {"step"};
  if (step.kind == StepKind::run) {
    edge.command.insert(edge.command.end(), options.run_arguments.begin(), options.run_arguments.end());
  }
  edge.command.push_back(files.step);
  edge.depfile = files.depfile;
  edge.comment = title_of(step);
  return edge;
}

Edge plan_edge(const Plan& plan, const EdgeOptions& options) {
  Edge edge;
  for (const auto& step : plan.steps) edge.outputs.push_back(step_files(options.directory, step.id).step);
  edge.outputs.push_back(step_files(options.directory, "image").step);
  edge.inputs = {options.dockerfile};
  edge.command = {"plan", "--emit", "steps", "-f", options.dockerfile, "--dir", options.directory};
  edge.command.insert(edge.command.end(), options.plan_arguments.begin(), options.plan_arguments.end());
  edge.command.push_back(options.context);
  edge.comment = "Planning image " + options.image_name;
  return edge;
}

Edge image_edge(const Plan& plan, const EdgeOptions& options) {
  const auto files = step_files(options.directory, "image");
  Edge edge;
  edge.outputs = {options.layout + "/index.json"};
  edge.inputs = {files.step};
  if (!plan.image.base.empty()) edge.inputs.push_back(step_files(options.directory, plan.image.base).layer);
  for (const auto& part : plan.image.parts) {
    if (!part.layer.empty()) edge.inputs.push_back(step_files(options.directory, part.layer).layer);
  }
  edge.command = {"image", files.step, "--layout", options.layout};
  if (!options.digest_file.empty()) {
    edge.outputs.push_back(options.digest_file);
    edge.command.insert(edge.command.end(), {"--digest-file", options.digest_file});
  }
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
  if (!word.empty() && word.find_first_not_of(safe) == std::string_view::npos) return std::string(word);
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
  while (text.find(']' + equals + ']') != std::string_view::npos || text.ends_with(']' + equals)) equals += '=';
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

std::string title_of(const Step& step) {
  if (step.kind == StepKind::base) return "FROM " + step.reference;
  const auto line = std::string_view(step.instruction.text).substr(0, step.instruction.text.find('\n'));
  return printable(trim(line), 100);
}

std::vector<Edge> make_edges(const Plan& plan, const EdgeOptions& options) {
  std::vector<Edge> edges = {plan_edge(plan, options)};
  for (const auto& step : plan.steps) edges.push_back(step_edge(step, options));
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
  out += fmt::format("build {}: replan {}\n  command = {}\n\n", ninja_path(file.path), ninja_path(file.dockerfile),
                     ninja_command(file.program, file.command));
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
    for (const auto& id : step.below) out += fmt::format("  {} -> {} [style=dashed];\n", node(id), node(step.id));
    for (const auto& id : source_steps(step)) out += fmt::format("  {} -> {};\n", node(id), node(step.id));
  }
  out += "  image [shape=ellipse];\n";
  if (!plan.image.base.empty()) out += fmt::format("  {} -> image;\n", node(plan.image.base));
  for (const auto& part : plan.image.parts) {
    if (!part.layer.empty()) out += fmt::format("  {} -> image;\n", node(part.layer));
  }
  return out + "}\n";
}

}  // namespace slipway

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "plan/plan.hpp"

namespace slipway {
namespace {

using Json = nlohmann::ordered_json;

/// Goes up when a .step file's meaning changes; older files are made anew.
constexpr int format_version = 4;

/// Between a step's header and its instruction. Strings in JSON have no newline,
/// so it cannot come earlier.
constexpr std::string_view separator = "\n---\n";

std::string_view name_of(StepKind kind) {
  switch (kind) {
    case StepKind::base: return "base";
    case StepKind::copy: return "copy";
    case StepKind::workdir: return "workdir";
    case StepKind::run: return "run";
  }
  throw Error(Errc::internal, "write a step: unknown kind");
}

StepKind parse_kind(const std::string& name) {
  for (const auto kind : {StepKind::base, StepKind::copy, StepKind::workdir, StepKind::run}) {
    if (name_of(kind) == name) return kind;
  }
  throw Error(Errc::input, fmt::format("read a step: unknown kind '{}'", name));
}

Json write(const SourceLines& lines) { return {{"line", lines.line}, {"text", lines.text}}; }

SourceLines read_lines(const Json& json) { return {json.at("text"), json.at("line")}; }

Json write(const std::vector<SourceLines>& all) {
  Json json = Json::array();
  for (const auto& lines : all) json.push_back(write(lines));
  return json;
}

Json write(const Script& script) {
  return {{"path", script.path},
          {"origin", script.origin},
          {"escape", std::string(1, script.escape)},
          {"epoch", script.epoch},
          {"build_args", script.arguments.build},
          {"global_args", script.arguments.global}};
}

Script read_script(const Json& json) {
  Script script;
  script.path = json.at("path");
  script.origin = json.at("origin");
  script.escape = json.at("escape").get<std::string>() == "`" ? '`' : '\\';
  script.epoch = json.at("epoch");
  script.arguments.build = json.at("build_args");
  script.arguments.global = json.at("global_args");
  return script;
}

std::string_view name_of(Beneath reads) {
  switch (reads) {
    case Beneath::nothing: return "nothing";
    case Beneath::shapes: return "shapes";
    case Beneath::layers: return "layers";
  }
  throw Error(Errc::internal, "write a step: unknown kind of reading");
}

Beneath parse_beneath(const std::string& name) {
  for (const auto reads : {Beneath::nothing, Beneath::shapes, Beneath::layers}) {
    if (name_of(reads) == name) return reads;
  }
  throw Error(Errc::input, fmt::format("read a step: it reads '{}' of those beneath it", name));
}

/// All but the text of its instruction.
Json write_header(const Step& step) {
  return {{"slipway", format_version},
          {"id", step.id},
          {"kind", name_of(step.kind)},
          {"script", write(step.script)},
          {"line", step.instruction.line},
          {"reference", step.reference},
          {"platform", step.platform.str()},
          {"compression", step.compression.str()},
          {"format", step.format == ImageFormat::docker ? "docker" : "oci"},
          {"context", step.context},
          {"runs_triggers", step.runs_triggers},
          {"ignore_files", step.ignore_files},
          {"before", write(step.before)},
          {"after", step.after},
          {"config_of", step.config_of},
          {"beneath", step.beneath},
          {"reads", name_of(step.reads)},
          {"from", step.from},
          {"mounts_from", step.mounts_from},
          {"lineage", step.lineage}};
}

ImageFormat read_format(const Json& json) {
  return json.get<std::string>() == "docker" ? ImageFormat::docker : ImageFormat::oci;
}

Json write(const ImageStep& step) {
  Json parts = Json::array();
  for (const auto& part : step.parts) {
    parts.push_back({{"instruction", write(part.instruction)}, {"layer", part.layer}});
  }
  return {{"slipway", format_version},
          {"kind", "image"},
          {"script", write(step.script)},
          {"base", step.base},
          {"parts", std::move(parts)},
          {"platform", step.platform.str()},
          {"platform_is_asked", step.platform_is_asked},
          {"format", step.format == ImageFormat::docker ? "docker" : "oci"},
          {"tags", step.tags},
          {"labels", step.labels},
          {"annotations", step.annotations}};
}

std::string dump(const Json& json) {
  try {
    return json.dump(1);
  } catch (const Json::exception&) {
    throw Error(Errc::input, "write a step: the Dockerfile is not valid UTF-8");
  }
}

/// Run `read` on the parsed document; whatever is wrong with it is one error.
template <typename Read>
auto read_document(std::string_view text, Read&& read) {
  try {
    const auto json = Json::parse(text);
    if (json.at("slipway") != format_version) {
      throw Error(Errc::input, "read a step: it was written by another version of slipway")
          .with_hint("run 'slipway plan' again");
    }
    return read(json);
  } catch (const Json::exception& error) {
    throw Error(Errc::input, fmt::format("read a step: {}", error.what())).with_hint("run 'slipway plan' again");
  }
}

}  // namespace

std::string serialise(const Step& step) {
  return fmt::format("{}{}{}", dump(write_header(step)), separator, step.instruction.text);
}

std::string serialise(const ImageStep& step) { return dump(write(step)) + '\n'; }

Step parse_step(std::string_view text) {
  const auto end = text.find(separator);
  auto step = read_document(text.substr(0, end), [](const Json& json) {
    Step read;
    read.id = json.at("id");
    read.kind = parse_kind(json.at("kind"));
    read.script = read_script(json.at("script"));
    read.instruction.line = json.at("line");
    read.reference = json.at("reference");
    read.platform = Platform::parse(json.at("platform").get<std::string>());
    read.compression = Compression::parse(json.at("compression").get<std::string>());
    read.format = read_format(json.at("format"));
    read.context = json.at("context");
    read.runs_triggers = json.at("runs_triggers");
    read.ignore_files = json.at("ignore_files").get<std::vector<std::string>>();
    for (const auto& lines : json.at("before")) read.before.push_back(read_lines(lines));
    read.after = json.at("after");
    read.config_of = json.at("config_of");
    read.beneath = json.at("beneath");
    read.reads = parse_beneath(json.at("reads"));
    read.from = json.at("from");
    read.mounts_from = json.at("mounts_from").get<std::vector<std::string>>();
    read.lineage = json.at("lineage");
    return read;
  });
  if (end == std::string_view::npos) {
    throw Error(Errc::input, "read a step: it has no instruction").with_hint("run 'slipway plan' again");
  }
  step.instruction.text = text.substr(end + separator.size());
  return step;
}

ImageStep parse_image_step(std::string_view text) {
  return read_document(text, [](const Json& json) {
    ImageStep step;
    step.script = read_script(json.at("script"));
    step.base = json.at("base");
    for (const auto& part : json.at("parts")) {
      step.parts.push_back({read_lines(part.at("instruction")), part.at("layer")});
    }
    step.platform = Platform::parse(json.at("platform").get<std::string>());
    step.platform_is_asked = json.at("platform_is_asked");
    step.format = read_format(json.at("format"));
    step.tags = json.at("tags").get<std::vector<std::string>>();
    step.labels = json.at("labels").get<std::map<std::string, std::string>>();
    step.annotations = json.at("annotations").get<std::map<std::string, std::string>>();
    return step;
  });
}

std::string to_json(const Plan& plan) {
  Json steps = Json::array();
  for (const auto& step : plan.steps) {
    auto json = write_header(step);
    json["text"] = step.instruction.text;
    steps.push_back(std::move(json));
  }
  return dump({{"steps", std::move(steps)}, {"image", write(plan.image)}}) + '\n';
}

}  // namespace slipway

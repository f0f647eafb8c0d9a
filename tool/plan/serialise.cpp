#include <fmt/format.h>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/json_writer.hpp"
#include "plan/plan.hpp"

namespace slipway {
namespace {

/// Goes up when a .step file's meaning changes; older files are made anew.
constexpr int format_version = 6;

/// Between a step's header and its instruction. Strings in JSON have no newline,
/// so it cannot come earlier.
constexpr std::string_view separator = "\n---\n";

std::string_view name_of(StepKind kind) {
  switch (kind) {
    case StepKind::base:
      return "base";
    case StepKind::copy:
      return "copy";
    case StepKind::directories:
      return "directories";
    case StepKind::run:
      return "run";
  }
  throw Error(Errc::internal, "write a step: unknown kind");
}

StepKind parse_kind(const std::string& name) {
  for (const auto kind : {StepKind::base, StepKind::copy, StepKind::directories, StepKind::run}) {
    if (name_of(kind) == name) return kind;
  }
  throw Error(Errc::input, fmt::format("read a step: unknown kind '{}'", name));
}

void write(JsonWriter& json, const SourceLines& lines) {
  json.object([&] {
    json.member("line", lines.line);
    json.member("text", lines.text);
  });
}

SourceLines read_lines(const Json& json) { return {json.at("text"), json.at("line")}; }

void write(JsonWriter& json, const MountSource& source) {
  json.object([&] {
    json.member("step", source.step);
    json.member("context", source.context);
    json.member("ignore_files", source.ignore_files);
  });
}

MountSource read_mount(const Json& json) {
  return {json.at("step"), json.at("context"),
          json.at("ignore_files").get<std::vector<std::string>>()};
}

void write(JsonWriter& json, const Script& script) {
  json.object([&] {
    json.member("path", script.path);
    json.member("origin", script.origin);
    json.member("escape", std::string(1, script.escape));
    json.member("epoch", script.epoch);
    json.member("compat_volumes", script.compat_volumes);
    json.member("build_args", script.arguments.build);
    json.member("global_args", script.arguments.global);
  });
}

Script read_script(const Json& json) {
  Script script;
  script.path = json.at("path");
  script.origin = json.at("origin");
  script.escape = json.at("escape").get<std::string>() == "`" ? '`' : '\\';
  script.epoch = json.at("epoch");
  script.compat_volumes = json.at("compat_volumes");
  script.arguments.build = json.at("build_args");
  script.arguments.global = json.at("global_args");
  return script;
}

std::string_view name_of(Beneath reads) {
  switch (reads) {
    case Beneath::nothing:
      return "nothing";
    case Beneath::shapes:
      return "shapes";
    case Beneath::layers:
      return "layers";
  }
  throw Error(Errc::internal, "write a step: unknown kind of reading");
}

Beneath parse_beneath(const std::string& name) {
  for (const auto reads : {Beneath::nothing, Beneath::shapes, Beneath::layers}) {
    if (name_of(reads) == name) return reads;
  }
  throw Error(Errc::input, fmt::format("read a step: it reads '{}' of those beneath it", name));
}

std::string_view name_of(ImageFormat format) {
  return format == ImageFormat::docker ? "docker" : "oci";
}

/// All members but the text of its instruction.
void write_header(JsonWriter& json, const Step& step) {
  json.member("slipway", format_version);
  json.member("id", step.id);
  json.member("kind", name_of(step.kind));
  write(json.key("script"), step.script);
  json.member("line", step.instruction.line);
  json.member("reference", step.reference);
  json.member("platform", step.platform.str());
  json.member("compression", step.compression.str());
  json.member("format", name_of(step.format));
  json.member("context", step.context);
  json.member("runs_triggers", step.runs_triggers);
  json.member("ignore_files", step.ignore_files);
  json.key("before").array([&] {
    for (const auto& lines : step.before) write(json, lines);
  });
  json.member("after", step.after);
  json.member("config_of", step.config_of);
  json.member("beneath", step.beneath);
  json.member("reads", name_of(step.reads));
  json.member("from", step.from);
  json.key("mounts").array([&] {
    for (const auto& source : step.mounts) write(json, source);
  });
  json.member("network", step.network);
  json.member("hostname", step.hostname);
  json.member("lineage", step.lineage);
  json.member("is_of_image", step.is_of_image);
}

ImageFormat read_format(const Json& json) {
  return json.get<std::string>() == "docker" ? ImageFormat::docker : ImageFormat::oci;
}

void write(JsonWriter& json, const ImageStep& step) {
  json.object([&] {
    json.member("slipway", format_version);
    json.member("kind", "image");
    write(json.key("script"), step.script);
    json.member("base", step.base);
    json.key("parts").array([&] {
      for (const auto& part : step.parts) {
        json.object([&] {
          write(json.key("instruction"), part.instruction);
          json.member("layer", part.layer);
        });
      }
    });
    json.member("platform", step.platform.str());
    json.member("platform_is_asked", step.platform_is_asked);
    json.member("format", name_of(step.format));
    json.member("tags", step.tags);
    json.member("labels", step.labels);
    json.member("annotations", step.annotations);
  });
}

/// What `body` writes.
template <typename Body>
std::string document(Body&& body) {
  return with_context([] { return std::string("write a step"); },
                      [&] {
                        JsonWriter json;
                        body(json);
                        return std::move(json).take();
                      });
}

/// Run `read` on the parsed document; whatever is wrong with it is one error.
template <typename Read>
auto read_document(std::string_view text, Read&& read) {
  try {
    const auto json = parse_json(text);
    if (json.at("slipway") != format_version) {
      throw Error(Errc::input, "read a step: it was written by another version of slipway")
          .with_hint("run 'slipway plan' again");
    }
    return read(json);
  } catch (const Json::exception& error) {
    throw Error(Errc::input, fmt::format("read a step: {}", error.what()))
        .with_hint("run 'slipway plan' again");
  }
}

}  // namespace

std::string serialise(const Step& step) {
  auto text = document([&](JsonWriter& json) { json.object([&] { write_header(json, step); }); });
  return text.append(separator).append(step.instruction.text);
}

std::string serialise(const ImageStep& step) {
  return document([&](JsonWriter& json) { write(json, step); }) + '\n';
}

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
    for (const auto& source : json.at("mounts")) read.mounts.push_back(read_mount(source));
    read.network = json.at("network");
    read.hostname = json.at("hostname");
    read.lineage = json.at("lineage");
    read.is_of_image = json.at("is_of_image");
    return read;
  });
  if (end == std::string_view::npos) {
    throw Error(Errc::input, "read a step: it has no instruction")
        .with_hint("run 'slipway plan' again");
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
  return document([&](JsonWriter& json) {
           json.object([&] {
             json.key("steps").array([&] {
               for (const auto& step : plan.steps) {
                 json.object([&] {
                   write_header(json, step);
                   json.member("text", step.instruction.text);
                 });
               }
             });
             write(json.key("image"), plan.image);
           });
         }) +
         '\n';
}

}  // namespace slipway

#include "build/step_result.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/record.hpp"

namespace slipway {
namespace {

// One line a blob: kind, digest, size, for layers the diff ID, last the media type.
// Then the scope, with tabs: "cmd", "declared" and a name, "arg", a name and its value.
constexpr std::string_view result_header = "slipway-result 1";

[[noreturn]] void refuse_line(std::string_view line) {
  throw Error(Errc::input,
              fmt::format("read a step's result: unexpected line '{}'", printable(line)));
}

std::uint64_t parse_size(const std::string& text, std::string_view line) {
  const auto size = parse_integer(text);
  if (!size || *size < 0) refuse_line(line);
  return static_cast<std::uint64_t>(*size);
}

Descriptor read_blob(const std::vector<std::string>& fields, std::string_view line) {
  Descriptor blob;
  blob.media_type = fields.back();
  blob.digest = Digest::parse(fields[1]);
  blob.size = parse_size(fields[2], line);
  return blob;
}

void read_scope(std::string_view line, StageScope& scope) {
  const auto fields = split(line, '\t');
  if (line == "cmd") {
    scope.has_cmd = true;
  } else if (fields[0] == "declared" && fields.size() == 2) {
    scope.declared.push_back(unescaped(fields[1]));
  } else if (fields[0] == "arg" && fields.size() == 3) {
    scope.args[unescaped(fields[1])] = unescaped(fields[2]);
  } else {
    refuse_line(line);
  }
}

}  // namespace

std::string serialise(const StepResult& result) {
  auto text = fmt::format("{}\n", result_header);
  if (result.config) {
    text += fmt::format("config {} {} {}\n", result.config->digest.str(), result.config->size,
                        result.config->media_type);
  }
  for (const auto& layer : result.layers) {
    text += fmt::format("layer {} {} {} {}\n", layer.blob.digest.str(), layer.blob.size,
                        layer.diff_id.str(), layer.blob.media_type);
  }
  if (result.scope.has_cmd) text += "cmd\n";
  for (const auto& name : result.scope.declared)
    text += fmt::format("declared\t{}\n", escaped(name));
  for (const auto& [name, value] : result.scope.args)
    text += fmt::format("arg\t{}\t{}\n", escaped(name), escaped(value));
  return text;
}

StepResult parse_step_result(std::string_view text) {
  auto lines = split(text, '\n');
  if (lines.front() != result_header) refuse_line(lines.front());
  StepResult result;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto& line = lines[i];
    if (line.empty()) continue;
    const auto fields = split(line, ' ');
    if (fields[0] == "config" && fields.size() == 4) {
      result.config = read_blob(fields, line);
    } else if (fields[0] == "layer" && fields.size() == 5) {
      result.layers.push_back({read_blob(fields, line), Digest::parse(fields[3])});
    } else {
      read_scope(line, result.scope);
    }
  }
  return result;
}

StepResult read_step_result(const std::filesystem::path& path) {
  return with_context([&] { return fmt::format("read '{}'", printable(path.native())); },
                      [&] { return parse_step_result(read_file(path)); });
}

}  // namespace slipway

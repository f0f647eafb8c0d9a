#include "build/build_origin.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.hpp"
#include "base/text.hpp"
#include "build/record.hpp"
#include "build/step_result.hpp"
#include "plan/emit.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

bool has_layer(const fs::path& file, const Layer& layer) {
  if (!lstat_file(file)) return false;
  const auto layers = read_step_result(file).layers;
  return std::ranges::find(layers, layer.diff_id, &Layer::diff_id) != layers.end();
}

/// The step among the image's that made the layer; empty: none.
std::string step_of(const ImageStep& image, const Layer& layer, const fs::path& directory) {
  for (const auto& part : image.parts) {
    if (!part.layer.empty() && has_layer(directory / (part.layer + ".layer"), layer))
      return part.layer;
  }
  const bool is_of_base =
      !image.base.empty() && has_layer(directory / (image.base + ".layer"), layer);
  return is_of_base ? image.base : std::string();
}

/// The source of an item, by the step's record: "item usr/bin/app\tf 755 0:0 0 <signature>
/// <source>".
std::string source_of_item(std::string_view path, const fs::path& record) {
  constexpr int fields_before = 5;
  const auto text = read_file_if_exists(record);
  if (!text) return {};
  const auto beginning = fmt::format("item {}\t", escaped(path));
  for (const auto& line : Record::parse(*text).lines) {
    if (!line.starts_with(beginning)) continue;
    auto rest = std::string_view(line).substr(beginning.size());
    for (int i = 0; i < fields_before && !rest.empty(); ++i) {
      const auto space = rest.find(' ');
      rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
    }
    return unescaped(rest);
  }
  return {};
}

/// The prerequisites in a depfile, as Make and Ninja read it.
std::vector<std::string> read_depfile(std::string_view text) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escapes = text[i] == '\\' && i + 1 < text.size() && text[i + 1] != '\n';
    if (escapes) {
      words.back() += text[++i];
    } else if (text[i] == '$' && text.substr(i + 1).starts_with('$')) {
      words.back() += text[++i];
    } else if (text[i] == '\\' || text[i] == '\n' || text[i] == ' ') {
      if (!words.back().empty()) words.emplace_back();
    } else {
      words.back() += text[i];
    }
  }
  return words;
}

/// How many names at the ends of both paths are equal.
std::ptrdiff_t common_end(const fs::path& a, const fs::path& b) {
  const std::vector<fs::path> left(a.begin(), a.end());
  const std::vector<fs::path> right(b.begin(), b.end());
  const auto [end, ignored] =
      std::mismatch(left.rbegin(), left.rend(), right.rbegin(), right.rend());
  return end - left.rbegin();
}

/// Libraries are staged under their sonames: "libz.so.1.2.13" as "libz.so.1".
bool is_named_like(const std::string& name, const std::string& staged) {
  return name == staged ||
         (staged.find(".so") != std::string::npos && name.starts_with(staged + '.'));
}

/// Where a staged file came from: what the staging edge read under its name.
std::string staged_from(const fs::path& copied, const fs::path& container) {
  const auto below = copied.lexically_relative(container / "context");
  if (below.empty() || *below.begin() == "..") return {};
  const auto text = read_file_if_exists(container / "stage" / (below.begin()->native() + ".d"));
  if (!text) return {};
  std::string best;
  for (const auto& word : read_depfile(*text)) {
    const fs::path candidate(word);
    const bool is_ours = word.starts_with(container.native() + '/');
    if (is_ours || !is_named_like(candidate.filename().native(), copied.filename().native()))
      continue;
    std::error_code error;
    if (!fs::is_regular_file(candidate, error)) continue;
    if (best.empty() || common_end(candidate, copied) > common_end(best, copied)) best = word;
  }
  return best;
}

/// CMake's own folder for what it generates for the image (SlipwayImage.cmake).
fs::path generated_folder(const fs::path& container) {
  for (auto folder = container; folder.has_relative_path(); folder = folder.parent_path()) {
    if (folder.extension() != ".container") continue;
    const auto binary = folder.parent_path();
    return binary / "CMakeFiles" / container.lexically_relative(binary);
  }
  return {};
}

/// Lines of a target's name, its file and its sources, apart by tabs.
void add_target(const fs::path& container, BuildOrigin& origin) {
  const auto text = read_file_if_exists(generated_folder(container) / "targets.txt");
  if (!text) return;
  const auto name = fs::path(origin.copied).filename();
  for (const auto& line : split(*text, '\n')) {
    const auto fields = split(line, '\t');
    if (fields.size() != 3) continue;
    // A product of COMPILE_IN is made elsewhere, under the same name.
    const bool is_it =
        origin.staged.empty() ? fs::path(fields[1]).filename() == name : fields[1] == origin.staged;
    if (!is_it) continue;
    origin.target = fields[0];
    for (auto& source : split(fields[2], ';')) {
      if (!source.empty()) origin.sources.push_back(std::move(source));
    }
    return;
  }
}

}  // namespace

std::optional<fs::path> steps_of_layout(const fs::path& layout) {
  const auto folder = fs::absolute(layout).lexically_normal().parent_path();
  for (const auto& place : {folder / "steps", folder}) {
    if (lstat_file(place / "image.step")) return place;
  }
  return std::nullopt;
}

std::optional<BuildOrigin> origin_of(std::string_view path, const Layer& layer,
                                     const fs::path& directory) {
  const auto image = parse_image_step(read_file(directory / "image.step"));
  BuildOrigin origin{.step = step_of(image, layer, directory)};
  if (origin.step.empty()) return std::nullopt;
  const auto files = step_files(directory.native(), origin.step);
  const auto step = parse_step(read_file(directory / (origin.step + ".step")));
  origin.call = step.script.origin;
  if (step.kind == StepKind::base) {
    origin.reference = step.reference;
    return origin;
  }
  origin.place = fmt::format("{}:{}", step.script.path, step.instruction.line);
  if (step.context.empty()) return origin;
  const auto source = source_of_item(path, files.record);
  if (source.empty()) return origin;
  const auto copied = (fs::path(step.context) / source).lexically_normal();
  origin.copied = copied.native();
  const auto container = directory.parent_path();
  origin.staged = staged_from(copied, container);
  add_target(container, origin);
  return origin;
}

}  // namespace slipway

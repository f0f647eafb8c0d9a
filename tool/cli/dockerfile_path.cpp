#include "cli/dockerfile_path.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace slipway::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::array usual_names = {"Dockerfile", "dockerfile", "Containerfile"};

fs::file_status status_of(const fs::path& path) {
  std::error_code ignored;  // what cannot be looked at is told when it is read
  return fs::status(path, ignored);
}

Error no_such_file(const std::string& file, const fs::path& context) {
  Error error(Errc::input, fmt::format("the Dockerfile '{}' does not exist", printable(file)));
  const auto inside = context / file;
  if (fs::path(file).is_absolute() || !fs::exists(status_of(inside))) return error;
  return std::move(error).with_hint(
      fmt::format("-f is relative to where you are, not to the context: -f {}",
                  printable(inside.lexically_normal().native())));
}

std::string standard_input_text() {
  const Fd input(::dup(STDIN_FILENO));
  std::string text;
  std::array<char, 64 * 1024> buffer = {};
  while (const auto size =
             read_some(input, std::as_writable_bytes(std::span(buffer)), "the standard input")) {
    text.append(buffer.data(), size);
  }
  return text;
}

}  // namespace

std::string dockerfile_name_in(const fs::path& directory) {
  for (const auto* const name : usual_names) {
    if (lstat_file(directory / name)) return name;
  }
  return usual_names.front();
}

void check_context(const fs::path& context) {
  const auto status = status_of(context);
  const auto name = printable(context.native());
  if (status.type() == fs::file_type::not_found)
    throw Error(Errc::input, fmt::format("the build context '{}' does not exist", name));
  if (status.type() != fs::file_type::regular) return;
  throw Error(Errc::input, fmt::format("the build context '{}' is a file, not a directory", name))
      .with_hint(fmt::format("a Dockerfile is named by -f: -f {} .", name));
}

std::string find_dockerfile(const std::string& file, const fs::path& context) {
  if (file == standard_input) return file;
  if (!file.empty()) {
    const auto status = status_of(file);
    if (status.type() == fs::file_type::not_found) throw no_such_file(file, context);
    if (!fs::is_directory(status)) return file;
    throw Error(Errc::input, fmt::format("the Dockerfile '{}' is a directory", printable(file)))
        .with_hint(fmt::format("a build context stands alone, without -f: {}", printable(file)));
  }
  check_context(context);
  const auto name = dockerfile_name_in(context);
  if (lstat_file(context / name)) return fmt::format("{}/{}", context.native(), name);
  throw Error(Errc::input, fmt::format("there is no Dockerfile in the build context '{}'",
                                       printable(context.native())))
      .with_hint("name the file with -f, or another directory");
}

SourceText read_dockerfile(const std::string& path) {
  if (path == standard_input) return {"<stdin>", standard_input_text()};
  return {path, read_file(path)};
}

}  // namespace slipway::cli

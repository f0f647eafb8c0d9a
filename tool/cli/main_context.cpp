#include "cli/main_context.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/fetched_sources.hpp"
#include "cli/dockerfile_path.hpp"
#include "layer/tar_file.hpp"

namespace slipway::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view keep_git_argument = "BUILDKIT_CONTEXT_KEEP_GIT_DIR=";

void save_input(const fs::path& path) {
  const auto out = open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const Fd in(::dup(STDIN_FILENO));
  std::array<std::byte, 64 * 1024> buffer;
  while (const auto size = read_some(in, buffer, "standard input")) {
    write_all(out, std::span(buffer).first(size), path.native());
  }
}

/// Where a path leads, which must be below `root`: links of what was fetched
/// lead nowhere else.
fs::path path_inside(const fs::path& root, const fs::path& path) {
  std::error_code missing;
  const auto top = fs::canonical(root, missing);
  const auto found = fs::canonical(root / path, missing);
  const auto [end, ignored] = std::ranges::mismatch(top, found);
  if (!missing && end == top.end()) return found;
  throw Error(Errc::input,
              fmt::format("open '{}': not found in the build context", printable(path.native())));
}

bool keeps_git(const PlanFlags& flags) {
  return std::ranges::any_of(flags.build_args, [](const std::string& argument) {
    return argument.starts_with(keep_git_argument) && argument.size() > keep_git_argument.size() &&
           !argument.ends_with("=0") && !argument.ends_with("=false");
  });
}

}  // namespace

MainContext::MainContext(PlanFlags flags, const Store& store)
    : flags_(std::move(flags)),
      store_(store),
      grants_(flags_.commands.grants()),
      folder_(store.folder("tmp"), "context-") {
  const FetchContext fetching{store, grants_};
  for (auto& text : flags_.contexts) take_named(text, fetching);
  if (flags_.context == standard_input) {
    take_input(store);
  } else if (is_remote_context(flags_.context)) {
    take_remote(fetching);
  } else {
    check_context(flags_.context);
    if (flags_.file == standard_input) take_dockerfile();
  }
}

std::vector<PlanOptions> MainContext::options() const {
  auto all = flags_.options_by_platform();
  for (auto& options : all) {
    options.time_of = [this](const EpochPlace& place) { return time_of(place); };
  }
  return all;
}

void MainContext::take_input(const Store& store) {
  if (flags_.file == standard_input) {
    throw Error(Errc::usage, "the context and the Dockerfile cannot both come from standard input");
  }
  const auto input = folder_.path() / "input";
  save_input(input);
  if (holds_tar(open_file(input, O_RDONLY))) return use_fetched(unpacked_tar(input, store), {});
  take_file(input);
}

void MainContext::take_dockerfile() {
  flags_.file = (folder_.path() / "Dockerfile").native();
  save_input(flags_.file);
}

/// A file that is no tar is the Dockerfile of an empty context.
void MainContext::take_file(const fs::path& file) {
  if (!flags_.file.empty()) {
    throw Error(
        Errc::usage,
        fmt::format("-f '{}' names a file of the context, and '{}' gave a Dockerfile instead",
                    printable(flags_.file), printable(flags_.context)));
  }
  const auto directory = folder_.path() / "context";
  make_directories(directory);
  flags_.context = directory.native();
  flags_.file = (folder_.path() / "Dockerfile").native();
  link_or_copy(file, flags_.file);
}

void MainContext::take_remote(const FetchContext& fetching) {
  const auto folder = keeps_git(flags_) ? GitFolder::kept : GitFolder::dropped;
  auto found = fetch_remote_context(flags_.context, folder, fetching);
  if (found.root.empty()) {
    take_file(found.file);
  } else {
    use_fetched(found.root, found.subdir);
  }
  fetched_[{}] = std::move(found);
}

/// "name=URL" becomes "name=directory". A file that is no tar is one named
/// "context", as with BuildKit.
void MainContext::take_named(std::string& text, const FetchContext& fetching) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || !is_remote_context(text.substr(equals + 1))) return;
  const auto name = text.substr(0, equals);
  auto found = fetch_remote_context(text.substr(equals + 1), GitFolder::dropped, fetching);
  auto directory = folder_.path() / fmt::format("named-{}", fetched_.size());
  if (found.root.empty()) {
    make_directories(directory);
    link_or_copy(found.file, directory / "context");
  } else {
    directory = path_inside(found.root, found.subdir);
  }
  text = fmt::format("{}={}", name, directory.native());
  fetched_[to_lower(name)] = std::move(found);
}

/// A directory of this machine says nothing of its time.
std::optional<std::int64_t> MainContext::time_of(const EpochPlace& place) const {
  if (place.kind == EpochPlace::Kind::source)
    return time_of_source(place.name, place.checksum, {store_, grants_});
  const auto found =
      fetched_.find(place.kind == EpochPlace::Kind::context ? std::string() : place.name);
  if (found == fetched_.end()) return std::nullopt;
  const auto& [name, fetched] = *found;
  return fetched.modified || fetched.file.empty() ? fetched.modified
                                                  : newest_file_time(fetched.file);
}

void MainContext::use_fetched(const fs::path& root, const fs::path& subdir) {
  flags_.context = path_inside(root, subdir).native();
  if (flags_.file == standard_input) return take_dockerfile();
  const auto name = flags_.file.empty() ? dockerfile_name_in(flags_.context) : flags_.file;
  flags_.file = path_inside(root, subdir / name).native();
}

}  // namespace slipway::cli

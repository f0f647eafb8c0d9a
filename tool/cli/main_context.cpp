#include "cli/main_context.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/text.hpp"
#include "build/download.hpp"
#include "build/fetched_sources.hpp"
#include "build/git_checkout.hpp"
#include "dockerfile/git_ref.hpp"
#include "layer/tar_file.hpp"
#include "layer/unpack.hpp"

namespace slipway::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view standard_input = "-";
constexpr std::string_view keep_git_argument = "BUILDKIT_CONTEXT_KEEP_GIT_DIR=";

void save_input(const fs::path& path) {
  const auto out = open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const Fd in(::dup(STDIN_FILENO));
  std::array<std::byte, 64 * 1024> buffer;
  while (const auto size = read_some(in, buffer, "standard input")) {
    write_all(out, std::span(buffer).first(size), path.native());
  }
}

void unpack_tar(const fs::path& file, const fs::path& into) {
  DecompressedFile content(open_file(file, O_RDONLY));
  make_directories(into);
  // Owners are COPY's to say, and a context holds no devices.
  unpack([&](std::span<std::byte> bytes) { return content.read(bytes); }, open_file(into, O_RDONLY | O_DIRECTORY),
         {.owners = false, .devices = false});
}

/// Where a path leads, which must be below `root`: links of what was fetched
/// lead nowhere else.
fs::path path_inside(const fs::path& root, const fs::path& path) {
  std::error_code missing;
  const auto top = fs::canonical(root, missing);
  const auto found = fs::canonical(root / path, missing);
  const auto [end, ignored] = std::ranges::mismatch(top, found);
  if (!missing && end == top.end()) return found;
  throw Error(Errc::input, fmt::format("open '{}': not found in the build context", printable(path.native())));
}

bool keeps_git(const PlanFlags& flags) {
  return std::ranges::any_of(flags.build_args, [](const std::string& argument) {
    return argument.starts_with(keep_git_argument) && argument.size() > keep_git_argument.size() &&
           !argument.ends_with("=0") && !argument.ends_with("=false");
  });
}

}  // namespace

MainContext::MainContext(PlanFlags flags, const Store& store)
    : flags_(std::move(flags)), folder_(store.folder("tmp"), "context-") {
  if (flags_.context == standard_input) {
    take_input();
  } else if (is_http_url(flags_.context)) {
    const auto blob = download(flags_.context, {}, store).blob;
    take_file(store.blobs().blob_path(blob.digest));
  } else if (!lstat_file(flags_.context) && dockerfile::parse_git_ref(flags_.context)) {
    take_repository(store);
  } else if (flags_.file == standard_input) {
    flags_.file = (folder_.path() / "Dockerfile").native();
    save_input(flags_.file);
  }
}

void MainContext::take_input() {
  if (flags_.file == standard_input) {
    throw Error(Errc::usage, "the context and the Dockerfile cannot both come from standard input");
  }
  const auto input = folder_.path() / "input";
  save_input(input);
  take_file(input);
}

/// A tar is the context; any other file is the Dockerfile of an empty one.
void MainContext::take_file(const fs::path& file) {
  const auto directory = folder_.path() / "context";
  if (holds_tar(open_file(file, O_RDONLY))) {
    unpack_tar(file, directory);
    return use_fetched(directory, {});
  }
  if (!flags_.file.empty()) {
    throw Error(Errc::usage, fmt::format("-f '{}' names a file of the context, and '{}' gave a Dockerfile instead",
                                         printable(flags_.file), printable(flags_.context)));
  }
  make_directories(directory);
  flags_.context = directory.native();
  flags_.file = (folder_.path() / "Dockerfile").native();
  link_or_copy(file, flags_.file);
}

void MainContext::take_repository(const Store& store) {
  auto ref = dockerfile::parse_git_ref(flags_.context).value();
  if (ref.indistinguishable_from_local) ref.remote = "https://" + ref.remote;
  if (!ref.keep_git_dir) ref.keep_git_dir = keeps_git(flags_);
  const auto tree = check_out(ref, store);
  use_fetched(tree, ref.subdir);
}

void MainContext::use_fetched(const fs::path& root, const fs::path& subdir) {
  flags_.context = path_inside(root, subdir).native();
  if (flags_.file == standard_input) {
    flags_.file = (folder_.path() / "Dockerfile").native();
    return save_input(flags_.file);
  }
  const auto name = flags_.file.empty() ? std::string("Dockerfile") : flags_.file;
  flags_.file = path_inside(root, subdir / name).native();
}

}  // namespace slipway::cli

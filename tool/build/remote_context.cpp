#include "build/remote_context.hpp"

#include <fcntl.h>

#include <algorithm>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "build/download.hpp"
#include "build/fetched_sources.hpp"
#include "build/git_checkout.hpp"
#include "dockerfile/git_ref.hpp"
#include "layer/tar_file.hpp"
#include "layer/tar_reader.hpp"
#include "layer/unpack.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

RemoteContext fetch_file(const std::string& url, const FetchContext& context) {
  const auto found = download(url, {}, context);
  RemoteContext result;
  result.file = context.store.blobs().blob_path(found.blob.digest);
  result.modified = found.modified;
  if (holds_tar(open_file(result.file, O_RDONLY)))
    result.root = unpacked_tar(result.file, context.store);
  return result;
}

RemoteContext fetch_repository(const std::string& name, GitFolder git_folder,
                               const FetchContext& context) {
  auto ref = dockerfile::parse_git_ref(name).value();
  if (ref.indistinguishable_from_local) ref.remote = "https://" + ref.remote;
  if (!ref.keep_git_dir) ref.keep_git_dir = git_folder == GitFolder::kept;
  auto tree = check_out(ref, context);
  return {std::move(tree.path), ref.subdir, {}, tree.committed};
}

}  // namespace

bool is_remote_context(const std::string& name) {
  return is_http_url(name) || (!lstat_file(name) && dockerfile::parse_git_ref(name));
}

RemoteContext fetch_remote_context(const std::string& name, GitFolder git_folder,
                                   const FetchContext& context) {
  return is_http_url(name) ? fetch_file(name, context)
                           : fetch_repository(name, git_folder, context);
}

fs::path unpacked_tar(const fs::path& file, const Store& store) {
  auto tree = store.folder("contexts") / sha256_hex(open_file(file, O_RDONLY), file.native());
  const FileLock lock(tree.native() + ".lock", FileLock::Mode::exclusive);
  if (lstat_file(tree)) return tree;
  const TempDir work(store.folder("tmp"), "context-");
  const auto filled = work.path() / "tree";
  make_directories(filled);
  DecompressedFile content(open_file(file, O_RDONLY));
  // Owners are COPY's to say, and a context holds no devices.
  unpack([&](std::span<std::byte> bytes) { return content.read(bytes); },
         open_file(filled, O_RDONLY | O_DIRECTORY), {.owners = Owners::ours, .devices = false});
  std::error_code error;
  fs::rename(filled, tree, error);
  if (error) throw Error::from_errno(error.value(), "keep a build context");
  return tree;
}

std::optional<std::int64_t> newest_file_time(const fs::path& tar) {
  if (!holds_tar(open_file(tar, O_RDONLY))) return std::nullopt;
  DecompressedFile content(open_file(tar, O_RDONLY));
  // The reader's thread calls it to the end.
  const ByteSource read = [&](std::span<std::byte> bytes) { return content.read(bytes); };
  TarReader reader(read);
  std::optional<std::int64_t> newest;
  while (const auto* entry = reader.next()) {
    if (entry->type == EntryType::file)
      newest = std::max(newest.value_or(entry->mtime), entry->mtime);
  }
  return newest;
}

}  // namespace slipway

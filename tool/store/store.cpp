#include "store/store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdlib>
#include <ctime>

#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "base/tree_remover.hpp"

namespace slipway {
namespace fs = std::filesystem;

fs::path Store::default_path() {
  if (const auto path = environment_variable("SLIPWAY_STORE")) return fs::absolute(*path);
  if (const auto cache = environment_variable("XDG_CACHE_HOME"))
    return fs::path(*cache) / "slipway";
  if (const auto home = environment_variable("HOME")) return fs::path(*home) / ".cache" / "slipway";
  throw Error(Errc::environment,
              "find the store: none of SLIPWAY_STORE, XDG_CACHE_HOME and HOME is set")
      .with_hint("set SLIPWAY_STORE to a folder of yours");
}

namespace {

/// What a killed process left on its way to becoming a blob. What is still
/// being written is younger: by its ctime, since a blob has its fixed
/// modification time before it has its name.
void sweep(const fs::path& temporary) {
  constexpr std::time_t dead_after = 60 * 60;
  const auto now = std::time(nullptr);
  std::error_code error;
  for (fs::directory_iterator it(temporary, error), end; !error && it != end; it.increment(error)) {
    struct stat st = {};
    if (::lstat(it->path().c_str(), &st) != 0 || now - st.st_ctim.tv_sec <= dead_after) continue;
    try {
      remove_tree(open_file(temporary, O_RDONLY | O_DIRECTORY), it->path().filename(), {});
    } catch (const Error&) {
      // Somebody else is at it.
    }
  }
}

}  // namespace

Store Store::open(const fs::path& root) {
  return with_context([&] { return fmt::format("open store '{}'", printable(root.native())); },
                      [&] {
                        Store store(Layout::create(Layout(root, root / "tmp")));
                        sweep(root / "tmp");
                        return store;
                      });
}

bool Store::has_contents(const Digest& diff_id) const {
  return lstat_file(root() / "contents" / diff_id.hex()).has_value();
}

std::optional<std::string> Store::read_contents(const Digest& diff_id) const {
  return read_file_if_exists(root() / "contents" / diff_id.hex());
}

void Store::write_contents(const Digest& diff_id, std::string_view text) const {
  write_file_if_changed(root() / "contents" / diff_id.hex(), text, root() / "tmp");
}

FileLock Store::in_use() const { return {root() / "use.lock", FileLock::Mode::shared}; }

FileLock Store::idle() const { return {root() / "use.lock", FileLock::Mode::exclusive}; }

std::optional<FileLock> Store::try_idle() const {
  return FileLock::try_exclusive(root() / "use.lock");
}

fs::path Store::folder(std::string_view name) const {
  auto path = root() / name;
  make_directories(path);
  return path;
}

}  // namespace slipway

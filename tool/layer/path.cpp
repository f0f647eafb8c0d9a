#include "layer/path.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>

#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway {

std::string_view parent_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string join_path(std::string_view directory, std::string_view name) {
  if (directory.empty() || name.empty()) return std::string(directory.empty() ? name : directory);
  std::string path;
  path.reserve(directory.size() + 1 + name.size());
  return path.append(directory).append(1, '/').append(name);
}

std::string_view take_part(std::string_view& path) {
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  const std::string_view part = path.substr(0, path.find('/'));
  path.remove_prefix(part.size());
  return part;
}

std::optional<Fd> open_long_in_root(const Fd& root, std::string_view path, int flags) {
  if (path.size() < PATH_MAX) return open_in_root(root, path, flags);
  const auto cut = path.rfind('/', PATH_MAX - 1);
  const std::string_view head = cut == std::string_view::npos ? "" : path.substr(0, cut);
  std::string_view rest = path.substr(head.size());
  auto directory = open_in_root(root, head, O_PATH | O_DIRECTORY);
  for (auto part = take_part(rest); directory && !part.empty();) {
    const auto next_part = take_part(rest);
    const int part_flags = next_part.empty() ? flags : O_PATH | O_DIRECTORY;
    Fd fd(
        ::openat(directory->get(), std::string(part).c_str(), part_flags | O_NOFOLLOW | O_CLOEXEC));
    if (!fd && errno != ENOENT && errno != ENOTDIR && errno != ELOOP) {
      throw Error::from_errno(errno, fmt::format("open '{}'", printable(path)));
    }
    directory = fd ? std::optional<Fd>(std::move(fd)) : std::nullopt;
    part = next_part;
  }
  return directory;
}

}  // namespace slipway

// User namespaces give an ordinary user the rights of root over what is its
// own. Ids inside map to ids outside (user_namespaces(7)): an ordinary user may
// map one id, its own; more come from ranges that the administrator set aside
// in /etc/subuid and /etc/subgid, and only the setuid helpers newuidmap and
// newgidmap may map those.
#include "run/idmap.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <limits>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

std::optional<std::uint32_t> parse_id(std::string_view text) {
  const auto number = parse_integer(text);
  if (!number || *number < 0 || *number > std::numeric_limits<std::uint32_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(*number);
}

std::string own_name() {
  passwd entry = {};
  passwd* found = nullptr;
  std::array<char, 16384> buffer = {};
  const int error = ::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found);
  return error == 0 && found != nullptr ? found->pw_name : std::string();
}

std::optional<IdRange> range_of(const char* file, const std::string& user, std::uint32_t id) {
  const auto text = read_file_if_exists(file);
  return text ? find_id_range(*text, user, id) : std::nullopt;
}

/// Id 0 is the caller, so a range of n ids reaches id n.
bool reaches(const IdRange& range, std::uint32_t id) { return id <= range.count; }

void write_map(pid_t child, std::string_view file, std::string_view content) {
  const std::string path = fmt::format("/proc/{}/{}", child, file);
  write_all(open_file(path, O_WRONLY), std::as_bytes(std::span(content)), path);
}

void run_helper(const char* helper, pid_t child, std::uint32_t own, const IdRange& range) {
  const CommandResult result =
      run_captured({.argv = {helper, std::to_string(child), "0", std::to_string(own), "1", "1",
                             std::to_string(range.start), std::to_string(range.count)}});
  if (result.status == 0) return;
  throw Error(Errc::environment, fmt::format("run '{}': {}", helper, trim(result.output)))
      .with_hint(fmt::format("{} must be setuid root or have the file capability, and the range "
                             "in /etc/subuid and /etc/subgid must be this user's own",
                             helper));
}

}  // namespace

std::optional<IdRange> find_id_range(std::string_view text, std::string_view user,
                                     std::uint32_t id) {
  for (const std::string& line : split(text, '\n')) {
    const std::vector<std::string> fields = split(line, ':');
    if (fields.size() != 3 || fields[0].empty()) continue;
    if (fields[0] != user && fields[0] != std::to_string(id)) continue;
    const auto start = parse_id(fields[1]);
    const auto count = parse_id(trim(fields[2]));
    if (start && count && *count > 0) return IdRange{*start, *count};
  }
  return std::nullopt;
}

bool is_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  for (const std::string& folder : split(path != nullptr ? path : "/usr/bin", ':')) {
    if (::access((fs::path(folder) / name).c_str(), X_OK) == 0) return true;
  }
  return false;
}

IdMap choose_id_map(std::uint32_t uid, std::uint32_t gid) {
  if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) return {};  // the helpers would gain nothing
  const std::string user = own_name();
  const auto uids = range_of("/etc/subuid", user, ::getuid());
  const auto gids = range_of("/etc/subgid", user, ::getuid());
  if (!uids || !gids || !reaches(*uids, uid) || !reaches(*gids, gid)) return {};
  if (!is_program("newuidmap") || !is_program("newgidmap")) return {};
  return {.has_ranges = true, .uids = *uids, .gids = *gids};
}

void apply_id_map(const IdMap& map, pid_t child, std::uint32_t uid, std::uint32_t gid) {
  const auto describe = [] { return "map the container's ids"; };
  with_context(describe, [&] {
    if (map.has_ranges) {
      run_helper("newuidmap", child, ::getuid(), map.uids);
      run_helper("newgidmap", child, ::getgid(), map.gids);
      return;
    }
    // The kernel wants setgroups given up before an ordinary user maps a group.
    write_map(child, "setgroups", "deny");
    write_map(child, "uid_map", fmt::format("{} {} 1", uid, ::getuid()));
    write_map(child, "gid_map", fmt::format("{} {} 1", gid, ::getgid()));
  });
}

}  // namespace slipway

// What programs expect of a system without a distribution: the directories that they
// write to, names for ids, and how names are looked up.

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "build/staging.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

constexpr std::uint32_t shared_directory = 01777;
constexpr std::uint32_t private_directory = 0700;

struct Directory {
  std::string_view path;
  std::uint32_t mode = 0755;
};

// The Filesystem Hierarchy Standard's, and where runtimes mount the kernel's.
constexpr std::array<Directory, 19> skeleton = {{{"dev"},
                                                 {"etc"},
                                                 {"home"},
                                                 {"opt"},
                                                 {"proc"},
                                                 {"root", private_directory},
                                                 {"run"},
                                                 {"srv"},
                                                 {"sys"},
                                                 {"tmp", shared_directory},
                                                 {"usr/bin"},
                                                 {"usr/lib"},
                                                 {"usr/local/bin"},
                                                 {"usr/local/lib"},
                                                 {"usr/share"},
                                                 {"var/cache"},
                                                 {"var/lib"},
                                                 {"var/log"},
                                                 {"var/tmp", shared_directory}}};

constexpr std::string_view name_service =
    "passwd: files\n"
    "group: files\n"
    "shadow: files\n"
    "hosts: files dns\n"
    "networks: files\n"
    "protocols: files\n"
    "services: files\n";

[[noreturn]] void refuse(std::string_view what, std::string_view text, std::string_view form) {
  throw Error(Errc::usage, fmt::format("{} '{}' is not {}", what, printable(text), form));
}

bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, fits) &&
         !(text.front() >= '0' && text.front() <= '9') && text.front() != '-';
}

/// The largest one stands for "none" in system calls.
bool is_id(std::string_view text) {
  const auto number = parse_integer(text);
  return number && *number >= 0 && *number < 0xffffffff;
}

/// A line of passwd(5).
struct User {
  std::string name = {};
  std::string uid = {};
  std::string gid = {};
  std::string home = {};
  std::string shell = {};
};

User parse_user(std::string_view text) {
  constexpr auto form = "<name>:<uid>[:<gid>[:<home>[:<shell>]]]";
  const auto words = split(text, ':');
  if (words.size() < 2 || words.size() > 5 || !is_name(words[0]) || !is_id(words[1]))
    refuse("user", text, form);
  User user{.name = std::string(words[0]), .uid = std::string(words[1])};
  user.gid = words.size() > 2 ? words[2] : words[1];
  user.home = words.size() > 3 ? std::string(words[3]) : "/home/" + user.name;
  user.shell = words.size() > 4 ? std::string(words[4]) : "/sbin/nologin";
  if (!is_id(user.gid) || !user.home.starts_with('/') || !user.shell.starts_with('/'))
    refuse("user", text, form);
  return user;
}

/// Lines of passwd(5) or group(5): one a name, in order of their ids.
class Database {
 public:
  void add(const std::string& name, const std::string& id, std::string line) {
    std::erase_if(lines_, [&](const auto& other) { return other.name == name; });
    lines_.push_back({name, id, std::move(line)});
  }
  bool has_id(std::string_view id) const {
    return std::ranges::any_of(lines_, [&](const auto& line) { return line.id == id; });
  }
  std::string text() const {
    auto sorted = lines_;
    std::ranges::stable_sort(sorted, {}, [](const auto& line) { return *parse_integer(line.id); });
    std::string result;
    for (const auto& line : sorted) result += line.text + '\n';
    return result;
  }

 private:
  struct Line {
    std::string name;
    std::string id;
    std::string text;
  };
  std::vector<Line> lines_;
};

struct Databases {
  Database users;
  Database groups;

  void add(const User& user) {
    users.add(user.name, user.uid,
              fmt::format("{0}:x:{1}:{2}:{0}:{3}:{4}", user.name, user.uid, user.gid, user.home,
                          user.shell));
    if (!groups.has_id(user.gid)) add_group(user.name, user.gid, "");
  }
  void add_group(const std::string& name, const std::string& gid, std::string_view members) {
    groups.add(name, gid, fmt::format("{}:x:{}:{}", name, gid, members));
  }
};

void add_group(Databases& databases, std::string_view text) {
  const auto words = split(text, ':');
  if (words.size() < 2 || words.size() > 3 || !is_name(words[0]) || !is_id(words[1]))
    refuse("group", text, "<name>:<gid>[:<member>,...]");
  databases.add_group(std::string(words[0]), std::string(words[1]),
                      words.size() > 2 ? words[2] : std::string_view());
}

class SkeletonStager {
 public:
  SkeletonStager(const SkeletonStage& stage, fs::path scratch)
      : stage_(stage), scratch_(std::move(scratch)) {}

  StagedTree collect(std::set<fs::path>& read) {
    for (const auto& [path, mode] : skeleton) tree_.add_directory(std::string(path), mode);
    Databases databases;
    databases.add({"root", "0", "0", "/root", "/sbin/nologin"});
    databases.add({"nonroot", "65532", "65532", "/home/nonroot", "/sbin/nologin"});
    databases.add({"nobody", "65534", "65534", "/nonexistent", "/sbin/nologin"});
    for (const auto& group : stage_.groups) add_group(databases, group);
    for (const auto& user : stage_.users) databases.add(parse_user(user));
    add_text("etc/passwd", databases.users.text());
    add_text("etc/group", databases.groups.text());
    add_text("etc/nsswitch.conf", name_service);
    add_release(read);
    return std::move(tree_);
  }

 private:
  void add_text(const std::string& path, std::string_view text) {
    const auto source = scratch_ / std::to_string(count_++);
    write_file_if_changed(source, text);
    tree_.add_file(path, source, *lstat_file(source), StagedModes::normalised);
  }

  /// Which system its libraries are from, for those who look for holes in them.
  void add_release(std::set<fs::path>& read) {
    for (const auto* path : {"etc/os-release", "usr/lib/os-release"}) {
      const auto file = stage_.sysroot / path;
      const auto text = read_file_if_exists(file);
      if (!text) continue;
      read.insert(file);
      return add_text("etc/os-release", *text);
    }
  }

  const SkeletonStage& stage_;
  fs::path scratch_;
  int count_ = 0;
  StagedTree tree_;
};

}  // namespace

void stage_skeleton(const SkeletonStage& stage) {
  Staging staging(stage.output);
  std::set<fs::path> read;
  auto tree = SkeletonStager(stage, staging.scratch()).collect(read);
  staging.publish(std::move(tree), std::move(read));
}

void stage_home(const HomeStage& stage) {
  Staging staging(stage.output);
  StagedTree tree;
  tree.add_directory(stage.name, private_directory);
  staging.publish(std::move(tree), {});
}

}  // namespace slipway

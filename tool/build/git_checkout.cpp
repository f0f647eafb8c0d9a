#include "build/git_checkout.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <map>

#include "base/credentials.hpp"
#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "fetch/fetch.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

constexpr unsigned checkout_umask = 022;

bool is_whole_commit(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// What git may know of the user: how to reach servers, and nothing else.
std::vector<std::pair<std::string, std::string>> git_environment() {
  std::vector<std::pair<std::string, std::string>> result = {
      {"HOME", "/dev/null"},
      {"LC_ALL", "C"},
      {"GIT_CONFIG_NOSYSTEM", "1"},
      {"GIT_CONFIG_GLOBAL", "/dev/null"},
      {"GIT_ATTR_NOSYSTEM", "1"},
      {"GIT_TERMINAL_PROMPT", "0"},
      {"GIT_ALLOW_PROTOCOL", "http:https:ssh:git"},
      {"GIT_SSH_COMMAND", "ssh -o BatchMode=yes"},
  };
  for (const char* name :
       {"PATH", "SSH_AUTH_SOCK", "http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY",
        "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "GIT_SSL_CAINFO"}) {
    if (const char* value = std::getenv(name)) result.emplace_back(name, value);
  }
  return result;
}

/// The URLs that a repository's authorization is for: its own, and on GitHub,
/// where submodules are others of the same owner, all.
std::string authorized_urls(const std::string& server) {
  for (const std::string site : {"https://github.com/", "https://www.github.com/"}) {
    if (server.starts_with(site)) return site;
  }
  return server;
}

/// One remote repository, and a working tree that is filled from it.
class Git {
 public:
  Git(const std::string& remote, const Grants& grants)
      : remote_(without_credentials(remote)), authorization_(git_authorization(remote, grants)) {}

  CommandResult try_run(std::vector<std::string> arguments, const fs::path& directory = "/") const {
    Command command;
    command.argv = {"git",
                    "-c",
                    "core.hooksPath=/dev/null",
                    "-c",
                    "core.autocrlf=false",
                    "-c",
                    "init.defaultBranch=main",
                    "-c",
                    "advice.detachedHead=false"};
    std::ranges::move(arguments, std::back_inserter(command.argv));
    command.environment = git_environment();
    if (!authorization_.empty()) {
      command.environment.emplace_back("GIT_CONFIG_COUNT", "1");
      command.environment.emplace_back("GIT_CONFIG_KEY_0",
                                       "http." + authorized_urls(remote_) + ".extraHeader");
      command.environment.emplace_back("GIT_CONFIG_VALUE_0", "Authorization: " + authorization_);
    }
    command.inherits = false;
    command.directory = directory;
    command.umask = checkout_umask;
    return run_captured(command);
  }

  std::string run(std::vector<std::string> arguments, const fs::path& directory = "/") const {
    auto result = try_run(std::move(arguments), directory);
    if (result.status != 0) throw failed(result);
    return std::move(result.output);
  }

  Error failed(const CommandResult& result) const {
    return Error(Errc::remote,
                 fmt::format("fetch '{}': git: {}", shown(), printable(trim(result.output), 1000)));
  }

  std::string shown() const { return printable(remote_); }
  const std::string& remote() const noexcept { return remote_; }

 private:
  std::string remote_;  ///< without user and password
  std::string authorization_;
};

/// A commit, and a name of it that every server lets us fetch.
struct FoundCommit {
  std::string commit = {};
  std::string name = {};
};

/// "refs/..." and HEAD are names as they are; others are tags or branches, in
/// git's order. "^{}" is the commit that an annotated tag is of.
FoundCommit find_commit(const Git& git, const std::string& ref) {
  if (is_whole_commit(ref)) return {ref, ref};
  const std::string name = ref.empty() ? "HEAD" : ref;
  if (name.starts_with('-'))
    throw Error(Errc::input, fmt::format("'{}' is no git ref", printable(name)));
  std::map<std::string, std::string> commits;
  for (const std::string& line :
       split(git.run({"ls-remote", "--", git.remote(), name, name + "^{}"}), '\n')) {
    const auto tab = line.find('\t');
    if (tab == std::string::npos || !is_whole_commit(std::string_view(line).substr(0, tab)))
      continue;
    commits[line.substr(tab + 1)] = line.substr(0, tab);
  }
  for (const auto& candidate : {name, "refs/tags/" + name, "refs/heads/" + name, "refs/" + name}) {
    const auto found = commits.find(candidate);
    if (found == commits.end()) continue;
    const auto peeled = commits.find(candidate + "^{}");
    return {peeled != commits.end() ? peeled->second : found->second, candidate};
  }
  throw Error(Errc::input, fmt::format("fetch '{}': the repository has no ref '{}'", git.shown(),
                                       printable(name)))
      .with_hint("a branch, a tag, or a whole commit");
}

/// One commit alone where the server can do that; a plain web server cannot.
void fetch_commit(const Git& git, const FoundCommit& wanted, const fs::path& tree) {
  git.run({"init", "--quiet", "--template=", "."}, tree);
  git.run({"remote", "add", "--", "origin", git.remote()}, tree);
  const auto shallow = git.try_run(
      {"fetch", "--quiet", "--no-tags", "--depth=1", "--", git.remote(), wanted.name}, tree);
  const auto has_commit = [&] {
    return git.try_run({"cat-file", "-e", wanted.commit + "^{commit}"}, tree).status == 0;
  };
  if (shallow.status == 0 && has_commit()) return;
  const auto whole =
      git.try_run({"fetch", "--quiet", "--no-tags", "--", git.remote(),
                   "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"},
                  tree);
  if (whole.status != 0) throw git.failed(shallow.status != 0 ? shallow : whole);
  if (has_commit()) return;
  throw Error(Errc::input, fmt::format("fetch '{}': the repository has no commit '{}'", git.shown(),
                                       wanted.commit));
}

void fill_submodules(const Git& git, const fs::path& tree) {
  if (!lstat_file(tree / ".gitmodules")) return;
  git.run({"submodule", "--quiet", "update", "--init", "--recursive", "--depth=1"}, tree);
}

/// Submodules have a .git file each. Links are not followed.
void remove_git_folders(const fs::path& tree) {
  std::vector<fs::path> found;
  for (auto it = fs::recursive_directory_iterator(tree); it != fs::recursive_directory_iterator();
       ++it) {
    if (it->path().filename() != ".git") continue;
    found.push_back(it->path());
    it.disable_recursion_pending();
  }
  for (const auto& path : found) fs::remove_all(path);
}

void fill_tree(const Git& git, const FoundCommit& wanted, const dockerfile::GitRef& ref,
               const fs::path& tree) {
  fetch_commit(git, wanted, tree);
  git.run({"checkout", "--quiet", "--force", "--detach", wanted.commit}, tree);
  if (ref.submodules.value_or(true)) fill_submodules(git, tree);
}

void check_commit(const Git& git, const std::string& checksum, const std::string& commit) {
  if (commit.starts_with(checksum)) return;
  throw Error(Errc::integrity,
              fmt::format("fetch '{}': checksum mismatch: the commit is '{}' (expected: '{}')",
                          git.shown(), commit, printable(checksum)));
}

/// The tree's folder has no place for it.
fs::path time_file(const fs::path& tree) { return tree.native() + ".time"; }

std::string commit_time(const Git& git, const std::string& commit, const fs::path& tree) {
  return std::string(
      trim(git.run({"show", "--no-patch", "--format=%ct", commit + "^{commit}"}, tree)));
}

/// Fill a folder of the store, and let it appear whole.
void make_tree(const Git& git, const FoundCommit& wanted, const dockerfile::GitRef& ref,
               const Store& store, const fs::path& tree) {
  const TempDir work(store.folder("tmp"), "git-");
  const auto filled = work.path() / "tree";
  make_directories(filled);
  try {
    fill_tree(git, wanted, ref, filled);
    write_file_if_changed(time_file(tree), commit_time(git, wanted.commit, filled));
    if (!ref.keep_git_dir.value_or(false)) remove_git_folders(filled);
    fs::rename(filled, tree);
  } catch (const fs::filesystem_error& error) {
    throw Error::from_errno(error.code().value(), fmt::format("check out '{}'", git.shown()));
  }
}

}  // namespace

GitTree check_out(const dockerfile::GitRef& ref, const FetchContext& context) {
  const auto& store = context.store;
  const Git git(ref.remote, context.grants);
  const auto folder = store.folder("git") / sha256_hex(ref.remote).substr(0, 32);
  make_directories(folder);
  const FileLock lock(folder / "lock", FileLock::Mode::exclusive);
  const auto found = [](fs::path tree) {
    auto committed = parse_integer(read_file_if_exists(time_file(tree)).value_or(""));
    return GitTree{std::move(tree), committed};
  };
  const auto tree_of = [&](const std::string& commit) {
    return folder / fmt::format("{}{}{}", commit, ref.keep_git_dir.value_or(false) ? "-git" : "",
                                ref.submodules.value_or(true) ? "" : "-alone");
  };
  if (is_whole_commit(ref.checksum) && lstat_file(tree_of(ref.checksum)))
    return found(tree_of(ref.checksum));
  const bool trusts_checksum = ref.fetch_by_commit && is_whole_commit(ref.checksum);
  const auto wanted =
      trusts_checksum ? FoundCommit{ref.checksum, ref.checksum} : find_commit(git, ref.ref);
  check_commit(git, ref.checksum, wanted.commit);
  auto tree = tree_of(wanted.commit);
  if (!lstat_file(tree)) make_tree(git, wanted, ref, store, tree);
  return found(std::move(tree));
}

}  // namespace slipway

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace slipway::dockerfile {

/// A git repository, or a folder of one at some commit, as ADD and build
/// contexts name it: "https://host/x.git#ref:folder", "git@host:x.git",
/// "ssh://...", "git://...", or with a query instead of the fragment:
/// "?ref= tag= branch= subdir= checksum= commit= keep-git-dir= submodules=
/// mtime= fetch-by-commit=".
struct GitRef {
  std::string remote = {};      ///< what git takes
  std::string short_name = {};  ///< "x" of ".../x.git"
  std::string ref = {};         ///< commit, branch or tag; empty: the remote's HEAD
  std::string checksum = {};    ///< commit, or the start of one
  std::string subdir = {};
  /// "github.com/org/repo", which could be a local path: a repository only
  /// where a build context is named.
  bool indistinguishable_from_local = false;
  bool unencrypted = false;  ///< git:// and http://
  std::optional<bool> keep_git_dir = {};
  std::optional<bool> submodules = {};
  std::string mtime = {};  ///< "checkout" or "commit"; empty: not given
  bool fetch_by_commit = false;
};

/// nullopt: no name of a repository. Throws Errc::input for one that is wrong
/// (an unknown query, two refs).
std::optional<GitRef> parse_git_ref(std::string_view text);

}  // namespace slipway::dockerfile

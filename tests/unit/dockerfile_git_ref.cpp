#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "dockerfile/git_ref.hpp"

using namespace slipway;
using dockerfile::parse_git_ref;

namespace {

std::string error_of(const std::string& text) {
  try {
    (void)parse_git_ref(text);
  } catch (const Error& error) {
    CHECK(error.code() == Errc::input);
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("names of repositories and of their parts", "[dockerfile][git]") {
  const auto [text, remote, name, ref, subdir] =
      GENERATE(table<std::string, std::string, std::string, std::string, std::string>({
          {"https://h/a/b.git", "https://h/a/b.git", "b", "", ""},
          {"https://h/b.git#v1:x/y", "https://h/b.git", "b", "v1", "x/y"},
          {"https://h/b.git#:../x/./y/../z", "https://h/b.git", "b", "", "x/z"},
          {"git://h/b#main", "git://h/b", "b", "main", ""},
          {"ssh://git@h:22/b.git", "ssh://git@h:22/b.git", "b", "", ""},
          {"git@h:org/b.git?ref=v1&subdir=x", "git@h:org/b.git", "b", "v1", "x"},
          {"http://h/b.git?branch=x%2Fy", "http://h/b.git", "b", "refs/heads/x/y", ""},
          {"http://h/b.git?tag=v1#refs/tags/v1", "http://h/b.git", "b", "refs/tags/v1", ""},
      }));
  CAPTURE(text);
  const auto found = parse_git_ref(text);
  REQUIRE(found);
  CHECK(found->remote == remote);
  CHECK(found->short_name == name);
  CHECK(found->ref == ref);
  CHECK(found->subdir == subdir);
  CHECK_FALSE(found->indistinguishable_from_local);
}

TEST_CASE("paths and other URLs are no repositories", "[dockerfile][git]") {
  const std::string text =
      GENERATE("a.git", "./a.git", "https://h/a", "file:///a.git", "ext::sh -c x", "a b@h:c", "");
  CAPTURE(text);
  CHECK_FALSE(parse_git_ref(text));
}

TEST_CASE("options of a repository's query", "[dockerfile][git]") {
  const auto ref = parse_git_ref(
      "https://h/b.git?commit=ab&keep-git-dir&submodules=false&mtime=commit&fetch-by-commit=1");
  REQUIRE(ref);
  CHECK(ref->checksum == "ab");
  CHECK(ref->keep_git_dir == true);
  CHECK(ref->submodules == false);
  CHECK(ref->mtime == "commit");
  CHECK(ref->fetch_by_commit);
  CHECK(parse_git_ref("github.com/o/r")->indistinguishable_from_local);
}

TEST_CASE("a wrong query is refused by name", "[dockerfile][git]") {
  const auto [query, why] = GENERATE(table<std::string, std::string>({
      {"?x=1", "unexpected query 'x'"},
      {"?ref=", "query 'ref' has no value"},
      {"?ref=a&ref=b", "query 'ref' has multiple values"},
      {"?ref=a#b", "ref conflicts: 'b' and 'a'"},
      {"?tag=a&branch=b", "branch conflicts with tag"},
      {"?keep-git-dir=maybe", "invalid keep-git-dir value: 'maybe'"},
      {"?mtime=now", "invalid mtime value: 'now' (checkout or commit)"},
  }));
  CHECK(error_of("https://h/b.git" + query) == "read the name of a git repository: " + why);
}

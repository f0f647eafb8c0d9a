#include "sbom/source_commit.hpp"

#include <optional>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "sbom/package_database.hpp"

namespace slipway::sbom {
namespace fs = std::filesystem;
namespace {

/// nullopt: it did not end well.
std::optional<std::string> ask_git(const fs::path& directory, std::vector<std::string> words) {
  Command command;
  // A repository of another user is not asked, and needs no message.
  command.argv = {"git", "-C", directory.native()};
  command.argv.insert(command.argv.end(), words.begin(), words.end());
  command.environment = {{"GIT_OPTIONAL_LOCKS", "0"}, {"LC_ALL", "C"}};
  try {
    auto result = run_captured(command);
    if (result.status != 0) return std::nullopt;
    return std::string(trim(result.output));
  } catch (const Error&) {
    return std::nullopt;  // no git here
  }
}

}  // namespace

SourceCommit source_commit_of(const fs::path& directory, std::set<fs::path>& read) {
  const auto folder = ask_git(directory, {"rev-parse", "--absolute-git-dir"});
  const auto changes = ask_git(directory, {"status", "--porcelain", "--untracked-files=no"});
  const auto files = ask_git(directory, {"ls-tree", "--name-only", "HEAD"});
  // A directory may lie in a repository and be none of its own, as build trees do.
  if (!folder || !changes || !files || files->empty()) return {};
  for (const auto* name : {"HEAD", "logs/HEAD", "index"}) {
    if (lstat_file(fs::path(*folder) / name)) read.insert(fs::path(*folder) / name);
  }
  SourceCommit source;
  source.repository =
      public_url(ask_git(directory, {"config", "--get", "remote.origin.url"}).value_or(""));
  if (changes->empty()) source.commit = ask_git(directory, {"rev-parse", "HEAD"}).value_or("");
  return source;
}

}  // namespace slipway::sbom

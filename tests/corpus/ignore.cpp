// dockerignore/: patterns and paths.
#include "corpus/corpus.hpp"

#include "base/error.hpp"
#include "dockerfile/ignore.hpp"

namespace slipway::corpus {
namespace {

using dockerfile::IgnoreMatcher;

Verdict check_match(const Json& test) {
  const std::string path = test.at("path");
  try {
    const bool excluded = IgnoreMatcher(test.at("patterns")).excluded(path);
    if (test.contains("error")) return failed("accepted");
    return expect_equal<bool>(excluded, test.at("match"));
  } catch (const Error& error) {
    return expect_error(error.what(), test);
  }
}

Verdict check_clean(const Json& test) {
  std::optional<std::string> mistake;
  try {
    const IgnoreMatcher matcher(test.at("patterns"));
    if (test.contains("has_exclusions")) {
      // Only a "!" pattern keeps a directory from being pruned.
      return expect_equal<bool>(!matcher.prunes("docs"), test.at("has_exclusions"));
    }
  } catch (const Error& error) {
    mistake = error.what();
  }
  return expect_error(mistake, test);
}

/// The regular expressions themselves are none of ours; the patterns are read.
Verdict check_compile(const Json& test) {
  const std::vector<std::string> patterns = {test.at("pattern")};
  return expect_equal<bool>(IgnoreMatcher(patterns).empty(), false);
}

Verdict check_file(const Json& test) {
  return expect_equal<std::vector<std::string>>(dockerfile::read_ignore_file(std::string(test.at("content"))),
                                                test.at("expected"));
}

}  // namespace

void run_ignore(Score& score) {
  score.run_file("dockerignore/match.json", check_match);
  score.run_file("dockerignore/clean.json", check_clean);
  score.run_file("dockerignore/compile.json", check_compile);
  score.run_file("dockerignore/readfile.json", check_file);
}

}  // namespace slipway::corpus

// COPY and ADD.
#include <fmt/format.h>

#include <utility>

#include "dockerfile/heredoc.hpp"
#include "dockerfile/instructions.hpp"

namespace slipway::dockerfile {
namespace {

void read_flags(const Statement& statement, Reporter& report, Copy& copy) {
  FlagReader flags(statement, report);
  copy.chown = flags.word("chown");
  copy.chmod = flags.word("chmod");
  copy.link = flags.boolean("link").value_or(false);
  copy.excludes = flags.words("exclude");
  if (copy.add) {
    copy.keep_git_dir = flags.boolean("keep-git-dir");
    copy.checksum = flags.word("checksum");
    copy.unpack = flags.boolean("unpack");
  } else {
    copy.from = flags.word("from");
    copy.parents = flags.boolean("parents").value_or(false);
  }
  flags.finish();
}

/// Of two heredocs with one name the later counts for both, as in BuildKit.
Heredoc filled(Heredoc heredoc, const Word& word, const std::vector<Heredoc>& read) {
  for (const auto& candidate : read) {
    if (candidate.name == heredoc.name) heredoc.content = candidate.content;
  }
  heredoc.span = word.span;
  return heredoc;
}

}  // namespace

Body read_copy(const Statement& statement, Reporter& report) {
  Copy copy;
  copy.add = statement.keyword == "ADD";
  read_flags(statement, report, copy);
  auto words = list_of_words(statement, report);
  if (words.size() < 2) {
    if (!report.failed()) {
      report.error(statement.written,
                   fmt::format("{} requires at least two arguments, a source and a destination",
                               statement.keyword));
    }
    return copy;
  }
  copy.destination = std::move(words.back());
  words.pop_back();
  if (heredoc_of_word(copy.destination.text)) {
    report.error(statement.arguments,
                 fmt::format("{} cannot accept a heredoc as a destination", statement.keyword),
                 "the destination is the last argument");
  }
  for (auto& word : words) {
    if (auto heredoc = heredoc_of_word(word.text)) {
      copy.files.push_back(filled(std::move(*heredoc), word, statement.heredocs));
    } else {
      copy.sources.push_back(std::move(word));
    }
  }
  return copy;
}

}  // namespace slipway::dockerfile

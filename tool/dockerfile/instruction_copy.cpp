// COPY and ADD.
#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "dockerfile/expand.hpp"
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

/// A stage must be known before any variable is, so BuildKit refuses these.
void refuse_variables(const Word& from, Reporter& report) {
  const auto nothing = [](std::string_view) { return std::nullopt; };
  if (expand_word(from.text, nothing).text == from.text) return;
  report.error_at(from.span, "variables do not expand in '--from'",
                  "name a stage: FROM ${variable} AS <name>, and --from=<name>");
}

/// The sources among `words`, parted into paths and heredocs. Of two heredocs
/// with one name the later counts, as in BuildKit: both make the same file.
void set_sources(std::vector<Word> words, std::vector<Heredoc> heredocs, Copy& copy) {
  std::unordered_map<std::string_view, Heredoc*> by_name;
  for (auto& heredoc : heredocs) by_name[heredoc.name] = &heredoc;
  for (auto& word : words) {
    auto heredoc = heredoc_of_word(word.text);
    if (!heredoc) {
      copy.sources.push_back(std::move(word));
      continue;
    }
    const auto read = by_name.find(heredoc->name);
    if (read != by_name.end()) {
      if (read->second == nullptr) continue;  // the same file again
      heredoc->content = std::move(std::exchange(read->second, nullptr)->content);
    }
    heredoc->span = word.span;
    copy.files.push_back(std::move(*heredoc));
  }
}

}  // namespace

Body read_copy(Statement& statement, Reporter& report) {
  Copy copy;
  copy.add = statement.keyword == "ADD";
  read_flags(statement, report, copy);
  if (copy.from) refuse_variables(*copy.from, report);
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
  set_sources(std::move(words), std::move(statement.heredocs), copy);
  return copy;
}

}  // namespace slipway::dockerfile

// cmake writes one JSON object a line, the first with the version, then one a
// command with its expanded arguments:
//   {"args":["INSTALL","DESTINATION","/usr/bin","TYPE","EXECUTABLE","FILES","/b/app"],"cmd":"file",...}

#include "build/install_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

using Words = std::vector<std::string>;

/// Words of file(INSTALL) and file(COPY) that end a list of files.
bool is_keyword(std::string_view word) {
  constexpr std::array<std::string_view, 20> keywords = {"DESTINATION",
                                                         "TYPE",
                                                         "FILES",
                                                         "RENAME",
                                                         "OPTIONAL",
                                                         "PERMISSIONS",
                                                         "FILE_PERMISSIONS",
                                                         "DIR_PERMISSIONS",
                                                         "DIRECTORY_PERMISSIONS",
                                                         "NO_SOURCE_PERMISSIONS",
                                                         "USE_SOURCE_PERMISSIONS",
                                                         "FILES_MATCHING",
                                                         "PATTERN",
                                                         "REGEX",
                                                         "EXCLUDE",
                                                         "MESSAGE_ALWAYS",
                                                         "MESSAGE_LAZY",
                                                         "MESSAGE_NEVER",
                                                         "FOLLOW_SYMLINK_CHAIN",
                                                         "FILES_FROM_DIR"};
  return std::ranges::find(keywords, word) != keywords.end();
}

void add_sources(const Words& words, InstallTrace& trace) {
  std::string keyword = "FILES";  // file(COPY) has its files first, without a keyword
  std::string destination;
  std::string from;
  Words files;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (is_keyword(words[i])) {
      keyword = words[i];
    } else if (keyword == "FILES") {
      files.push_back(words[i]);
    } else if (keyword == "DESTINATION") {
      destination = words[i];
    } else if (keyword == "FILES_FROM_DIR") {
      from = words[i];
    }
  }
  for (auto& file : files) {
    const bool is_relative = !file.starts_with('/') && !from.empty();
    trace.sources.push_back({is_relative ? from + "/" + file : std::move(file), destination});
  }
}

void read_line(const Json& line, InstallTrace& trace) {
  if (line.contains("version")) return;
  trace.scripts.insert(line.at("file").get<std::string>());
  if (line.at("cmd") != "file") return;
  const auto words = line.at("args").get<Words>();
  if (!words.empty() && (words.front() == "INSTALL" || words.front() == "COPY"))
    add_sources(words, trace);
}

/// Notes what a source directory gave to the tree at `staged`.
void walk(const fs::path& source, const fs::path& staged, std::set<fs::path>& result) {
  result.insert(source);
  std::error_code error;
  for (fs::directory_iterator it(source, error), end; !error && it != end; it.increment(error)) {
    const auto counterpart = staged / it->path().filename();
    const auto st = lstat_file(counterpart);
    if (!st) continue;
    const bool is_directory = it->is_directory(error) && !it->is_symlink(error);
    if (is_directory) {
      walk(it->path(), counterpart, result);
    } else if (fs::exists(it->path(), error)) {
      result.insert(it->path());
    }
  }
}

}  // namespace

InstallTrace parse_install_trace(std::string_view text) {
  InstallTrace trace;
  try {
    for (const auto& line : split(text, '\n')) {
      if (!line.empty()) read_line(parse_json(line), trace);
    }
  } catch (const Json::exception& error) {
    throw Error(Errc::environment, fmt::format("read cmake's trace: {}", error.what()))
        .with_hint("CMake 3.25 or later is needed");
  }
  return trace;
}

std::set<fs::path> installed_sources(const InstallTrace& trace, const fs::path& root) {
  std::set<fs::path> result;
  for (const auto& [path, destination] : trace.sources) {
    const bool contents_only = path.ends_with('/');
    const fs::path source = contents_only ? fs::path(path).parent_path() : fs::path(path);
    std::error_code error;
    if (fs::is_directory(source, error)) {
      const fs::path to = root / fs::path(destination).relative_path();
      walk(source, contents_only ? to : to / source.filename(), result);
    } else if (fs::exists(source, error)) {
      result.insert(source);
    } else if (fs::is_directory(source.parent_path(), error) &&
               path.find("\xef\xbf\xbd") != std::string::npos) {
      // A name that is not UTF-8 is damaged in JSON; its directory is still right.
      result.insert(source.parent_path());
    }
  }
  return result;
}

}  // namespace slipway

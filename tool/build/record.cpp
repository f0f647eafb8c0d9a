#include "build/record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "base/credentials.hpp"
#include "base/digesting.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {

constexpr std::string_view record_header = "slipway-record 1";

/// File systems stamp files with a clock that ticks this slowly (a jiffy, and
/// something to spare).
constexpr std::int64_t clock_tick_ns = 20'000'000;

/// Key and value of a line: "<kind> <name>" and the rest after a tab.
std::map<std::string, std::string> by_name(const Record& record) {
  std::map<std::string, std::string> result;
  for (const auto& line : record.lines) {
    const auto tab = line.find('\t');
    result[line.substr(0, tab)] = tab == std::string::npos ? std::string() : line.substr(tab + 1);
  }
  return result;
}

std::string sentence(const std::string& name, const std::string* before, const std::string* now) {
  const auto space = name.find(' ');
  const auto kind = name.substr(0, space);
  if (kind == "item") {
    return fmt::format("'{}' {}", printable(name.substr(space + 1)),
                       before == nullptr ? "was added"
                       : now == nullptr  ? "is gone"
                                         : "changed");
  }
  if (kind == "credentials") return "users or passwords of URLs changed";
  if (name == "layers beneath") return "the files beneath changed";
  if (kind == "racy") return "files changed at the very moment when the step last read them";
  return fmt::format("{} changed: '{}', before '{}'", printable(name),
                     printable(now == nullptr ? "" : *now),
                     printable(before == nullptr ? "" : *before));
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '\\' || c == '\t') {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

std::string unescaped(std::string_view text) {
  constexpr std::size_t length = 4;  // of "\\x5c"
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    unsigned value = 0;
    const bool is_escape =
        text[i] == '\\' && i + length <= text.size() &&
        std::from_chars(text.data() + i + 2, text.data() + i + length, value, 16).ec == std::errc();
    out += is_escape ? static_cast<char>(value) : text[i];
    i += is_escape ? length : 1;
  }
  return out;
}

std::optional<std::string> racy_line(std::int64_t changed_ns, std::int64_t now_ns) {
  if (changed_ns + clock_tick_ns <= now_ns) return std::nullopt;
  return fmt::format("racy\t{}", now_ns);
}

void hide_credentials(Record& record) {
  Sha256 digest;
  bool has_some = false;
  for (auto& line : record.lines) {
    digest.update(line + '\n');
    auto shown = without_credentials(line);
    has_some = has_some || shown != line;
    line = std::move(shown);
  }
  if (has_some) record.lines.push_back("credentials\t" + digest.finish());
}

std::string Record::text() const {
  std::size_t size = record_header.size() + 1;
  for (const auto& line : lines) size += line.size() + 1;
  std::string out;
  out.reserve(size);
  out.append(record_header).append(1, '\n');
  for (const auto& line : lines) out.append(line).append(1, '\n');
  return out;
}

Record Record::parse(std::string_view text) {
  Record record;
  auto lines = split(text, '\n');
  if (lines.front() != record_header) return record;
  lines.erase(lines.begin());
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  record.lines = std::move(lines);
  return record;
}

Record make_record(const Step& step, const std::vector<CopiedItem>& items, std::int64_t now_ns) {
  Record record;
  record.lines.push_back("instruction\t" + escaped(without_credentials(step.instruction.text)));
  record.lines.push_back(fmt::format("compression\t{}", step.compression.str()));
  record.lines.push_back(
      fmt::format("format\t{}", step.format == ImageFormat::docker ? "docker" : "oci"));
  std::int64_t changed_ns = 0;
  for (const auto& copied : items) {
    const auto& entry = copied.item.entry;
    record.lines.push_back(fmt::format(
        "item {}\t{} {:o} {}:{} {} {} {}", escaped(entry.path), static_cast<char>(entry.type),
        entry.mode, entry.uid, entry.gid, entry.mtime, copied.signature, escaped(copied.source)));
    changed_ns = std::max(changed_ns, copied.changed_ns);
  }
  if (auto line = racy_line(changed_ns, now_ns)) record.lines.push_back(std::move(*line));
  return record;
}

std::vector<std::string> differences(const Record& before, const Record& now) {
  std::vector<std::string> result;
  const auto old_lines = by_name(before);
  const auto new_lines = by_name(now);
  for (const auto& [name, value] : new_lines) {
    const auto old = old_lines.find(name);
    if (old == old_lines.end()) {
      result.push_back(sentence(name, nullptr, &value));
    } else if (old->second != value) {
      result.push_back(sentence(name, &old->second, &value));
    }
  }
  for (const auto& [name, value] : old_lines) {
    if (!new_lines.contains(name)) result.push_back(sentence(name, &value, nullptr));
  }
  return result;
}

}  // namespace slipway

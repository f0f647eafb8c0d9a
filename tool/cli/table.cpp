#include "cli/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway::cli {
namespace {

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, starts_character));
}

/// go-units' HumanDuration, which Docker's tables use.
std::string duration(std::int64_t seconds) {
  const std::int64_t minutes = seconds / 60;
  const std::int64_t hours = (seconds + 1800) / 3600;
  if (seconds < 1) return "Less than a second";
  if (seconds == 1) return "1 second";
  if (seconds < 60) return fmt::format("{} seconds", seconds);
  if (minutes == 1) return "About a minute";
  if (minutes < 60) return fmt::format("{} minutes", minutes);
  if (hours == 1) return "About an hour";
  if (hours < 48) return fmt::format("{} hours", hours);
  if (hours < 24 * 7 * 2) return fmt::format("{} days", hours / 24);
  if (hours < 24 * 30 * 2) return fmt::format("{} weeks", hours / 24 / 7);
  if (hours < 24 * 365 * 2) return fmt::format("{} months", hours / 24 / 30);
  return fmt::format("{} years", hours / 24 / 365);
}

/// The value of the placeholder whose name starts `text`; shortens `text` to
/// what follows its braces.
const std::string& take_field(std::string_view& text,
                              const std::map<std::string, std::string>& fields) {
  const std::size_t end = text.find("}}");
  const std::string name(trim(text.substr(0, end)));
  const auto field = fields.find(name.starts_with('.') ? name.substr(1) : name);
  if (end == std::string_view::npos || !name.starts_with('.') || field == fields.end()) {
    std::vector<std::string> known;
    for (const auto& [key, value] : fields) known.push_back("." + key);
    throw Error(Errc::usage, fmt::format("--format: unknown field '{}'", printable(name)))
        .with_hint(fmt::format("there are: {}", fmt::join(known, ", ")));
  }
  text.remove_prefix(end + 2);
  return field->second;
}

}  // namespace

std::string to_table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string table;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i] + std::string(widths[i] - width_of(row[i]) + 3, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    table += line + '\n';
  }
  return table;
}

std::string shortened(std::string_view text, std::size_t limit) {
  std::string line(text);
  std::ranges::replace_if(
      line, [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  if (width_of(line) <= limit) return line;
  std::size_t end = 0;
  for (std::size_t seen = 0; end < line.size(); ++end) {
    if (starts_character(line[end]) && ++seen == limit) break;
  }
  return line.substr(0, end) + "…";
}

std::string age(std::string_view created, std::int64_t now) {
  const auto time = parse_rfc3339(created);
  return time ? duration(now - *time) + " ago" : "N/A";
}

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string fill_format(std::string_view format, const std::map<std::string, std::string>& fields) {
  std::string text;
  while (!format.empty()) {
    const bool is_field = format.starts_with("{{");
    const bool is_escape = format.starts_with("\\t") || format.starts_with("\\n");
    if (is_field) {
      format.remove_prefix(2);
      text += take_field(format, fields);
      continue;
    }
    text += is_escape ? (format[1] == 't' ? '\t' : '\n') : format[0];
    format.remove_prefix(is_escape ? 2 : 1);
  }
  return text;
}

}  // namespace slipway::cli

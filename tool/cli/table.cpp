#include "cli/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "dockerfile/duration.hpp"

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

[[noreturn]] void refuse_field(std::string_view name, const Json& document) {
  std::vector<std::string> known;
  for (const auto& [key, value] : document.items()) known.push_back("." + key);
  throw Error(Errc::usage, fmt::format("--format: unknown field '{}'", printable(name)))
      .with_hint(fmt::format("there are: {}", fmt::join(known, ", ")));
}

/// On one line, as Go writes it.
std::string json_of(const Json& value) { return to_printable_text(value); }

/// The member that ".A.B" names; "." is all of it.
const Json& member_of(const Json& document, std::string_view name) {
  const Json* value = &document;
  if (name == ".") return *value;
  if (!name.starts_with('.')) refuse_field(name, document);
  for (const auto& key : split(name.substr(1), '.')) {
    const auto found = value->is_object() ? value->find(key) : value->end();
    if (!value->is_object() || found == value->end()) {
      refuse_field(name, value->is_object() ? *value : document);
    }
    value = &*found;
  }
  return *value;
}

/// As Go prints it.
std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "<no value>";
  if (!value.is_structured()) return json_of(value);
  std::vector<std::string> parts;
  for (const auto& [key, part] : value.items())
    parts.push_back(value.is_object() ? key + ':' + text_of(part) : text_of(part));
  return fmt::format("{}[{}]", value.is_object() ? "map" : "", fmt::join(parts, " "));
}

/// What stands between two braces: ".Name", or a function of Docker's templates
/// before it.
std::string value_of(std::string_view words, const Json& document) {
  const auto blank = words.find(' ');
  const auto function =
      blank == std::string_view::npos ? std::string_view() : words.substr(0, blank);
  const auto name = blank == std::string_view::npos ? words : trim(words.substr(blank));
  const auto& value = member_of(document, name);
  if (function.empty()) return text_of(value);
  if (function == "json") return json_of(value);
  if (function == "upper") return to_upper(text_of(value));
  if (function == "lower") return to_lower(text_of(value));
  if (function == "println") return text_of(value) + '\n';
  throw Error(Errc::usage, fmt::format("--format: unknown function '{}'", printable(function)))
      .with_hint("there are: json, lower, println, upper");
}

/// The value of the placeholder that `text` starts with; shortens `text` to what
/// follows its braces.
std::string take_field(std::string_view& text, const Json& document) {
  const std::size_t end = text.find("}}");
  const auto words = trim(text.substr(0, end));
  if (end == std::string_view::npos) refuse_field(words, document);
  text.remove_prefix(end + 2);
  return value_of(words, document);
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

std::string date_and_time(std::string_view text) {
  const auto time = parse_rfc3339(text);
  if (!time) return "N/A";
  std::string plain = rfc3339(*time);  // "2024-01-02T03:04:05Z"
  plain[10] = ' ';
  plain.pop_back();
  return plain + " +0000 UTC";
}

std::int64_t parse_moment(std::string_view flag, std::string_view text) {
  if (const auto time = parse_rfc3339(text)) return *time;
  if (const auto seconds = parse_integer(text)) return *seconds;
  if (const auto ago = dockerfile::parse_go_duration(text)) return now() - *ago / 1'000'000'000;
  throw Error(Errc::usage, fmt::format("{} '{}' is no time", flag, printable(text)))
      .with_hint("it is 2024-01-02T03:04:05Z, seconds since 1970, or so long ago: 10m, 24h");
}

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string fill_format(std::string_view format, const std::map<std::string, std::string>& fields) {
  return fill_format(format, Json(fields));
}

std::string fill_format(std::string_view format, const Json& document) {
  std::string text;
  while (!format.empty()) {
    const bool is_field = format.starts_with("{{");
    const bool is_escape = format.starts_with("\\t") || format.starts_with("\\n");
    if (is_field) {
      format.remove_prefix(2);
      text += take_field(format, document);
      continue;
    }
    text += is_escape ? (format[1] == 't' ? '\t' : '\n') : format[0];
    format.remove_prefix(is_escape ? 2 : 1);
  }
  return text;
}

}  // namespace slipway::cli

#include "cli/listing.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/table.hpp"

namespace slipway::cli {
namespace {

constexpr std::string_view table_prefix = "table";

/// Where a table's template parts its columns.
Row cells_of(const std::string& line) { return split(line, '\t'); }

std::string render_table(const Listing& listing, const std::string& format) {
  std::vector<Row> rows = {cells_of(fill_format(format, listing.heads))};
  for (const auto& fields : listing.rows) rows.push_back(cells_of(fill_format(format, fields)));
  return to_table(rows);
}

std::string default_format(const Listing& listing) {
  std::string format;
  for (const auto& column : listing.columns)
    format += fmt::format("{}{{{{.{}}}}}", format.empty() ? "" : "\t", column);
  return format;
}

}  // namespace

void ListingFlags::add_to(Command& command, const std::string& quiet_help) {
  command.flag("-q,--quiet", quiet, quiet_help);
  command.option("--format", format, "table, table TEMPLATE, json, or a template: {{.ID}}",
                 {"TEXT"});
}

std::string ListingFlags::render(const Listing& listing) const {
  if (quiet || !format.empty()) {
    const bool is_table = format.starts_with(table_prefix) && !quiet;
    const std::string_view rest =
        trim(std::string_view(format).substr(is_table ? table_prefix.size() : 0));
    if (is_table)
      return render_table(listing, rest.empty() ? default_format(listing) : std::string(rest));
    const std::string line = quiet ? "{{.ID}}" : format == "json" ? "{{json .}}" : format;
    (void)fill_format(line, listing.heads);  // a mistake shows without rows, too
    std::string text;
    for (const auto& fields : listing.rows) text += fill_format(line, fields) + '\n';
    return text;
  }
  return render_table(listing, default_format(listing));
}

Filters::Filters(const std::string& command, const std::vector<std::string>& texts,
                 const std::vector<std::string>& known) {
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) {
      throw Error(Errc::usage, fmt::format("{}: --filter '{}' is not of the form NAME=VALUE",
                                           command, printable(text)));
    }
    std::string name = text.substr(0, equals);  // of "label!=x" with the mark
    if (std::ranges::find(known, name) == known.end()) {
      throw Error(Errc::usage, fmt::format("{}: there is no filter '{}'", command, printable(name)))
          .with_hint(fmt::format("there are: {}", fmt::join(known, ", ")));
    }
    given_.emplace_back(std::move(name), text.substr(equals + 1));
  }
}

std::vector<std::string> Filters::of(const std::string& name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : given_) {
    if (key == name) values.push_back(value);
  }
  return values;
}

bool Filters::accepts(const std::string& name, const std::string& value) const {
  const auto wanted = of(name);
  return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
}

bool Filters::accepts_labels(const std::map<std::string, std::string>& labels) const {
  const auto has = [&](const std::string& text) {
    const auto equals = text.find('=');
    const auto found = labels.find(text.substr(0, equals));
    return found != labels.end() &&
           (equals == std::string::npos || found->second == text.substr(equals + 1));
  };
  const auto wanted = of("label");
  const auto unwanted = of("label!");
  return std::ranges::all_of(wanted, has) && std::ranges::none_of(unwanted, has);
}

}  // namespace slipway::cli

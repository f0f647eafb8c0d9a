#include "cli/call.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/dockerfile_path.hpp"
#include "cli/lint.hpp"
#include "cli/table.hpp"
#include "dockerfile/parser.hpp"
#include "lint/output.hpp"

namespace slipway::cli {
namespace {

const std::vector<std::string> call_names = {"build", "check", "outline", "targets"};

int print_check(const dockerfile::Dockerfile& file, const Diagnostics& reading,
                lint::Options options, bool json) {
  options.groups = {lint::Group::build, lint::Group::slipway};
  const auto findings = lint::lint(file, reading, options);
  const int status = findings.fail ? exit_status(Errc::input) : 0;
  if (json) {
    fmt::print("{}", lint::check_json(findings, reading.source()));
    return status;
  }
  fmt::print("{}", lint::to_text(findings, reading.source()));
  const auto count = findings.all.size();
  if (count == 0) {
    fmt::print("Check complete, no warnings found.\n");
  } else {
    fmt::print("Check complete, {} warning{} been found!\n", count, count == 1 ? " has" : "s have");
  }
  return status;
}

void print_items(std::string_view title, const std::vector<lint::Outline::Item>& items) {
  if (items.empty()) return;
  std::vector<Row> rows = {{std::string(title), "REQUIRED"}};
  for (const auto& item : items) rows.push_back({item.name, item.required ? "true" : ""});
  fmt::print("\n{}", to_table(rows));
}

void print_outline(const lint::Outline& outline) {
  fmt::print("TARGET: {}\n", outline.name.empty() ? "(default)" : outline.name);
  if (!outline.description.empty()) fmt::print("DESCRIPTION: {}\n", outline.description);
  if (!outline.arguments.empty()) {
    std::vector<Row> rows = {{"BUILD ARG", "VALUE", "DESCRIPTION"}};
    for (const auto& item : outline.arguments)
      rows.push_back({item.name, item.value, item.description});
    fmt::print("\n{}", to_table(rows));
  }
  print_items("SECRET", outline.secrets);
  print_items("SSH", outline.ssh);
}

void print_targets(const dockerfile::Dockerfile& file) {
  std::vector<Row> rows = {{"TARGET", "DESCRIPTION"}};
  for (const auto& stage : file.stages) {
    const auto& name = stage.base().name;
    const bool is_last = stage.index + 1 == file.stages.size();
    if (name.empty() && !is_last) continue;
    const auto* const mark = !is_last ? "" : name.empty() ? "(default)" : " (default)";
    rows.push_back({name + mark, lint::description_of(stage.from, name)});
  }
  fmt::print("{}", to_table(rows));
}

}  // namespace

Call parse_call(std::string_view text) {
  const auto parts = split(text, ',');
  Call call;
  if (parts[0] == "check" || parts[0] == "lint") {
    call.kind = Call::Kind::check;
  } else if (parts[0] == "outline") {
    call.kind = Call::Kind::outline;
  } else if (parts[0] == "targets") {
    call.kind = Call::Kind::targets;
  } else if (parts[0] != "build") {
    throw Error(Errc::usage, fmt::format("--call: unknown method '{}'", printable(parts[0])))
        .with_hint(did_you_mean(parts[0], call_names));
  }
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (parts[i] != "format=json" && parts[i] != "format=text") {
      throw Error(Errc::usage, fmt::format("--call: unknown attribute '{}'", printable(parts[i])))
          .with_hint("format=text or format=json");
    }
    call.json = parts[i] == "format=json";
  }
  return call;
}

int answer(const Call& call, const PlanFlags& flags) {
  const auto path = flags.dockerfile();
  Diagnostics reading(read_dockerfile(path));
  const auto file = dockerfile::parse_dockerfile(reading.source(), reading);
  reading.stop_if_errors();
  auto options = lint_options(path, flags.options());
  if (call.kind == Call::Kind::check)
    return print_check(file, reading, std::move(options), call.json);
  if (call.kind == Call::Kind::targets) {
    call.json ? fmt::print("{}", lint::targets_json(file)) : print_targets(file);
    return 0;
  }
  const auto outline = lint::make_outline(file, std::move(options));
  call.json ? fmt::print("{}", lint::outline_json(outline)) : print_outline(outline);
  return 0;
}

}  // namespace slipway::cli

// HEALTHCHECK.
#include <fmt/format.h>

#include <cstdint>
#include <limits>

#include "base/text.hpp"
#include "dockerfile/duration.hpp"
#include "dockerfile/instructions.hpp"

namespace slipway::dockerfile {
namespace {

constexpr std::int64_t shortest_interval = 1'000'000;  // nanoseconds

std::string read_interval(std::string_view name, FlagReader& flags, Reporter& report) {
  const auto word = flags.word(name);
  if (!word || word->text.empty()) return {};
  const auto value = parse_go_duration(word->text);
  if (!value) {
    report.error_at(word->span,
                    fmt::format("--{} is not a duration: '{}'", name, printable(word->text)),
                    "for example 30s or 1m30s");
  } else if (*value != 0 && *value < shortest_interval) {
    report.error_at(word->span, fmt::format("--{} cannot be less than 1ms", name));
  }
  return word->text;
}

int read_retries(FlagReader& flags, Reporter& report) {
  const auto word = flags.word("retries");
  if (!word || word->text.empty()) return 0;
  const auto value = parse_integer(word->text);
  if (value && *value >= 0 && *value <= std::numeric_limits<int>::max()) {
    return static_cast<int>(*value);
  }
  report.error_at(word->span,
                  fmt::format("--retries is not a number from 0 on: '{}'", printable(word->text)));
  return 0;
}

HealthcheckCommand read_options(const Statement& statement, Reporter& report) {
  HealthcheckCommand check;
  FlagReader flags(statement, report);
  check.interval = read_interval("interval", flags, report);
  check.timeout = read_interval("timeout", flags, report);
  check.start_period = read_interval("start-period", flags, report);
  check.start_interval = read_interval("start-interval", flags, report);
  check.retries = read_retries(flags, report);
  flags.finish();
  return check;
}

}  // namespace

Body read_healthcheck(Statement& statement, Reporter& report) {
  const auto [type, rest] = split_head(statement.arguments);
  if (type.empty()) {
    report.error(statement.written, "HEALTHCHECK requires at least one argument",
                 "write HEALTHCHECK CMD <command>, or HEALTHCHECK NONE");
    return HealthcheckNone{};
  }
  const std::string kind = to_upper(type);
  if (kind == "NONE") {
    if (rest) report.error(*rest, "HEALTHCHECK NONE takes no arguments");
    return HealthcheckNone{};
  }
  HealthcheckCommand check = read_options(statement, report);
  if (kind != "CMD") {
    report.error(type, fmt::format("unknown type '{}' in HEALTHCHECK", printable(type)),
                 "write HEALTHCHECK CMD <command>, or HEALTHCHECK NONE");
    return check;
  }
  if (rest) check.command = command_line(*rest, report);
  if ((!rest || check.command.arguments.empty()) && !report.failed()) {
    report.error(type, "missing command after HEALTHCHECK CMD");
  }
  return check;
}

}  // namespace slipway::dockerfile

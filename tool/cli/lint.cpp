#include "cli/lint.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <set>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/dockerfile_path.hpp"
#include "cli/rule_pages.hpp"
#include "dockerfile/parser.hpp"
#include "layer/image_source.hpp"
#include "lint/output.hpp"
#include "plan/ignore_files.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway::cli {
namespace fs = std::filesystem;
namespace {

const std::vector<std::string> lint_formats = {"text", "json", "sarif"};

struct LintCommand {
  PlanFlags flags = {};
  std::string format = "text";
  std::vector<std::string> levels = {};
  std::vector<std::string> trusted_registries = {};
  std::vector<std::string> required_labels = {};
  bool strict_labels = false;

  /// The exit status.
  int run() const;
};

/// A file in place of the context is the Dockerfile, and so is standard input.
PlanFlags of_one_file(PlanFlags flags) {
  std::error_code missing;
  const bool is_input = flags.context == standard_input;
  if (!flags.file.empty() || (!is_input && !fs::is_regular_file(flags.context, missing)))
    return flags;
  flags.file = flags.context;
  const auto parent = fs::path(flags.context).parent_path();
  flags.context = is_input || parent.empty() ? "." : parent.native();
  return flags;
}

int LintCommand::run() const {
  const auto asked = of_one_file(flags);
  const auto path = asked.dockerfile();
  auto options = lint_options(path, asked.options());
  for (const auto& level : levels) lint::read_rule_level(level, options.levels);
  options.trusted_registries = trusted_registries;
  options.strict_labels = strict_labels;
  for (const auto& label : required_labels) {
    const auto colon = label.rfind(':');
    const auto form = colon == std::string::npos ? "text" : label.substr(colon + 1);
    options.required_labels[label.substr(0, colon)] = lint::parse_label_format(form);
  }
  Diagnostics reading(read_dockerfile(path));
  const auto file = dockerfile::parse_dockerfile(reading.source(), reading);
  reading.stop_if_errors();
  const auto findings = lint::lint(file, reading, options);
  if (format == "json") {
    fmt::print("{}", lint::to_json(findings, reading.source()));
  } else if (format == "sarif") {
    fmt::print("{}", lint::to_sarif(findings, reading.source()));
  } else {
    fmt::print("{}", lint::to_text(findings, reading.source()));
  }
  return findings.fail || findings.has_errors() ? exit_status(Errc::input) : 0;
}

void print_help(const Command& program, const std::vector<std::string>& topics) {
  const auto topic = [&](std::size_t i) { return i < topics.size() ? topics[i] : std::string(); };
  const bool has_rules = topic(0) == "lint" || topic(0) == "gate";
  if (!has_rules || topic(1).empty()) fmt::print("{}", program.help_of(topic(0)));
  if (has_rules) fmt::print("{}", topic(0) == "lint" ? lint_help(topic(1)) : gate_help(topic(1)));
}

}  // namespace

namespace {

/// What the store or a layout knows of an image; archives would have to be
/// brought into the store first.
std::optional<lint::BaseImage> known_image(const std::string& reference, const Platform& platform) {
  if (!lstat_file(Store::default_path())) return std::nullopt;
  try {
    const auto name = ImageName::parse(reference);
    if (name.where != ImageName::Where::store && name.where != ImageName::Where::layout)
      return std::nullopt;
    const auto config = open_image(name, open_store(), platform).image.config;
    lint::BaseImage image;
    for (const auto& line : config.config.env)
      image.environment.push_back(line.substr(0, line.find('=')));
    image.sets_shell = !config.config.shell.empty();
    image.platform = config.platform;
    image.triggers = config.config.onbuild;
    return image;
  } catch (const Error&) {
    return std::nullopt;  // the build will tell
  }
}

}  // namespace

lint::Options lint_options(const std::string& dockerfile, const PlanOptions& plan) {
  lint::Options options;
  options.build_args = plan.build_args;
  options.platform = plan.platform;
  options.target = plan.target;
  options.base_image = [platform = plan.platform](const std::string& reference) {
    return known_image(reference, platform);
  };
  options.is_context = [contexts = plan.contexts](const std::string& name) {
    return contexts.find(name) != nullptr;
  };
  if (!plan.ignore_file.empty()) {
    options.ignore_file = read_file(plan.ignore_file);
    return options;
  }
  for (const auto& path : ignore_files_of(plan.context, dockerfile)) {
    options.ignore_file = read_file_if_exists(path);
    if (options.ignore_file) break;
  }
  return options;
}

void warn_of_findings(const dockerfile::Dockerfile& file, const Diagnostics& reading,
                      const PlanOptions& plan, Warnings warnings) {
  auto options = lint_options(reading.source().path, plan);
  options.all_stages = false;
  options.groups = {lint::Group::build, lint::Group::slipway};
  const auto findings = lint::lint(file, reading, options);
  if (findings.all.empty()) return;
  auto text = lint::to_text(findings, reading.source());
  std::set<std::string_view> names;
  for (const auto& finding : findings.all) names.insert(finding.rule->name);
  if (findings.fail) {
    throw Error(Errc::input,
                fmt::format("{}{}: error: these fail the build by 'check=error=true': {}\n", text,
                            reading.source().path, fmt::join(names, ", ")))
        .as_rendered();
  }
  if (warnings == Warnings::hidden) return;
  const auto count = findings.all.size();
  fmt::print(stderr, "{}{} warning{} ({}); 'slipway help lint RULE' tells more\n", text, count,
             count == 1 ? "" : "s", fmt::join(names, ", "));
}

void add_lint_commands(Command& program, Session& session) {
  auto command = std::make_shared<LintCommand>();
  auto lint = program.add("lint", "Look for mistakes and bad habits in a Dockerfile");
  command->flags.add_checked_to(lint);
  lint.choice("--format", command->format, lint_formats, "text, json or sarif [text]");
  lint.repeatable("--rule", command->levels, "NAME=off|warn|error: how much a rule counts");
  lint.repeatable("--trusted-registry", command->trusted_registries,
                  "A registry that images may come from; * for any characters", {"HOST"});
  lint.repeatable("--require-label", command->required_labels,
                  "KEY[:text|url|rfc3339|spdx|hash|semver|email]: a label of the image");
  lint.flag("--strict-labels", command->strict_labels, "No labels but the required ones");
  lint.action([command, &session] { session.status = command->run(); });

  auto topics = std::make_shared<std::vector<std::string>>();
  auto help = program.add("help", "Explain a command, or a rule of lint or gate");
  help.list("topic", *topics, "COMMAND, 'lint RULE' or 'gate RULE'");
  // By reference: a copy in its own command would keep the program alive for ever.
  help.action([topics, &program] { print_help(program, *topics); });
}

}  // namespace slipway::cli

#include "cli/lint.hpp"

#include <fmt/format.h>

#include <memory>
#include <set>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "dockerfile/parser.hpp"
#include "layer/image_source.hpp"
#include "lint/output.hpp"
#include "plan/ignore_files.hpp"

namespace slipway::cli {
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

int LintCommand::run() const {
  const auto path = flags.dockerfile();
  auto options = lint_options(path, flags.options());
  for (const auto& level : levels) lint::read_rule_level(level, options.levels);
  options.trusted_registries = trusted_registries;
  options.strict_labels = strict_labels;
  for (const auto& label : required_labels) {
    const auto colon = label.rfind(':');
    const auto form = colon == std::string::npos ? "text" : label.substr(colon + 1);
    options.required_labels[label.substr(0, colon)] = lint::parse_label_format(form);
  }
  Diagnostics reading(SourceText{path, read_file(path)});
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

std::string indented(std::string_view text) {
  std::string result;
  for (const auto& line : split(text.substr(0, text.find_last_not_of('\n') + 1), '\n')) {
    result += line.empty() ? "\n" : "    " + line + '\n';
  }
  return result;
}

/// `text` in lines of at most 80 characters.
std::string wrapped(std::string_view text) {
  constexpr std::size_t width = 80;
  std::string result;
  std::size_t column = 0;
  for (const auto& word : split(text, ' ')) {
    if (column > 0 && column + 1 + word.size() > width) {
      result += '\n';
      column = 0;
    }
    if (column > 0) result += ' ', ++column;
    result += word;
    column += word.size();
  }
  return result + '\n';
}

std::string_view word_of(const lint::Rule& rule) {
  if (rule.experimental) return "experimental";
  if (rule.level == lint::Level::off) return "off by default";
  return rule.level == lint::Level::error ? "error" : "warning";
}

std::string rule_page(const lint::Rule& rule) {
  auto text = fmt::format("{} ({}, {})\n\n{}\n{}", rule.name, name_of(rule.group), word_of(rule),
                          wrapped(rule.page.what), wrapped(rule.page.why));
  if (!rule.page.ignore_file.empty())
    text += fmt::format("\n.dockerignore:\n{}", indented(rule.page.ignore_file));
  text += fmt::format("\nBad:\n{}\nGood:\n{}", indented(rule.page.bad), indented(rule.page.good));
  return text +
         fmt::format(
             "\nTo switch it off: --rule {0}=off, or above the instruction\n    # check=skip={0}\n",
             rule.name);
}

std::string rule_list() {
  std::string text;
  for (const auto& rule : lint::rules())
    text += fmt::format("  {:<32} {} ({})\n", rule.name, rule.page.what, word_of(rule));
  return text + "\n'slipway help lint RULE' tells more.\n";
}

void print_help(const Command& program, const std::vector<std::string>& topics) {
  const auto topic = [&](std::size_t i) { return i < topics.size() ? topics[i] : std::string(); };
  if (topic(0) != "lint") {
    fmt::print("{}", program.help_of(topic(0)));
  } else if (topic(1).empty()) {
    fmt::print("{}\nRules:\n{}", program.help_of("lint"), rule_list());
  } else if (const auto* rule = lint::find_rule(topic(1))) {
    fmt::print("{}", rule_page(*rule));
  } else {
    throw Error(Errc::usage, fmt::format("unknown rule '{}'", printable(topic(1))))
        .with_hint(did_you_mean(topic(1), lint::rule_names()));
  }
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
    const auto config = open_image(name, Store::open(Store::default_path()), platform).image.config;
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
  auto help = program.add("help", "Explain a command, or a rule of lint");
  help.list("topic", *topics, "COMMAND, or 'lint RULE'");
  // By reference: a copy in its own command would keep the program alive for ever.
  help.action([topics, &program] { print_help(program, *topics); });
}

}  // namespace slipway::cli

// Docker's build checks of what stands in stages; see stage_checks.cpp. Most look
// only at the stages that are built.
#include "lint/instruction_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dockerfile/ignore.hpp"
#include "lint/findings.hpp"
#include "lint/suggestion.hpp"

namespace slipway::lint {
namespace df = dockerfile;
namespace {

template <typename Look>
void for_each_built_site(const Model& model, const Look& look) {
  for (const auto& stage : model.stages) {
    if (!stage.reachable) continue;
    for (const auto& site : stage.sites) look(stage, site);
  }
}

void check_maintainer(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    for (const auto& site : stage.sites) {
      if (site.as<df::Maintainer>() == nullptr) continue;
      findings.add("MaintainerDeprecated", site,
                   "Maintainer instruction is deprecated in favor of using label",
                   "write LABEL org.opencontainers.image.authors=\"...\"");
    }
  }
}

void check_undefined_variables(const Model& model, Collector& findings) {
  for_each_built_site(model, [&](const StageModel&, const Site& site) {
    for (const auto& use : site.undefined) {
      auto message = fmt::format("Usage of undefined variable '${}'", use.name);
      if (!use.suggestion.empty()) message += fmt::format(" (did you mean ${}?)", use.suggestion);
      findings.add("UndefinedVar", site, use.span, std::move(message));
    }
  });
}

void check_legacy_pairs(const Model& model, Collector& findings) {
  for_each_built_site(model, [&](const StageModel&, const Site& site) {
    const auto* const env = site.as<df::Env>();
    const auto* const label = site.as<df::Label>();
    if (env == nullptr && label == nullptr) return;
    for (const auto& pair : env != nullptr ? env->pairs : label->pairs) {
      if (!pair.legacy) continue;
      findings.add(
          "LegacyKeyValueFormat", site, pair.key.span,
          fmt::format("\"{0} key=value\" should be used instead of legacy \"{0} key value\" format",
                      site.keyword));
    }
  });
}

void check_secrets(const Model& model, Collector& findings) {
  const auto check = [&](const Site& site, std::string_view keyword, const std::string& name,
                         Span span) {
    if (!names_a_secret(name)) return;
    findings.add("SecretsUsedInArgOrEnv", site, span,
                 fmt::format("Do not use ARG or ENV instructions for sensitive data ({} {})",
                             keyword, go_quoted(name)),
                 "hand it to the RUN that needs it: RUN --mount=type=secret,id=...");
  };
  for_each_built_site(model, [&](const StageModel&, const Site& site) {
    if (const auto* const arg = site.as<df::Arg>()) {
      for (const auto& definition : arg->definitions)
        check(site, "ARG", definition.name, definition.span);
    } else if (const auto* const env = site.as<df::Env>()) {
      for (std::size_t i = 0; i < env->pairs.size(); ++i)
        check(site, "ENV", site.words[i], env->pairs[i].key.span);
    }
  });
}

void check_workdir(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    if (!stage.reachable || stage.starts_with_workdir) continue;
    const auto first = std::ranges::find_if(
        stage.sites, [](const Site& site) { return site.as<df::Workdir>() != nullptr; });
    if (first == stage.sites.end() || first->words.front().starts_with('/')) continue;
    findings.add(
        "WorkdirRelativePath", *first, first->as<df::Workdir>()->path.span,
        fmt::format("Relative workdir {} can have unexpected results if the base image changes",
                    go_quoted(first->words.front())),
        "write an absolute path");
  }
}

const df::CommandLine* start_command(const Site& site) {
  if (const auto* const cmd = site.as<df::Cmd>()) return &cmd->command;
  if (const auto* const entrypoint = site.as<df::Entrypoint>()) return &entrypoint->command;
  return nullptr;
}

void check_json_arguments(const Model& model, Collector& findings) {
  for_each_built_site(model, [&](const StageModel&, const Site& site) {
    const auto* const command = start_command(site);
    if (command == nullptr || command->exec_form || site.shell_is_set) return;
    findings.add(
        "JSONArgsRecommended", site,
        fmt::format(
            "JSON arguments recommended for {} to prevent unintended behavior related to OS signals",
            site.keyword),
        fmt::format("write {} [\"program\", \"argument\"]", site.keyword));
  });
}

/// The later one's comments count, though the earlier is what is reported.
void check_only_once(const Model& model, Collector& findings) {
  constexpr std::array<std::string_view, 3> keywords = {"CMD", "ENTRYPOINT", "HEALTHCHECK"};
  for (const auto& stage : model.stages) {
    if (!stage.reachable) continue;
    for (const auto keyword : keywords) {
      const Site* earlier = nullptr;
      for (const auto& site : stage.sites) {
        if (site.instruction->keyword != keyword) continue;
        if (earlier != nullptr) {
          findings.add_elsewhere(
              "MultipleInstructionsDisallowed", site, *earlier,
              fmt::format(
                  "Multiple {} instructions should not be used in the same stage because only the last one "
                  "will be used",
                  site.keyword),
              fmt::format("line {} replaces it", site.instruction->span.line));
        }
        earlier = &site;
      }
    }
  }
}

/// Context patterns that leave nothing at the top, so that "." is empty.
bool ignores_everything(std::string_view pattern) {
  return pattern == "*" || pattern == "**" || pattern == "**/*";
}

class IgnoredSources {
 public:
  explicit IgnoredSources(const std::vector<std::string>& patterns)
      : matcher_(patterns), ignores_root_(std::ranges::any_of(patterns, ignores_everything)) {}

  bool has(const std::string& path) const {
    return path == "." || path == "/" ? ignores_root_ : matcher_.excluded(path);
  }

 private:
  df::IgnoreMatcher matcher_;
  bool ignores_root_;
};

bool is_remote(std::string_view source) {
  return source.find("://") != std::string_view::npos || source.starts_with("git@");
}

void check_ignored_files(const Model& model, Collector& findings) {
  if (!model.options->ignore_file) return;
  const auto patterns = df::read_ignore_file(*model.options->ignore_file);
  // Below an excluded directory "!" can bring a file back: no telling by names.
  if (std::ranges::any_of(patterns,
                          [](const std::string& pattern) { return pattern.starts_with('!'); }))
    return;
  const IgnoredSources ignored(patterns);
  for_each_built_site(model, [&](const StageModel&, const Site& site) {
    const auto* const copy = site.as<df::Copy>();
    if (copy == nullptr || copy->from) return;
    for (std::size_t i = 0; i < copy->sources.size(); ++i) {
      const auto path = df::clean_path(site.words[i]);
      if ((copy->add && is_remote(site.words[i])) || !ignored.has(path)) continue;
      findings.add("CopyIgnoredFile", site, copy->sources[i].span,
                   fmt::format("Attempting to {} file {} that is excluded by .dockerignore",
                               copy->add ? "Add" : "Copy", go_quoted(path)));
    }
  });
}

bool is_protocol(std::string_view name) { return name == "tcp" || name == "udp" || name == "sctp"; }

void check_ports(const Model& model, Collector& findings) {
  for_each_built_site(model, [&](const StageModel&, const Site& site) {
    if (site.as<df::Expose>() == nullptr) return;
    for (const auto& port : site.words) {
      const auto slash = port.find('/', port.rfind(':') == std::string::npos ? 0 : port.rfind(':'));
      const auto protocol = slash == std::string::npos ? std::string() : port.substr(slash + 1);
      if (protocol != to_lower(protocol) && is_protocol(to_lower(protocol))) {
        findings.add(
            "ExposeProtoCasing", site,
            fmt::format("Defined protocol '{}' in EXPOSE instruction should be lowercase", port));
      }
      if (port.find(':') != std::string::npos && port.front() != ':') {
        findings.add(
            "ExposeInvalidFormat", site,
            fmt::format(
                "EXPOSE instruction should not define an IP address or host-port mapping, found '{}'",
                port),
            "which port of the host it becomes is chosen by run -p");
      }
    }
  });
}

}  // namespace

bool names_a_secret(std::string_view name) {
  constexpr std::array<std::string_view, 10> secret = {
      "apikey",   "auth",  "credential", "credentials", "key",
      "password", "pword", "passwd",     "secret",      "token"};
  constexpr std::array<std::string_view, 3> harmless = {"public", "file", "version"};
  const auto words = split(to_lower(name), '_');
  const auto has_word_of = [&](const auto& list) {
    return std::ranges::any_of(words, [&](const std::string& word) {
      return std::ranges::find(list, word) != list.end();
    });
  };
  return has_word_of(secret) && !has_word_of(harmless);
}

std::vector<Check> instruction_checks() {
  return {check_maintainer, check_undefined_variables, check_legacy_pairs, check_secrets,
          check_workdir,    check_json_arguments,      check_only_once,    check_ignored_files,
          check_ports};
}

std::vector<Check> build_checks() {
  auto all = stage_checks();
  const auto more = instruction_checks();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace slipway::lint

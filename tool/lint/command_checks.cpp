// hadolint's rules on what RUN runs, as far as they look at single commands.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/text.hpp"
#include "lint/findings.hpp"
#include "lint/shell_commands.hpp"

namespace slipway::lint {
namespace df = dockerfile;
namespace {

using Words = std::vector<std::string_view>;

/// What a rule says about one command; empty: nothing.
using Judge = std::string (*)(const ShellCommand&);

struct CommandRule {
  std::string_view name;
  Judge judge;
  std::string_view hint;
};

/// The first package that names no version: `marks` stand between the two.
std::string unpinned(const Words& packages, std::string_view marks) {
  for (const auto package : packages) {
    const bool is_file = package.find('/') != std::string_view::npos || package.ends_with(".deb") ||
                         package.ends_with(".rpm") || package.ends_with(".whl");
    if (is_file || package.find_first_of("$*") != std::string_view::npos) continue;
    if (package.find_first_of(marks) != std::string_view::npos) continue;
    return fmt::format("'{}' is installed in whatever version there is", package);
  }
  return {};
}

bool is_apt(const ShellCommand& command) {
  return command.program() == "apt-get" || command.program() == "apt";
}

/// `packages` without the words that are values of these flags.
Words without_values(Words packages, const ShellCommand& command,
                     std::initializer_list<std::string_view> flags) {
  for (std::size_t i = 0; i + 1 < command.words.size(); ++i) {
    const bool takes_next = std::ranges::find(flags, command.words[i]) != flags.end();
    if (takes_next) std::erase(packages, std::string_view(command.words[i + 1]));
  }
  return packages;
}

std::string judge_useless(const ShellCommand& command) {
  constexpr std::array<std::string_view, 9> useless = {"ssh",  "vim", "shutdown", "service", "ps",
                                                       "free", "top", "kill",     "mount"};
  const bool found = std::ranges::find(useless, command.program()) != useless.end();
  return found ? fmt::format("'{}' has nothing to do in a build", command.program()) : "";
}

std::string judge_sudo(const ShellCommand& command) {
  return command.program() == "sudo" ? "sudo needs a terminal, and is not needed" : "";
}

std::string judge_apt_pins(const ShellCommand& command) {
  const auto packages = operands_of(command, {"apt-get", "apt"}, {"install"});
  return unpinned(without_values(packages, command, {"-t", "-o", "--target-release"}), "=");
}

std::string judge_apt_yes(const ShellCommand& command) {
  const bool asks =
      command.program() == "apt-get" && (command.has("install") || command.has("upgrade"));
  const bool answers = command.has_flag("-y") || command.has_flag("--yes") ||
                       command.has_flag("--assume-yes") || command.has_flag("-q=2") ||
                       command.has("-qq");
  return asks && !answers ? "apt-get will ask, and nobody answers" : "";
}

std::string judge_apt_recommends(const ShellCommand& command) {
  if (!is_apt(command) || !command.has("install") || command.has("--no-install-recommends"))
    return "";
  const auto tells = [](const std::string& word) {
    return word.find("Install-Recommends") != std::string::npos;
  };
  return std::ranges::any_of(command.words, tells)
             ? ""
             : "apt-get installs all that it recommends as well";
}

std::string judge_apt(const ShellCommand& command) {
  return command.program() == "apt" ? "apt is made for people at a terminal" : "";
}

bool is_pip(const ShellCommand& command) {
  return command.program() == "pip" || command.program() == "pip3" || command.program() == "pip2";
}

std::string judge_pip_pins(const ShellCommand& command) {
  const bool by_file = command.has_flag("-r") || command.has("--requirement") ||
                       command.has("-e") || command.has("-c");
  return is_pip(command) && !by_file
             ? unpinned(operands_of(command, {"pip", "pip3", "pip2"}, {"install"}), "=<>~@.")
             : "";
}

std::string judge_pip_cache(const ShellCommand& command) {
  return is_pip(command) && command.has("install") && !command.has("--no-cache-dir")
             ? "pip leaves its cache in the layer"
             : "";
}

std::string judge_npm_pins(const ShellCommand& command) {
  auto packages = operands_of(command, {"npm"}, {"install", "i", "add"});
  // A scope starts with the mark of a version.
  for (auto& package : packages) package.remove_prefix(package.starts_with('@') ? 1 : 0);
  std::erase_if(packages, [](std::string_view package) { return package == "."; });
  for (const auto package : packages) {
    if (package.find('@') == std::string_view::npos &&
        package.find_first_of(":$") == std::string_view::npos) {
      return fmt::format("'{}' is installed in whatever version there is", package);
    }
  }
  return "";
}

/// The name behind -t is that of a group, not of a package.
std::string judge_apk_pins(const ShellCommand& command) {
  auto packages = without_values(operands_of(command, {"apk"}, {"add"}), command,
                                 {"-t", "--virtual", "--repository", "-X"});
  std::erase_if(packages, [](std::string_view package) { return package.starts_with('.'); });
  return unpinned(packages, "=<>~@");
}

std::string judge_apk_cache(const ShellCommand& command) {
  const bool adds = command.program() == "apk" && command.has("add");
  return adds && !command.has("--no-cache") ? "apk leaves its index in the layer" : "";
}

std::string judge_gem_pins(const ShellCommand& command) {
  const bool pinned = command.has_flag("-v") || command.has_flag("--version");
  return pinned ? "" : unpinned(operands_of(command, {"gem"}, {"install", "i"}), ":");
}

std::string judge_rpm_yes(const ShellCommand& command,
                          std::initializer_list<std::string_view> programs) {
  const bool is_one = std::ranges::find(programs, command.program()) != programs.end();
  const bool asks = is_one && (command.has("install") || command.has("groupinstall") ||
                               command.has("localinstall"));
  return asks && !command.has_flag("-y") && !command.has("--assumeyes")
             ? fmt::format("{} will ask, and nobody answers", command.program())
             : "";
}

std::string judge_yum_yes(const ShellCommand& command) { return judge_rpm_yes(command, {"yum"}); }
std::string judge_dnf_yes(const ShellCommand& command) {
  return judge_rpm_yes(command, {"dnf", "microdnf"});
}

bool has_digit(std::string_view text) {
  return text.find_first_of("0123456789") != std::string_view::npos;
}

/// name-1.2 names a version, gcc-c++ does not.
std::string judge_rpm_pins(const Words& packages) {
  for (const auto package : packages) {
    const auto dash = package.rfind('-');
    if (dash != std::string_view::npos && has_digit(package.substr(dash))) continue;
    if (package.starts_with('@')) continue;
    if (auto text = unpinned({package}, "="); !text.empty()) return text;
  }
  return "";
}

std::string judge_yum_pins(const ShellCommand& command) {
  return judge_rpm_pins(operands_of(command, {"yum"}, {"install"}));
}
std::string judge_dnf_pins(const ShellCommand& command) {
  return judge_rpm_pins(operands_of(command, {"dnf", "microdnf"}, {"install"}));
}

std::string judge_zypper_yes(const ShellCommand& command) {
  const bool asks = command.program() == "zypper" && (command.has("install") || command.has("in"));
  const bool answers = command.has_flag("-y") || command.has_flag("-n") ||
                       command.has("--non-interactive") || command.has("--no-confirm");
  return asks && !answers ? "zypper will ask, and nobody answers" : "";
}

std::string judge_zypper_upgrade(const ShellCommand& command) {
  const bool upgrades =
      command.program() == "zypper" && (command.has("dist-upgrade") || command.has("dup"));
  return upgrades ? "an upgrade makes another image of the same base every day" : "";
}

std::string judge_zypper_pins(const ShellCommand& command) {
  return unpinned(operands_of(command, {"zypper"}, {"install", "in"}), "=<>~");
}

std::string judge_useradd(const ShellCommand& command) {
  constexpr std::size_t usual_digits = 5;
  if (command.program() != "useradd" || command.has_flag("-l") || command.has("--no-log-init"))
    return "";
  for (std::size_t i = 0; i + 1 < command.words.size(); ++i) {
    const bool is_uid = command.words[i] == "-u" || command.words[i] == "--uid";
    if (is_uid && command.words[i + 1].size() > usual_digits)
      return "a high user ID makes a log file of gigabytes";
  }
  return "";
}

std::string judge_wget(const ShellCommand& command) {
  if (command.program() != "wget") return "";
  const bool is_calm = command.has_flag("--progress") || command.has_flag("-q") ||
                       command.has("--quiet") || command.has("-nv") ||
                       command.has("--no-verbose") || command.has_flag("--output-file") ||
                       command.has_flag("-o");
  return is_calm ? "" : "wget writes a line of progress every few kilobytes";
}

std::string judge_shell_link(const ShellCommand& command) {
  return command.program() == "ln" && command.has("/bin/sh")
             ? "the link changes the shell of all who use the image"
             : "";
}

std::string judge_go_pins(const ShellCommand& command) {
  const auto packages = operands_of(command, {"go"}, {"install", "get"});
  for (const auto package : packages) {
    const auto version = package.find('@');
    const bool is_local = package.starts_with('.') || package.find('.') == std::string_view::npos;
    if (is_local || (version != std::string_view::npos && package.substr(version) != "@latest"))
      continue;
    return fmt::format("'{}' is installed in whatever version there is", package);
  }
  return "";
}

constexpr std::string_view pin_hint = "name the version that was tested";

constexpr std::array command_rules = {
    CommandRule{"DL3001", judge_useless, ""},
    CommandRule{"DL3004", judge_sudo, "write USER root above, and another USER below"},
    CommandRule{"DL3008", judge_apt_pins, "name the version that was tested: package=version"},
    CommandRule{"DL3013", judge_pip_pins, "name the version that was tested: package==version"},
    CommandRule{"DL3014", judge_apt_yes, "give it -y"},
    CommandRule{"DL3015", judge_apt_recommends, "give it --no-install-recommends"},
    CommandRule{"DL3016", judge_npm_pins, "name the version that was tested: package@version"},
    CommandRule{"DL3018", judge_apk_pins, "name the version that was tested: package=version"},
    CommandRule{"DL3019", judge_apk_cache, "give it --no-cache"},
    CommandRule{"DL3027", judge_apt, "scripts use apt-get and apt-cache, whose ways do not change"},
    CommandRule{"DL3028", judge_gem_pins, "name the version that was tested: package:version"},
    CommandRule{"DL3030", judge_yum_yes, "give it -y"},
    CommandRule{"DL3033", judge_yum_pins, pin_hint},
    CommandRule{"DL3034", judge_zypper_yes, "give it --non-interactive"},
    CommandRule{"DL3035", judge_zypper_upgrade, "take a newer base image"},
    CommandRule{"DL3037", judge_zypper_pins, pin_hint},
    CommandRule{"DL3038", judge_dnf_yes, "give it -y"},
    CommandRule{"DL3041", judge_dnf_pins, pin_hint},
    CommandRule{"DL3042", judge_pip_cache, "give it --no-cache-dir"},
    CommandRule{"DL3046", judge_useradd, "give it --no-log-init"},
    CommandRule{"DL3047", judge_wget, "give it --progress=dot:giga or -nv"},
    CommandRule{"DL3062", judge_go_pins, "name the version that was tested: package@version"},
    CommandRule{"DL4005", judge_shell_link,
                "SHELL [\"/bin/bash\", \"-c\"] changes it for this file"},
};

struct RunSite {
  const Site* site = nullptr;
  const df::Run* run = nullptr;
  std::vector<ShellCommand> commands = {};
};

std::vector<RunSite> runs_of(const StageModel& stage) {
  std::vector<RunSite> runs;
  for (const auto& site : stage.sites) {
    if (const auto* const run = site.as<df::Run>()) runs.push_back({&site, run, commands_of(*run)});
  }
  return runs;
}

/// One finding a rule and RUN: the first.
void check_single_commands(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    for (const auto& [site, run, commands] : runs_of(stage)) {
      for (const auto& rule : command_rules) {
        for (const auto& command : commands) {
          auto message = rule.judge(command);
          if (message.empty()) continue;
          findings.add(rule.name, *site, std::move(message), std::string(rule.hint));
          break;
        }
      }
    }
  }
}

bool mounts_cache_at(const df::Run& run, std::string_view directory) {
  return std::ranges::any_of(run.mounts, [&](const df::Mount& mount) {
    return std::ranges::any_of(mount.fields, [&](const auto& field) {
      return field.first != "type" && field.first != "id" &&
             std::string_view(field.second).starts_with(directory);
    });
  });
}

bool any(const std::vector<ShellCommand>& commands, std::string_view program,
         std::string_view word) {
  return std::ranges::any_of(commands, [&](const ShellCommand& command) {
    return command.program() == program && command.has(word);
  });
}

bool removes(const std::vector<ShellCommand>& commands, std::string_view directory) {
  return std::ranges::any_of(commands, [&](const ShellCommand& command) {
    return command.program() == "rm" &&
           std::ranges::any_of(
               command.words, [&](const std::string& word) { return word.starts_with(directory); });
  });
}

struct CacheRule {
  std::string_view name, program, verb, cache, cleaner, message, hint;
};

/// What a package manager leaves in the layer, unless the same RUN takes it away.
constexpr std::array cache_rules = {
    CacheRule{"DL3009", "apt-get", "update", "/var/lib/apt", "",
              "the package lists stay in the layer", "end with rm -rf /var/lib/apt/lists/*"},
    CacheRule{"DL3032", "yum", "install", "/var/cache/yum", "yum", "yum's cache stays in the layer",
              "end with yum clean all"},
    CacheRule{"DL3036", "zypper", "install", "/var/cache/zypp", "zypper",
              "zypper's cache stays in the layer", "end with zypper clean"},
    CacheRule{"DL3040", "dnf", "install", "/var/cache", "dnf", "dnf's cache stays in the layer",
              "end with dnf clean all"},
    CacheRule{"DL3060", "yarn", "install", "/usr/local/share/.cache", "yarn",
              "yarn's cache stays in the layer", "end with yarn cache clean"},
};

void check_caches(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    for (const auto& [site, run, commands] : runs_of(stage)) {
      for (const auto& rule : cache_rules) {
        if (!any(commands, rule.program, rule.verb) || mounts_cache_at(*run, rule.cache)) continue;
        const bool cleaned = removes(commands, rule.cache) ||
                             (!rule.cleaner.empty() && (any(commands, rule.cleaner, "clean")));
        if (!cleaned)
          findings.add(rule.name, *site, std::string(rule.message), std::string(rule.hint));
      }
    }
  }
}

void check_directory_changes(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    for (const auto& [site, run, commands] : runs_of(stage)) {
      if (commands.empty() || commands.front().program() != "cd") continue;
      findings.add("DL3003", *site, "cd changes the directory for this RUN alone",
                   "WORKDIR says it for all that follow");
    }
  }
}

void check_consecutive_runs(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    const Site* before = nullptr;
    for (const auto& site : stage.sites) {
      const auto* const run = site.as<df::Run>();
      const bool is_plain = run != nullptr && run->mounts.empty() && run->heredocs.empty();
      if (is_plain && before != nullptr) {
        findings.add("DL3059", site, "another RUN right behind a RUN is another layer",
                     "join them with && where they change together");
      }
      before = is_plain ? &site : nullptr;
    }
  }
}

void check_two_downloaders(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    bool has_curl = false;
    bool has_wget = false;
    for (const auto& [site, run, commands] : runs_of(stage)) {
      const bool had_both = has_curl && has_wget;
      for (const auto& command : commands) {
        has_curl = has_curl || command.program() == "curl";
        has_wget = has_wget || command.program() == "wget";
      }
      if (!had_both && has_curl && has_wget)
        findings.add("DL4001", *site, "wget and curl do the same", "install one of them");
    }
  }
}

bool sets_pipefail(const df::Shell& shell) {
  return std::ranges::any_of(shell.arguments, [](const std::string& word) {
    return word.find("pipefail") != std::string::npos;
  });
}

void check_pipes(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    bool safe = false;
    for (const auto& site : stage.sites) {
      if (const auto* const shell = site.as<df::Shell>()) safe = sets_pipefail(*shell);
      const auto* const run = site.as<df::Run>();
      if (run == nullptr || safe || run->command.exec_form) continue;
      const auto commands = commands_of(*run);
      const bool pipes = std::ranges::any_of(commands, &ShellCommand::piped_into_next);
      if (!pipes || any(commands, "set", "pipefail")) continue;
      findings.add(
          "DL4006", site, "a command that fails in front of a pipe is not seen",
          "SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"], or set -o pipefail in the command");
    }
  }
}

}  // namespace

std::vector<Check> command_checks() {
  return {check_single_commands,  check_caches,          check_directory_changes,
          check_consecutive_runs, check_two_downloaders, check_pipes};
}

}  // namespace slipway::lint

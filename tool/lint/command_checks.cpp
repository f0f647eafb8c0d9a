// hadolint's rules on what RUN runs, as far as they look at single commands.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/text.hpp"
#include "lint/findings.hpp"
#include "lint/run_sites.hpp"

namespace slipway::lint {
namespace df = dockerfile;
namespace {

std::string judge_useless(const ShellCommand& command) {
  constexpr std::array<std::string_view, 9> useless = {"ssh",  "vim", "shutdown", "service", "ps",
                                                       "free", "top", "kill",     "mount"};
  const bool found = std::ranges::find(useless, command.program()) != useless.end();
  return found ? fmt::format("'{}' has nothing to do in a build", command.program()) : "";
}

std::string judge_sudo(const ShellCommand& command) {
  return command.program() == "sudo" ? "sudo needs a terminal, and is not needed" : "";
}

std::string judge_apt(const ShellCommand& command) {
  return command.program() == "apt" ? "apt is made for people at a terminal" : "";
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
  const bool is_calm =
      command.has_flag("--progress") || command.has_flag("-q") || command.has("--quiet") ||
      command.has("-nv") || command.has("--no-verbose") || command.has_flag("--output-file") ||
      command.has_flag("-o") || command.has_flag("--append-output") || command.has_flag("-a");
  return is_calm ? "" : "wget writes a line of progress every few kilobytes";
}

std::string judge_shell_link(const ShellCommand& command) {
  return command.program() == "ln" && command.has("/bin/sh")
             ? "the link changes the shell of all who use the image"
             : "";
}

constexpr std::array command_rules = {
    CommandRule{"DL3001", judge_useless, ""},
    CommandRule{"DL3004", judge_sudo, "write USER root above, and another USER below"},
    CommandRule{"DL3027", judge_apt, "scripts use apt-get and apt-cache, whose ways do not change"},
    CommandRule{"DL3046", judge_useradd, "give it --no-log-init"},
    CommandRule{"DL3047", judge_wget, "give it --progress=dot:giga or -nv"},
    CommandRule{"DL4005", judge_shell_link,
                "SHELL [\"/bin/bash\", \"-c\"] changes it for this file"},
};

bool any(const std::vector<ShellCommand>& commands, std::string_view program,
         std::string_view word) {
  return std::ranges::any_of(commands, [&](const ShellCommand& command) {
    return command.program() == program && command.has(word);
  });
}

void check_single_commands(const Model& model, Collector& findings) {
  judge_commands(model, command_rules, findings);
}

void check_directory_changes(const Model& model, Collector& findings) {
  for (const auto* const body : model.all_bodies()) {
    for (const auto& [site, run, commands] : runs_of(*body)) {
      if (commands.empty() || commands.front().program() != "cd") continue;
      findings.add("DL3003", *site, "cd changes the directory for this RUN alone",
                   "WORKDIR says it for all that follow");
    }
  }
}

/// One command and no more: several in a RUN were joined with a thought.
bool is_single(const df::Run& run) { return run.heredocs.empty() && commands_of(run).size() < 2; }

bool have_same_mounts(const df::Run& a, const df::Run& b) {
  return std::ranges::equal(a.mounts, b.mounts, {}, &df::Mount::fields, &df::Mount::fields);
}

void check_consecutive_runs(const Model& model, Collector& findings) {
  for (const auto* const body : model.all_bodies()) {
    const df::Run* before = nullptr;
    for (const auto& site : body->sites) {
      const auto* const run = site.as<df::Run>();
      const bool counts = run != nullptr && is_single(*run);
      if (counts && before != nullptr && have_same_mounts(*run, *before)) {
        findings.add("DL3059", site, "another RUN right behind a RUN is another layer",
                     "join them with && where they change together");
      }
      before = counts ? run : nullptr;
    }
  }
}

void check_two_downloaders(const Model& model, Collector& findings) {
  for (const auto* const body : model.all_bodies()) {
    bool has_curl = false;
    bool has_wget = false;
    for (const auto& [site, run, commands] : runs_of(*body)) {
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

/// A shell that knows pipefail, and is told so; or none whose pipes are like those.
bool sees_failed_pipes(const df::Shell& shell) {
  if (shell.arguments.empty()) return false;
  const auto program = file_name(shell.arguments.front());
  if (is_one_of(program, {"pwsh", "powershell", "powershell.exe", "cmd", "cmd.exe"})) return true;
  return !is_one_of(program, {"sh", "dash"}) &&
         std::ranges::any_of(shell.arguments, [](const std::string& word) {
           return word.find("pipefail") != std::string::npos;
         });
}

void check_pipes(const Model& model, Collector& findings) {
  for (const auto* const body : model.all_bodies()) {
    bool safe = false;
    for (const auto& site : body->sites) {
      if (const auto* const shell = site.as<df::Shell>()) safe = sees_failed_pipes(*shell);
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
  return {check_single_commands, check_directory_changes, check_consecutive_runs,
          check_two_downloaders, check_pipes};
}

}  // namespace slipway::lint

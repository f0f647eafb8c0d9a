// hadolint's rules on package managers: versions, questions, and what they leave behind.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "lint/findings.hpp"
#include "lint/run_sites.hpp"

namespace slipway::lint {
namespace df = dockerfile;
namespace {

using Words = std::vector<std::string_view>;

template <typename List = Names>
bool has_one_of(const ShellCommand& command, const List& words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return command.has(word); });
}

bool is_path(std::string_view word) {
  return word.starts_with('.') || word.starts_with('/') || word.starts_with('~');
}

bool is_variable(std::string_view word) {
  return word.find_first_of("$*") != std::string_view::npos;
}

/// What a rule says of the first of these packages that is not pinned.
template <typename IsPinned>
std::string first_unpinned(const Words& packages, const IsPinned& is_pinned) {
  const auto found = std::ranges::find_if(packages, [&](std::string_view package) {
    return !is_variable(package) && !is_pinned(package);
  });
  if (found == packages.end()) return {};
  return fmt::format("'{}' is installed in whatever version there is", *found);
}

/// The first package that names no version: `marks` stand between the two. Files and
/// addresses say which they are.
std::string unpinned(const Words& packages, std::string_view marks) {
  return first_unpinned(packages, [&](std::string_view package) {
    return package.find('/') != std::string_view::npos ||
           ends_with_one_of(package, {".deb", ".rpm", ".apk"}) ||
           package.find_first_of(marks) != std::string_view::npos;
  });
}

// apt

bool is_apt(const ShellCommand& command) {
  return is_one_of(command.program(), {"apt-get", "apt"});
}

std::string judge_apt_pins(const ShellCommand& command) {
  return unpinned(operands_of(command, {"apt-get", "apt"}, {"install"},
                              {"-t", "--target-release", "-o", "--option", "-c", "--config-file"}),
                  "=");
}

/// -y, or quiet twice over.
bool apt_is_answered(const ShellCommand& command) {
  const auto quiet = std::ranges::count_if(
      command.words, [](const std::string& word) { return word == "-q" || word == "--quiet"; });
  return command.has_flag("-y") || command.has_flag("--yes") || command.has_flag("--assume-yes") ||
         command.has_flag("-q=2") || command.has("-qq") || quiet > 1;
}

std::string judge_apt_yes(const ShellCommand& command) {
  const bool asks = command.program() == "apt-get" && has_one_of(command, {"install", "upgrade"});
  return asks && !apt_is_answered(command) ? "apt-get will ask, and nobody answers" : "";
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

// pip

bool is_pip(const ShellCommand& command) {
  return is_one_of(command.program(), {"pip", "pip2", "pip3"});
}

bool is_pinned_for_pip(std::string_view package) {
  if (package.starts_with("git+"))
    return package.find('@', package.rfind('/')) != std::string_view::npos;
  return package.find('/') != std::string_view::npos || package.starts_with('.') ||
         ends_with_one_of(package, {".whl", ".zip", ".tgz", ".tar.gz", ".tar.bz2"}) ||
         package.find_first_of("=<>~@!") != std::string_view::npos;
}

std::string judge_pip_pins(const ShellCommand& command) {
  const bool by_file = command.has_flag("-r") || command.has_flag("--requirement") ||
                       command.has_flag("-c") || command.has_flag("--constraint") ||
                       command.has("-e") || command.has_flag("--editable");
  if (by_file) return "";
  const auto packages = operands_of(command, {"pip", "pip2", "pip3", "pipx"}, {"install"},
                                    {"-b",
                                     "--build",
                                     "-f",
                                     "--find-links",
                                     "-i",
                                     "--index-url",
                                     "--abi",
                                     "--extra-index-url",
                                     "--platform",
                                     "--implementation",
                                     "--prefix",
                                     "--no-binary",
                                     "--only-binary",
                                     "--progress-bar",
                                     "--proxy",
                                     "--python-version",
                                     "--root",
                                     "--src",
                                     "-t",
                                     "--target",
                                     "--timeout",
                                     "--trusted-host",
                                     "--cache-dir",
                                     "--root-user-action",
                                     "--retries",
                                     "--upgrade-strategy"});
  return first_unpinned(packages, is_pinned_for_pip);
}

/// As pip reads its variables.
bool is_true(std::string_view value) {
  return is_one_of(to_lower(value), {"1", "on", "yes", "true", "y", "t"});
}

/// What "PIP_NO_CACHE_DIR=value" among the words says, where it stands there.
std::optional<bool> pip_cache_switch(const std::vector<std::string>& words) {
  constexpr std::string_view name = "PIP_NO_CACHE_DIR=";
  std::optional<bool> off;
  for (const auto& word : words) {
    if (word.starts_with(name)) off = is_true(std::string_view(word).substr(name.size()));
  }
  return off;
}

void note_pip_cache_switch(const df::Env& env, bool& off) {
  for (const auto& pair : env.pairs) {
    if (pair.key.text == "PIP_NO_CACHE_DIR") off = is_true(pair.value.text);
  }
}

bool fills_pip_cache(const std::vector<ShellCommand>& commands, bool off) {
  for (const auto& command : commands) {
    if (command.program() == "export") off = pip_cache_switch(command.words).value_or(off);
    const bool installs =
        is_pip(command) && command.has("install") && !command.has("--no-cache-dir");
    if (installs && !pip_cache_switch(command.assignments).value_or(off)) return true;
  }
  return false;
}

void check_pip_cache(const Model& model, Collector& findings) {
  std::vector<bool> is_off_behind(model.stages.size());  // what stages on each one start with
  for (const auto* const body : model.all_bodies()) {
    bool off = body->parent && is_off_behind[*body->parent];
    for (const auto& site : body->sites) {
      if (const auto* const env = site.as<df::Env>()) note_pip_cache_switch(*env, off);
      const auto* const run = site.as<df::Run>();
      if (run == nullptr || mounts_cache_at(*run, "/root/.cache/pip")) continue;
      if (!fills_pip_cache(commands_of(*run), off)) continue;
      findings.add("DL3042", site, "pip leaves its cache in the layer", "give it --no-cache-dir");
    }
    if (model.is_stage(*body)) is_off_behind[body->stage->index] = off;
  }
}

// npm, gem, go

/// name@version, @scope/name@version, a folder, an archive, or a commit of a repository.
bool is_pinned_for_npm(std::string_view package) {
  if (package.starts_with("git+") || package.starts_with("git:"))
    return package.find('#') != std::string_view::npos;
  if (is_path(package) || package.find(':') != std::string_view::npos ||
      ends_with_one_of(package, {".tar", ".tar.gz", ".tgz"}))
    return true;
  const std::size_t scope = package.starts_with('@') ? 1 : 0;
  return package.find_first_of("@#", scope) != std::string_view::npos;
}

std::string judge_npm_pins(const ShellCommand& command) {
  const auto packages =
      operands_of(command, {"npm"}, {"install", "i", "add"},
                  {"--loglevel", "--prefix", "-C", "--registry", "--userconfig", "--cache", "-w",
                   "--workspace", "--tag", "--omit", "--include", "--only", "--otp"});
  return first_unpinned(packages, is_pinned_for_npm);
}

std::string judge_gem_pins(const ShellCommand& command) {
  if (command.has_flag("-v") || command.has_flag("--version")) return "";
  auto gems = command;  // what stands behind -- is for the compiler of extensions
  gems.words.erase(std::ranges::find(gems.words, "--"), gems.words.end());
  return unpinned(operands_of(gems, {"gem"}, {"install", "i"},
                              {"-i", "--install-dir", "-n", "--bindir", "-s", "--source", "-P",
                               "--trust-policy", "--platform", "--use-system-libraries"}),
                  ":");
}

/// A module's path starts with a domain; what does not is Go's own, unless it is
/// to be a tool of the module.
bool is_pinned_for_go(std::string_view package, bool is_tool) {
  if (is_path(package) || package.ends_with(".go")) return true;
  const auto version = package.find('@');
  if (version != std::string_view::npos) return package.substr(version) != "@latest";
  return !is_tool && package.substr(0, package.find('/')).find('.') == std::string_view::npos;
}

std::string judge_go_pins(const ShellCommand& command) {
  const Names flags = {"-C",    "-p",       "-o",       "-mod",      "-modfile", "-tags",
                       "-exec", "-ldflags", "-gcflags", "-asmflags", "-overlay"};
  auto packages = operands_of(command, {"go"}, {"install", "get", "run"}, flags);
  if (command.has("run") && packages.size() > 1) packages.resize(1);  // then its arguments
  const bool is_tool = command.has("-tool");
  return first_unpinned(
      packages, [&](std::string_view package) { return is_pinned_for_go(package, is_tool); });
}

// apk

/// The name behind -t is that of a group, not of a package.
std::string judge_apk_pins(const ShellCommand& command) {
  auto packages = operands_of(command, {"apk"}, {"add"}, {"-t", "--virtual", "--repository", "-X"});
  std::erase_if(packages, [](std::string_view package) { return package.starts_with('.'); });
  return unpinned(packages, "=<>~@");
}

// yum, dnf, zypper

std::string judge_rpm_yes(const ShellCommand& command, Names programs) {
  const bool asks = is_one_of(command.program(), programs) &&
                    has_one_of(command, {"install", "groupinstall", "localinstall"});
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

/// name-1.2 names a version, gcc-c++ does not; a stream of a module stands behind ':'.
std::string judge_rpm_pins(const ShellCommand& command, Names programs) {
  auto plain = command;
  const bool is_module = command.has("module");
  std::erase(plain.words, "module");
  const auto packages = operands_of(plain, programs, {"install"});
  return first_unpinned(packages, [&](std::string_view package) {
    if (is_module) return package.find(':') != std::string_view::npos;
    const auto dash = package.rfind('-');
    const bool names_version = dash != std::string_view::npos && has_digit(package.substr(dash));
    return names_version || package.starts_with('@') || unpinned({package}, "=").empty();
  });
}

std::string judge_yum_pins(const ShellCommand& command) { return judge_rpm_pins(command, {"yum"}); }
std::string judge_dnf_pins(const ShellCommand& command) {
  return judge_rpm_pins(command, {"dnf", "microdnf"});
}

std::string judge_zypper_yes(const ShellCommand& command) {
  const bool asks = command.program() == "zypper" && has_one_of(command, {"install", "in"});
  const bool answers = command.has_flag("-y") || command.has_flag("-n") ||
                       has_one_of(command, {"--non-interactive", "--no-confirm"});
  return asks && !answers ? "zypper will ask, and nobody answers" : "";
}

std::string judge_zypper_upgrade(const ShellCommand& command) {
  const bool upgrades =
      command.program() == "zypper" && has_one_of(command, {"dist-upgrade", "dup"});
  return upgrades ? "an upgrade makes another image of the same base every day" : "";
}

std::string judge_zypper_pins(const ShellCommand& command) {
  return unpinned(operands_of(command, {"zypper"}, {"install", "in"}), "=<>~");
}

constexpr std::string_view pin_hint = "name the version that was tested";

constexpr std::array package_rules = {
    CommandRule{"DL3008", judge_apt_pins, "name the version that was tested: package=version"},
    CommandRule{"DL3013", judge_pip_pins, "name the version that was tested: package==version"},
    CommandRule{"DL3014", judge_apt_yes, "give it -y"},
    CommandRule{"DL3015", judge_apt_recommends, "give it --no-install-recommends"},
    CommandRule{"DL3016", judge_npm_pins, "name the version that was tested: package@version"},
    CommandRule{"DL3018", judge_apk_pins, "name the version that was tested: package=version"},
    CommandRule{"DL3028", judge_gem_pins, "name the version that was tested: package:version"},
    CommandRule{"DL3030", judge_yum_yes, "give it -y"},
    CommandRule{"DL3033", judge_yum_pins, pin_hint},
    CommandRule{"DL3034", judge_zypper_yes, "give it --non-interactive"},
    CommandRule{"DL3035", judge_zypper_upgrade, "take a newer base image"},
    CommandRule{"DL3037", judge_zypper_pins, pin_hint},
    CommandRule{"DL3038", judge_dnf_yes, "give it -y"},
    CommandRule{"DL3041", judge_dnf_pins, pin_hint},
    CommandRule{"DL3062", judge_go_pins, "name the version that was tested: package@version"},
};

void check_packages(const Model& model, Collector& findings) {
  judge_commands(model, package_rules, findings);
}

struct CacheRule {
  std::string_view name = {};
  std::vector<std::string_view> programs = {};
  std::vector<std::string_view> verbs = {};
  std::string_view unless = {};                 ///< a flag
  std::vector<std::string_view> caches = {};    ///< any of these is mounted, or removed
  std::vector<std::string_view> cleaning = {};  ///< words of the program that remove it
  bool in_image = false;  ///< a stage whose layers are thrown away may leave what it likes
  std::string_view message = {};
  std::string_view hint = {};
};

/// What a package manager leaves in the layer, unless the same RUN takes it away behind.
const std::vector<CacheRule>& cache_rules() {
  static const std::vector<CacheRule> rules = {
      {.name = "DL3009",
       .programs = {"apt-get", "apt", "aptitude"},
       .verbs = {"update"},
       .caches = {"/var/lib/apt"},
       .in_image = true,
       .message = "the package lists stay in the layer",
       .hint = "end with rm -rf /var/lib/apt/lists/*"},
      {.name = "DL3019",
       .programs = {"apk"},
       .verbs = {"add"},
       .unless = "--no-cache",
       .caches = {"/var/cache/apk"},
       .message = "apk leaves its index in the layer",
       .hint = "give it --no-cache"},
      {.name = "DL3032",
       .programs = {"yum"},
       .verbs = {"install"},
       .caches = {"/var/cache/yum"},
       .cleaning = {"clean"},
       .message = "yum's cache stays in the layer",
       .hint = "end with yum clean all"},
      {.name = "DL3036",
       .programs = {"zypper"},
       .verbs = {"install", "in"},
       .caches = {"/var/cache/zypp"},
       .cleaning = {"clean", "cc"},
       .message = "zypper's cache stays in the layer",
       .hint = "end with zypper clean"},
      {.name = "DL3040",
       .programs = {"dnf", "microdnf"},
       .verbs = {"install", "in", "upgrade", "up", "upgrade-minimal", "up-min", "reinstall", "rei"},
       .caches = {"/var/cache"},
       .cleaning = {"clean"},
       .message = "dnf's cache stays in the layer",
       .hint = "end with dnf clean all"},
      {.name = "DL3060",
       .programs = {"yarn"},
       .verbs = {"install"},
       .caches = {"/usr/local/share/.cache", "/root/.cache/yarn"},
       .cleaning = {"clean"},
       .in_image = true,
       .message = "yarn's cache stays in the layer",
       .hint = "end with yarn cache clean"},
  };
  return rules;
}

bool removes(const ShellCommand& command, std::string_view directory) {
  return command.program() == "rm" &&
         std::ranges::any_of(command.words,
                             [&](const std::string& word) { return word.starts_with(directory); });
}

bool fills(const ShellCommand& command, const CacheRule& rule) {
  return is_one_of(command.program(), rule.programs) && has_one_of(command, rule.verbs) &&
         (rule.unless.empty() || !command.has(rule.unless));
}

bool leaves_cache(const std::vector<ShellCommand>& commands, const CacheRule& rule) {
  std::string_view filled_by;
  for (const auto& command : commands) {
    const auto program = command.program();
    if (fills(command, rule)) filled_by = program;
    const bool cleans = (program == filled_by && has_one_of(command, rule.cleaning)) ||
                        std::ranges::any_of(rule.caches, [&](std::string_view cache) {
                          return removes(command, cache);
                        });
    if (cleans) filled_by = {};
  }
  return !filled_by.empty();
}

void check_caches(const Model& model, Collector& findings) {
  const auto final_stages = model.final_stages();
  const std::set<const StageModel*> in_image(final_stages.begin(), final_stages.end());
  for (const auto* const body : model.all_bodies()) {
    const bool is_thrown_away = model.is_stage(*body) && !in_image.contains(body);
    for (const auto& [site, run, commands] : runs_of(*body)) {
      for (const auto& rule : cache_rules()) {
        const bool is_mounted = std::ranges::any_of(
            rule.caches, [&run = *run](const auto cache) { return mounts_cache_at(run, cache); });
        if (is_mounted || (rule.in_image && is_thrown_away)) continue;
        if (leaves_cache(commands, rule))
          findings.add(rule.name, *site, std::string(rule.message), std::string(rule.hint));
      }
    }
  }
}

}  // namespace

std::vector<Check> package_checks() { return {check_packages, check_pip_cache, check_caches}; }

}  // namespace slipway::lint

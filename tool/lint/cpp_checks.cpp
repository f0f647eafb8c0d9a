// What goes wrong with C++ in images: rules of our own.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "dockerfile/ignore.hpp"
#include "lint/findings.hpp"
#include "lint/mounts.hpp"
#include "lint/shell_commands.hpp"

namespace slipway::lint {
namespace df = dockerfile;
namespace {

using Commands = std::vector<ShellCommand>;

template <typename Look>
void for_each_run(const StageModel& stage, const Look& look) {
  for (const auto& site : stage.sites) {
    if (const auto* const run = site.as<df::Run>()) look(site, *run, commands_of(*run));
  }
}

bool compiles(const ShellCommand& command) {
  constexpr std::array<std::string_view, 9> compilers = {
      "g++", "gcc", "c++", "cc", "clang", "clang++", "make", "ninja", "meson"};
  if (is_one_of(command.program(), compilers)) return true;
  return command.program() == "cmake" && (command.has("--build") || command.has("--workflow"));
}

bool compiles(const Commands& commands) {
  return std::ranges::any_of(commands,
                             [](const ShellCommand& command) { return compiles(command); });
}

bool compiles(const StageModel& stage) {
  bool found = false;
  for_each_run(stage, [&](const Site&, const df::Run&, const Commands& commands) {
    found = found || compiles(commands);
  });
  return found;
}

bool is_cache(const df::Mount& mount) { return mount_type(mount) == "cache"; }

/// The image is there to run a program, not to compile in.
bool runs_a_program(const Model& model) {
  const auto& sites = model.stages.back().sites;
  return std::ranges::any_of(sites, [](const Site& site) {
    return site.instruction->keyword == "ENTRYPOINT" || site.instruction->keyword == "CMD";
  });
}

/// What an image stands on as far as its name says.
struct Release {
  std::string distribution = {};
  std::string version = {};
};

Release release_of(const StageModel& stage) {
  static const std::map<std::string, std::string, std::less<>> numbers = {
      {"buster", "10"},    {"bullseye", "11"}, {"bookworm", "12"}, {"trixie", "13"},
      {"bionic", "18.04"}, {"focal", "20.04"}, {"jammy", "22.04"}, {"noble", "24.04"},
  };
  constexpr std::array<std::string_view, 7> known = {"debian",     "ubuntu",    "alpine", "fedora",
                                                     "rockylinux", "almalinux", "centos"};
  const auto& text = stage.image.text;
  const auto colon = text.rfind(':');
  const auto name = text.substr(0, colon);
  const auto distribution = name.substr(name.rfind('/') + 1);
  if (colon == std::string::npos || !is_one_of(distribution, known)) return {};
  auto version = text.substr(colon + 1);
  version = version.substr(0, version.find_first_of("-@"));
  const auto number = numbers.find(version);
  return {distribution, number == numbers.end() ? version : number->second};
}

/// For each stage the release of the image below all that it stands on.
std::vector<Release> lowest_releases(const Model& model) {
  std::vector<Release> releases;
  for (const auto& stage : model.stages)
    releases.push_back(stage.parent ? Release(releases[*stage.parent]) : release_of(stage));
  return releases;
}

bool mentions_static(const StageModel& stage) {
  bool found = false;
  for_each_run(stage, [&](const Site&, const df::Run&, const Commands& commands) {
    for (const auto& command : commands) {
      found = found || std::ranges::any_of(command.words, [](const std::string& word) {
                return word.find("-static") != std::string::npos &&
                       word.find("-static-lib") == std::string::npos;
              });
    }
  });
  return found;
}

void check_releases(const Model& model, Collector& findings) {
  const auto releases = lowest_releases(model);
  for (const auto& stage : model.stages) {
    const auto& here = releases[stage.stage->index];
    if (here.distribution.empty()) continue;
    for (const auto& site : stage.sites) {
      const auto* const copy = site.as<df::Copy>();
      if (copy == nullptr || !copy->from) continue;
      const auto source = model.find_stage(copy->from->text, stage.stage->index, true);
      if (!source || !compiles(model.stages[*source]) || mentions_static(model.stages[*source]))
        continue;
      const auto& there = releases[*source];
      const bool same = there.distribution == here.distribution && there.version == here.version;
      if (there.distribution.empty() || same) continue;
      findings.add("CppReleaseMismatch", site, copy->from->span,
                   fmt::format("compiled on {} {}, and run on {} {}", there.distribution,
                               there.version, here.distribution, here.version),
                   "let both stages stand on one release");
    }
  }
}

void check_build_directory(const Model& model, Collector& findings) {
  std::vector<std::string> patterns;
  if (model.options->ignore_file) patterns = df::read_ignore_file(*model.options->ignore_file);
  if (df::IgnoreMatcher(patterns).excluded("build")) return;
  for (const auto& stage : model.stages) {
    if (!compiles(stage)) continue;
    for (const auto& site : stage.sites) {
      const auto* const copy = site.as<df::Copy>();
      const bool takes_all = copy != nullptr && !copy->from && !copy->sources.empty() &&
                             df::clean_path(copy->sources.front().text) == ".";
      if (!takes_all) continue;
      findings.add("CppBuildTreeInContext", site, copy->sources.front().span,
                   "the machine's own build tree is copied along, CMakeCache.txt and all",
                   "name build/ in .dockerignore");
    }
  }
}

/// COPY --from of what only a cache mount ever held.
void check_lost_results(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    for (const auto& site : stage.sites) {
      const auto* const copy = site.as<df::Copy>();
      if (copy == nullptr || !copy->from) continue;
      const auto source = model.find_stage(copy->from->text, stage.stage->index, true);
      if (!source) continue;
      for_each_run(model.stages[*source], [&](const Site&, const df::Run& run, const Commands&) {
        for (const auto& mount : run.mounts) {
          const auto target = mount_target(mount);
          for (std::size_t i = 0; is_cache(mount) && i < copy->sources.size(); ++i) {
            if (target.empty() || !site.words[i].starts_with(target + "/")) continue;
            findings.add(
                "CppResultInCacheMount", site, copy->sources[i].span,
                fmt::format("'{}' is in a cache mount, and not in the stage", site.words[i]),
                "copy it out of the mount in the RUN that makes it");
          }
        }
      });
    }
  }
}

void check_compiler_cache(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    for_each_run(stage, [&](const Site& site, const df::Run& run, const Commands& commands) {
      if (!compiles(commands) || std::ranges::any_of(run.mounts, is_cache)) return;
      findings.add(
          "CppNoCompilerCache", site, "one changed file compiles all of them again",
          "--mount=type=cache,target=/root/.cache/ccache, and CMAKE_CXX_COMPILER_LAUNCHER=ccache");
    });
  }
}

bool is_compiler_package(std::string_view package) {
  constexpr std::array<std::string_view, 9> tools = {
      "gcc",     "g++",  "clang", "build-essential", "build-base",
      "gcc-c++", "make", "cmake", "ninja-build"};
  const auto name = package.substr(0, package.find_first_of("=<>~"));
  return is_one_of(name, tools) || name.ends_with("-dev") || name.ends_with("-devel");
}

std::string first_compiler_package(const Commands& commands) {
  std::string found;
  bool removed = false;
  for (const auto& command : commands) {
    removed = removed || command.has("purge") || command.has("remove") ||
              command.has("autoremove") || command.has("del");
    const auto packages =
        operands_of(command, {"apt-get", "apt", "apk", "dnf", "yum", "microdnf", "zypper"},
                    {"install", "add", "in"});
    const auto tool = std::ranges::find_if(packages, is_compiler_package);
    if (found.empty() && tool != packages.end()) found = *tool;
  }
  return removed ? std::string() : found;
}

void check_final_compilers(const Model& model, Collector& findings) {
  if (model.stages.empty() || !runs_a_program(model)) return;
  for (const auto* stage : model.final_stages()) {
    for_each_run(*stage, [&](const Site& site, const df::Run&, const Commands& commands) {
      const auto package = first_compiler_package(commands);
      if (package.empty()) return;
      findings.add("CppCompilerInFinalImage", site,
                   fmt::format("'{}' stays in the image that runs the program", package),
                   "compile in a stage of its own, and COPY --from it");
    });
  }
}

bool configures(const ShellCommand& command) {
  if (command.program() != "cmake" || command.words.size() < 2) return false;
  constexpr std::array<std::string_view, 8> others = {
      "--build", "--install", "-E", "-P", "--version", "--preset", "--workflow", "--help"};
  return std::ranges::none_of(command.words, [&](const std::string& word) {
    return is_one_of(word, others) || word.starts_with("--preset=");
  });
}

bool any_word(const ShellCommand& command, std::string_view part) {
  return std::ranges::any_of(
      command.words, [&](const std::string& word) { return word.find(part) != std::string::npos; });
}

bool sets_build_type(const Site& site) {
  const auto* const env = site.as<df::Env>();
  return env != nullptr && is_one_of("CMAKE_BUILD_TYPE", site.words);
}

void check_build_type(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    if (std::ranges::any_of(stage.sites, sets_build_type)) continue;
    for_each_run(stage, [&](const Site& site, const df::Run&, const Commands& commands) {
      for (const auto& command : commands) {
        if (!configures(command) || any_word(command, "CMAKE_BUILD_TYPE") ||
            any_word(command, "Multi-Config") || any_word(command, "$")) {
          continue;
        }
        findings.add("CppNoBuildType", site, "without CMAKE_BUILD_TYPE nothing is optimised",
                     "give cmake -DCMAKE_BUILD_TYPE=Release");
        return;
      }
    });
  }
}

bool strips(const Commands& commands) {
  return std::ranges::any_of(commands, [](const ShellCommand& command) {
    return command.program() == "strip" || command.program() == "objcopy" ||
           command.has("--strip") || command.has("-s");
  });
}

void check_debug_information(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    bool stripped = false;
    for_each_run(stage, [&](const Site&, const df::Run&, const Commands& commands) {
      stripped = stripped || strips(commands);
    });
    if (stripped) continue;
    for_each_run(stage, [&](const Site& site, const df::Run&, const Commands& commands) {
      const bool has_symbols = std::ranges::any_of(commands, [](const ShellCommand& command) {
        return command.program() == "cmake" && any_word(command, "CMAKE_BUILD_TYPE=RelWithDebInfo");
      });
      if (!has_symbols) return;
      findings.add("CppDebugInfoInImage", site,
                   "RelWithDebInfo makes programs ten times as large, and nothing strips them",
                   "cmake --install <dir> --strip, or a stage of its own for the symbols");
    });
  }
}

void check_native_code(const Model& model, Collector& findings) {
  constexpr std::string_view flag = "-march=native";
  for (const auto& stage : model.stages) {
    for (const auto& site : stage.sites) {
      if (site.instruction->keyword == "LABEL" ||
          site.instruction->source.find(flag) == std::string::npos)
        continue;
      findings.add("CppNativeInstructions", site,
                   "-march=native makes code for the machine that compiles",
                   "name the oldest machine that has to run it, for example -march=x86-64-v2");
    }
  }
}

void check_library_path(const Model& model, Collector& findings) {
  for (const auto* stage : model.final_stages()) {
    for (const auto& site : stage->sites) {
      if (site.as<df::Env>() == nullptr || !is_one_of("LD_LIBRARY_PATH", site.words)) continue;
      findings.add(
          "CppLibraryPathInImage", site,
          "LD_LIBRARY_PATH changes the libraries of every program in the image",
          "give the program an RUNPATH (CMAKE_INSTALL_RPATH), or the loader a file in /etc/ld.so.conf.d");
    }
  }
}

/// "-j" with nothing behind it, or something that is no number.
bool is_unbounded(const ShellCommand& command) {
  if (command.program() != "make" && command.program() != "gmake") return false;
  const auto flag = std::ranges::find_if(
      command.words, [](const std::string& word) { return word == "-j" || word == "--jobs"; });
  if (flag == command.words.end()) return false;
  const auto next = flag + 1;
  return next == command.words.end() ||
         (!parse_integer(*next) && next->find_first_of("$`") == std::string::npos);
}

void check_jobs(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    for_each_run(stage, [&](const Site& site, const df::Run&, const Commands& commands) {
      if (std::ranges::none_of(commands, is_unbounded)) return;
      findings.add("CppUnboundedJobs", site,
                   "make -j without a number starts all compilers at once", "-j\"$(nproc)\"");
    });
  }
}

void check_private_clones(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    for_each_run(stage, [&](const Site& site, const df::Run& run, const Commands& commands) {
      const bool clones = std::ranges::any_of(commands, [](const ShellCommand& command) {
        return command.program() == "git" &&
               (any_word(command, "git@") || any_word(command, "ssh://"));
      });
      const bool has_key = std::ranges::any_of(run.mounts, [](const df::Mount& mount) {
        const auto type = mount_type(mount);
        return type == "ssh" || type == "secret";
      });
      if (!clones || has_key) return;
      findings.add("CppCloneWithoutKey", site,
                   "this needs an SSH key, and a key that is copied in stays in a layer",
                   "RUN --mount=type=ssh, and build --ssh default");
    });
  }
}

bool links_statically(const ShellCommand& command) {
  return any_word(command, "CMAKE_EXE_LINKER_FLAGS=-static") ||
         (compiles(command) && command.has("-static"));
}

void check_static_glibc(const Model& model, Collector& findings) {
  const auto releases = lowest_releases(model);
  for (const auto& stage : model.stages) {
    const auto& release = releases[stage.stage->index];
    if (release.distribution.empty() || release.distribution == "alpine") continue;
    for_each_run(stage, [&](const Site& site, const df::Run&, const Commands& commands) {
      if (std::ranges::none_of(commands, links_statically)) return;
      findings.add(
          "CppStaticGlibc", site,
          "a static glibc still loads libraries for host names, users and iconv",
          "link against musl (alpine), or link only libstdc++ statically: -static-libstdc++ -static-libgcc");
    });
  }
}

}  // namespace

std::vector<Check> cpp_checks() {
  return {check_releases,          check_build_directory,
          check_lost_results,      check_compiler_cache,
          check_final_compilers,   check_build_type,
          check_debug_information, check_native_code,
          check_library_path,      check_jobs,
          check_private_clones,    check_static_glibc};
}

}  // namespace slipway::lint

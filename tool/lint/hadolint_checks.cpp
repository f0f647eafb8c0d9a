// hadolint's rules on instructions, under its names. Those that Docker's build
// checks have too are aliases of these (see rule.cpp); what the reader refuses
// anyway (DL3043, DL3061) has none.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dockerfile/expand.hpp"
#include "dockerfile/ignore.hpp"
#include "lint/findings.hpp"
#include "lint/mounts.hpp"
#include "lint/shell_commands.hpp"
#include "oci/reference.hpp"

namespace slipway::lint {
namespace df = dockerfile;
namespace {

template <typename Kind, typename Look>
void for_each(const Model& model, const Look& look) {
  for (const auto* const stage : model.all_bodies()) {
    for (const auto& site : stage->sites) {
      if (const auto* const body = site.as<Kind>()) look(*stage, site, *body);
    }
  }
}

void check_pragmas(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    for (const auto& site : stage.sites) {
      if (Pragmas::of(site.instruction->comments).has_ignore) {
        findings.add("DL1001", site, "a comment switches rules off here");
      }
    }
  }
}

void check_tags(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    const auto& text = stage.image.text;
    if (stage.parent || text == "scratch" || !stage.image.unmatched.empty() ||
        text.find('@') != std::string::npos)
      continue;
    const auto colon = text.rfind(':');
    const bool has_tag = colon != std::string::npos && text.find('/', colon) == std::string::npos;
    const Span span = stage.image.word.span;
    if (!has_tag) {
      findings.add("DL3006", stage.from, span, fmt::format("no tag says which '{}' is meant", text),
                   "name the release that was tested, for example debian:12");
    } else if (text.substr(colon + 1) == "latest") {
      findings.add("DL3007", stage.from, span,
                   fmt::format("'{}' is another image every month", text),
                   "name the release that was tested");
    }
  }
}

/// Where the image's user is set: in the last stage, or in one it stands on.
const Site* last_user(const Model& model) {
  for (const auto* const stage : model.final_stages()) {
    for (auto site = stage->sites.rbegin(); site != stage->sites.rend(); ++site) {
      if (site->as<df::User>() != nullptr) return &*site;
    }
  }
  return nullptr;
}

void check_last_user(const Model& model, Collector& findings) {
  if (model.stages.empty()) return;
  const auto* const last = last_user(model);
  if (last == nullptr) return;
  const auto& user = last->words.front();
  const auto name = user.substr(0, user.find(':'));
  const bool is_open = name.find('$') != std::string::npos ||
                       last->as<df::User>()->user.text.find('$') != std::string::npos;
  if (name == "root" || name == "0") {
    findings.add("DL3002", *last, "the image's programs run as root",
                 "end with USER and a name that is not root");
  } else if (!is_open && !parse_integer(name)) {
    findings.add("DL3066", *last,
                 fmt::format("whether '{}' is root, only the image can tell", printable(name)),
                 "write the number of the user");
  }
}

void check_port_numbers(const Model& model, Collector& findings) {
  constexpr std::int64_t highest = 65535;
  for_each<df::Expose>(model, [&](const StageModel&, const Site& site, const df::Expose&) {
    for (const auto& word : site.words) {
      for (const auto& part : split(word.substr(0, word.find('/')), '-')) {
        const auto number = parse_integer(part);
        if (number && *number > highest)
          findings.add("DL3011", site, fmt::format("there is no port {}", *number));
      }
    }
  });
}

bool is_archive(std::string_view path) {
  return ends_with_one_of(path, {".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz",
                                 ".tar.zst", ".tar.Z"});
}

/// What a name such as a.gz holds, only ADD will see.
bool may_be_archive(std::string_view path) {
  return is_archive(path) || ends_with_one_of(path, {".gz", ".bz2", ".xz", ".zst", ".Z", ".lzma"});
}

bool is_fetched(std::string_view source) {
  return source.find("://") != std::string_view::npos || source.starts_with("git@");
}

void check_add(const Model& model, Collector& findings) {
  for_each<df::Copy>(model, [&](const StageModel&, const Site& site, const df::Copy& copy) {
    if (!copy.add || copy.checksum || copy.unpack) return;
    for (std::size_t i = 0; i < copy.sources.size(); ++i) {
      const auto& source = site.words[i];
      if (may_be_archive(source) || is_fetched(source)) continue;
      findings.add("DL3020", site, copy.sources[i].span, fmt::format("'{}' needs no ADD", source),
                   "COPY does nothing else than copy");
    }
  });
}

/// What a command unpacks: "tar -xf a.tar" and the like.
bool unpacks(const ShellCommand& command, std::string_view archive) {
  constexpr std::array<std::string_view, 8> others = {"unzip", "gunzip", "bunzip2",    "unlzma",
                                                      "unxz",  "zgz",    "uncompress", "zcat"};
  const auto program = command.program();
  const bool is_tar =
      program == "tar" &&
      (command.has_flag("-x") || command.has_flag("--extract") || command.has_flag("--get") ||
       (command.words.size() > 1 && command.words[1].front() != '-' &&
        command.words[1].find('x') != std::string::npos));
  if (!is_tar && std::ranges::find(others, program) == others.end()) return false;
  return std::ranges::any_of(command.words, [&](std::string_view word) {
    return !archive.empty() && file_name(word) == archive;
  });
}

void check_unpacked(const Model& model, Collector& findings) {
  for (const auto& stage : model.stages) {
    std::vector<std::pair<const Site*, std::size_t>> copied;  // COPY, and which source
    for (const auto& site : stage.sites) {
      if (const auto* const copy = site.as<df::Copy>();
          copy != nullptr && !copy->add && !copy->from) {
        for (std::size_t i = 0; i < copy->sources.size(); ++i) {
          if (is_archive(site.words[i])) copied.emplace_back(&site, i);
        }
      }
      const auto* const run = site.as<df::Run>();
      if (run == nullptr || copied.empty()) continue;
      const auto commands = commands_of(*run);
      std::erase_if(copied, [&](const auto& one) {
        const auto& [at, index] = one;
        const auto archive = file_name(at->words[index]);
        const auto renamed = file_name(at->template as<df::Copy>()->destination.text);
        if (std::ranges::none_of(commands, [&](const auto& command) {
              return unpacks(command, archive) || unpacks(command, renamed);
            }))
          return false;
        findings.add("DL3010", *at, at->template as<df::Copy>()->sources[index].span,
                     fmt::format("'{}' is copied to be unpacked", printable(archive)),
                     "ADD unpacks archives");
        return true;
      });
    }
  }
}

void check_whole_filesystem(const Model& model, Collector& findings) {
  for_each<df::Copy>(model, [&](const StageModel&, const Site& site, const df::Copy& copy) {
    if (!copy.from || copy.add || copy.sources.size() != 1) return;
    if (site.words.front() != "/" || copy.destination.text != "/") return;
    findings.add("DL3067", site, copy.sources.front().span,
                 "the whole filesystem is copied over the base's",
                 "stand on it with FROM, or copy the directories that are needed");
  });
}

/// '*' stands for any characters.
bool is_trusted(std::string_view registry, const std::vector<std::string>& patterns) {
  return std::ranges::any_of(patterns, [&](std::string_view pattern) {
    const auto star = pattern.find('*');
    if (star == std::string_view::npos) return registry == pattern;
    const auto end = pattern.substr(star + 1);
    return registry.size() + 1 >= pattern.size() && registry.starts_with(pattern.substr(0, star)) &&
           registry.ends_with(end);
  });
}

/// The registry of an image's name; nullopt for names of other places.
std::optional<std::string> registry_of(const std::string& name) {
  try {
    return Reference::parse(name).registry;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void check_registries(const Model& model, Collector& findings) {
  const auto& trusted = model.options->trusted_registries;
  if (trusted.empty()) return;
  const auto check = [&](const Site& site, Span span, const std::string& name) {
    const bool is_other =
        name == "scratch" || name.find('$') != std::string::npos || name.starts_with("oci:");
    if (is_other || (model.options->is_context && model.options->is_context(name))) return;
    const auto registry = registry_of(name);
    if (!registry || is_trusted(*registry, trusted)) return;
    findings.add(
        "DL3026", site, span,
        fmt::format("'{}' comes from '{}', which is not trusted", printable(name), *registry),
        fmt::format("trusted are: {}", fmt::join(trusted, ", ")));
  };
  for (const auto& stage : model.stages) {
    if (!stage.parent && stage.image.unmatched.empty())
      check(stage.from, stage.image.word.span, stage.image.text);
    const auto is_stage = [&](const std::string& name) {
      return model.find_stage(name, stage.stage->index, true).has_value();
    };
    for (const auto& site : stage.sites) {
      if (const auto* const copy = site.as<df::Copy>();
          copy != nullptr && copy->from && !is_stage(copy->from->text)) {
        check(site, copy->from->span, copy->from->text);
      }
      const auto* const run = site.as<df::Run>();
      if (run == nullptr) continue;
      for (const auto& mount : run->mounts) {
        const auto from = mount_field(mount, {"from"});
        if (!from.empty() && !is_stage(from)) check(site, mount.span, from);
      }
    }
  }
}

/// As Docker sees it, or Windows.
bool is_absolute(std::string_view path) {
  const bool has_drive = path.size() > 2 && path[1] == ':' && (path[2] == '\\' || path[2] == '/');
  return path.starts_with('/') || has_drive;
}

bool names_directory(std::string_view path) {
  return path.ends_with('/') || path == "." || path == ".." || path.ends_with("/.");
}

void check_destination(const Model& model, Collector& findings) {
  const auto keep_variables = [](std::string_view name) {
    return std::optional(fmt::format("${}", name));
  };
  for (const auto* const stage : model.all_bodies()) {
    bool has_workdir = stage->starts_with_workdir || stage->base.has_value();
    for (const auto& site : stage->sites) {
      has_workdir = has_workdir || site.as<df::Workdir>() != nullptr;
      const auto* const copy = site.as<df::Copy>();
      if (copy == nullptr) continue;
      const auto span = copy->destination.span;
      const auto destination =
          df::expand_word(copy->destination.text, keep_variables, model.file->escape).text;
      if (destination.starts_with('$')) continue;
      if (copy->sources.size() + copy->files.size() > 1 && !names_directory(destination)) {
        findings.add("DL3021", site, span, "several sources go into a directory",
                     "end it with '/'");
      }
      if (!has_workdir && !is_absolute(copy->destination.text) && !is_absolute(destination)) {
        findings.add("DL3045", site, span,
                     fmt::format("where '{}' is, the base image decides", printable(destination)),
                     "write an absolute path, or a WORKDIR above");
      }
    }
  }
}

void check_copy_from(const Model& model, Collector& findings) {
  for_each<df::Copy>(model, [&](const StageModel& stage, const Site& site, const df::Copy& copy) {
    // A trigger's stages are those of the file that it will run in.
    if (!copy.from || site.onbuild != nullptr) return;
    const auto& name = copy.from->text;
    if (model.options->is_context && model.options->is_context(name)) return;
    if (!stage.stage->base().name.empty() && to_lower(name) == stage.stage->base().name) {
      findings.add("DL3023", site, copy.from->span, fmt::format("'{}' is the stage itself", name));
    } else if (!model.find_stage(name, stage.stage->index, true) &&
               name.find_first_of(":/@") == std::string::npos) {
      findings.add("DL3022", site, copy.from->span,
                   fmt::format("no stage above is called '{}', so it is taken for an image", name),
                   "give an image its tag");
    }
  });
}

void check_self_reference(const Model& model, Collector& findings) {
  const char escape = model.file->escape;
  for (const auto& stage : model.stages) {
    std::set<std::string> defined;
    for (const auto& site : stage.sites) {
      if (const auto* const arg = site.as<df::Arg>()) {
        for (const auto& definition : arg->definitions) defined.insert(definition.name);
      }
      const auto* const env = site.as<df::Env>();
      if (env == nullptr) continue;
      std::set<std::string> here;
      for (const auto& pair : env->pairs) {
        for (const auto& name : df::mentioned_variables(pair.value.text, escape)) {
          if (!here.contains(name) || defined.contains(name)) continue;
          findings.add("DL3044", site, pair.value.span,
                       fmt::format("${} is still what it was before this ENV", name),
                       "define it in an ENV of its own, above");
        }
        here.insert(pair.key.text);
      }
      defined.insert(here.begin(), here.end());
    }
  }
}

void check_healthcheck(const Model& model, Collector& findings) {
  if (model.stages.empty()) return;
  const auto& stage = model.stages.back();
  const bool has_check = std::ranges::any_of(
      stage.sites, [](const Site& site) { return site.instruction->keyword == "HEALTHCHECK"; });
  if (!has_check)
    findings.add("DL3057", stage.from, "the image does not say how to see that it works");
}

void append_checks(std::vector<Check>& checks, const std::vector<Check>& more) {
  checks.insert(checks.end(), more.begin(), more.end());
}

}  // namespace

std::vector<Check> hadolint_checks() {
  std::vector<Check> checks = {
      check_pragmas,     check_tags,        check_last_user,        check_port_numbers,
      check_add,         check_destination, check_copy_from,        check_self_reference,
      check_healthcheck, check_unpacked,    check_whole_filesystem, check_registries};
  append_checks(checks, command_checks());
  append_checks(checks, package_checks());
  append_checks(checks, label_checks());
  return checks;
}

}  // namespace slipway::lint

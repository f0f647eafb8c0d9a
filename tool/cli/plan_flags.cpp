#include "cli/plan_flags.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/dockerfile_path.hpp"
#include "cli/lint.hpp"
#include "cli/lock.hpp"
#include "container/settings.hpp"
#include "dockerfile/parser.hpp"
#include "oci/reference.hpp"
#include "plan/pinning.hpp"

namespace slipway::cli {
namespace {

constexpr std::string_view epoch_variable = "SOURCE_DATE_EPOCH";

/// "K=V"; a --build-arg without "=" takes its value from the environment.
void add_pair(std::map<std::string, std::string>& pairs, std::string_view flag,
              const std::string& text, bool from_environment) {
  if (text.empty()) return;
  const auto equals = text.find('=');
  const auto key = text.substr(0, equals);
  if (key.empty() || (equals == std::string::npos && !from_environment)) {
    throw Error(Errc::usage,
                fmt::format("{} '{}' is not of the form name=value", flag, printable(text)));
  }
  if (equals != std::string::npos) {
    pairs[key] = text.substr(equals + 1);
  } else if (const char* value = std::getenv(key.c_str())) {
    pairs[key] = value;
  }
}

std::int64_t parse_epoch(const std::string& text) {
  const auto seconds = parse_integer(text);
  // Up to the year 9999, where RFC 3339 ends.
  if (!seconds || *seconds < 0 || *seconds > 253402300799) {
    throw Error(Errc::usage, fmt::format("{} '{}' is not a number of seconds since 1970",
                                         epoch_variable, printable(text)));
  }
  return *seconds;
}

ImageFormat parse_format(const std::string& text) {
  if (text.empty() || text == "oci") return ImageFormat::oci;
  if (text == "docker") return ImageFormat::docker;
  throw Error(Errc::usage, fmt::format("--format '{}' is neither oci nor docker", printable(text)));
}

void append(std::vector<std::string>& out, std::string_view flag,
            const std::vector<std::string>& values) {
  for (const auto& value : values) out.push_back(fmt::format("{}={}", flag, value));
}

void append(std::vector<std::string>& out, std::string_view flag, const std::string& value) {
  if (!value.empty()) out.push_back(fmt::format("{}={}", flag, value));
}

}  // namespace

void PlanFlags::add_checked_to(Command& command) {
  command.option("context", context,
                 "What COPY reads: a directory [.]; for build also -, a tar's URL or a git URL");
  command.option("-f,--file", file, "The Dockerfile [CONTEXT/Dockerfile]", {"FILE"});
  command.option("--ignorefile", ignore_file,
                 "The ignore file [FILE.dockerignore or CONTEXT/.dockerignore]", {"FILE"});
  command.repeatable("--build-context", contexts,
                     "NAME=DIR, NAME=oci-layout://DIR or NAME=docker-image://NAME");
  command.option("--target", target, "The stage to build", {"STAGE"});
  command.repeatable("--build-arg", build_args,
                     "A value for an ARG: NAME=VALUE, or NAME for the environment's");
  command.repeatable("--build-arg-file", build_arg_files, "A file of such lines; --build-arg wins",
                     {"FILE"});
  command.option("--platform", platform,
                 "os/arch[/variant] of the image [this machine's]; for build also several: A,B");
}

void PlanFlags::add_lock_to(Command& command) {
  command.option("--lock", lock, "A lock file that says what images are meant", {"FILE"});
  command.repeatable("--also", also, "A stage that is wanted besides the target's", {"STAGE"});
}

void PlanFlags::add_to(Command& command) {
  add_checked_to(command);
  command.option("--compression", compression, "none, gzip[:1-9] or zstd[:1-19] [gzip]");
  command.option("--format", format, "Media types: oci or docker [oci]");
  command.repeatable("-t,--tag", tags, "A name for the image");
  command.repeatable("--label", labels, "A label of the image: NAME=VALUE");
  command.repeatable("--annotation", annotations, "An annotation of the manifest: NAME=VALUE");
  command.option("--source-date-epoch", source_date_epoch,
                 "All times in the image, in seconds since 1970");
  command.repeatable("--allow", allow, "A right for RUN: network.host or security.insecure");
  command.choice("--network", network, {"default", "host", "none"},
                 "Of RUNs that do not say: default, host or none");
  command.option("--hostname", hostname, "The host name that RUNs see", {"NAME"});
  command.flag("--compat-volumes", compat_volumes,
               "RUNs leave volumes as they are, as builders before BuildKit");
  commands.add_to(command);
  cache.add_to(command);
  add_lock_to(command);
  command.option("--origin", origin, "FILE:LINE to name in diagnostics");
}

std::string PlanFlags::dockerfile() const { return find_dockerfile(file, context); }

PlanOptions PlanFlags::options() const {
  PlanOptions options;
  options.target = target;
  options.also = also;
  for (const auto& path : build_arg_files) {
    for (const auto& line : parse_env_file(read_file(path), path)) {
      add_pair(options.build_args, "--build-arg-file", line, true);
    }
  }
  for (const auto& text : build_args) add_pair(options.build_args, "--build-arg", text, true);
  for (const auto& text : labels) add_pair(options.labels, "--label", text, false);
  for (const auto& text : annotations) add_pair(options.annotations, "--annotation", text, false);
  for (const auto& tag : tags) {
    if (tag.empty()) continue;
    (void)Reference::parse(tag);
    options.tags.push_back(tag);
  }
  if (!platform.empty()) {
    if (platform.find(',') != std::string::npos) {
      throw Error(Errc::usage, fmt::format("--platform '{}': only build takes several platforms",
                                           printable(platform)));
    }
    options.platform = Platform::parse(platform);
    options.platform_is_asked = true;
  }
  if (!compression.empty()) options.compression = Compression::parse(compression);
  options.format = parse_format(format);
  options.context = context;
  options.ignore_file = ignore_file;
  for (const auto& text : contexts) {
    if (!text.empty()) options.contexts.add(text);
  }
  options.origin = origin;
  options.network = network;
  options.hostname = hostname;
  options.compat_volumes = compat_volumes;
  for (const auto& right : allow) {
    if (right != "network.host" && right != "security.insecure") {
      throw Error(Errc::usage,
                  fmt::format("--allow '{}' is neither network.host nor security.insecure",
                              printable(right)));
    }
    options.allow.insert(right);
  }
  // As with Docker, what the environment says is a build argument.
  if (const auto text = epoch(); !text.empty()) {
    options.source_date_epoch = parse_epoch(text);
    options.build_args[std::string(epoch_variable)] = text;
  }
  return options;
}

std::vector<PlanOptions> PlanFlags::options_by_platform() const {
  std::vector<PlanOptions> all;
  auto flags = *this;
  for (const auto& name : split(platform, ',')) {
    flags.platform = trim(name);
    if (!platform.empty()) (void)Platform::parse(flags.platform);  // "a,": the second is empty
    auto options = flags.options();
    const auto is_same = [&](const PlanOptions& other) {
      return other.platform == options.platform;
    };
    if (std::ranges::none_of(all, is_same)) all.push_back(std::move(options));
  }
  return all;
}

std::string PlanFlags::epoch() const {
  if (!source_date_epoch.empty()) return source_date_epoch;
  const auto names_it = [](const std::string& argument) {
    return argument.substr(0, argument.find('=')) == epoch_variable;
  };
  if (std::ranges::any_of(build_args, names_it)) return {};
  const char* variable = std::getenv(epoch_variable.data());
  return variable == nullptr ? std::string() : variable;
}

std::vector<std::string> PlanFlags::arguments() const {
  std::vector<std::string> out;
  append(out, "--ignorefile", ignore_file);
  append(out, "--build-context", contexts);
  append(out, "--target", target);
  append(out, "--also", also);
  append(out, "--build-arg-file", build_arg_files);
  append(out, "--build-arg", build_args);
  append(out, "--platform", platform);
  append(out, "--compression", compression);
  append(out, "--format", format);
  append(out, "--tag", tags);
  append(out, "--label", labels);
  append(out, "--annotation", annotations);
  append(out, "--origin", origin);
  append(out, "--allow", allow);
  append(out, "--lock", lock);
  append(out, "--network", network);
  append(out, "--hostname", hostname);
  if (compat_volumes) out.emplace_back("--compat-volumes");
  for (auto& argument : commands.arguments()) out.push_back(std::move(argument));
  for (auto& argument : cache.arguments()) out.push_back(std::move(argument));
  // What the environment says now goes into the edge, or it would not be seen
  // that it changed.
  append(out, "--source-date-epoch", epoch());
  return out;
}

Plan plan_dockerfile(const std::string& path, const PlanOptions& options, const std::string& lock,
                     Warnings warnings) {
  Diagnostics diagnostics(read_dockerfile(path));
  const auto dockerfile = dockerfile::parse_dockerfile(diagnostics.source(), diagnostics);
  diagnostics.stop_if_errors();
  warn_of_findings(dockerfile, diagnostics, options, warnings);
  Diagnostics planning(diagnostics.source());
  auto plan = make_plan(dockerfile, path, options, planning);
  if (!lock.empty()) pin_references(plan, read_lock_file_if_exists(lock), lock, planning);
  planning.stop_if_errors();
  if (warnings == Warnings::shown) fmt::print(stderr, "{}", planning.render_all());
  return plan;
}

}  // namespace slipway::cli

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/compression.hpp"
#include "base/diagnostics.hpp"
#include "dockerfile/ast.hpp"
#include "oci/image.hpp"
#include "plan/named_context.hpp"
#include "plan/stage_state.hpp"

namespace slipway {

/// A place that SOURCE_DATE_EPOCH names, whose time is that of the image.
struct EpochPlace {
  enum class Kind {
    context,        ///< the main one
    named_context,  ///< `name` in lower case
    source,         ///< what ADD fetches: its source, and its --checksum
  };
  Kind kind = Kind::context;
  std::string name = {};
  std::string checksum = {};
};

/// What a build is asked for: the command line's part of a plan.
struct PlanOptions {
  std::string target = {};  ///< stage name or number; empty: the last
  /// Stages whose steps are planned too, though the target may not need them.
  std::vector<std::string> also = {};
  std::map<std::string, std::string> build_args = {};
  Platform platform = Platform::host();  ///< of the image
  bool platform_is_asked = false;        ///< the image has it, whatever its base says
  Compression compression = {};
  ImageFormat format = ImageFormat::oci;
  std::vector<std::string> tags = {};
  std::map<std::string, std::string> labels = {};
  std::map<std::string, std::string> annotations = {};
  std::string context = ".";     ///< the directory that COPY reads
  std::string ignore_file = {};  ///< instead of <Dockerfile>.dockerignore and the context's own
  NamedContexts contexts = {};   ///< --build-context
  /// All times of the image, seconds since 1970. Without it they are what the
  /// argument SOURCE_DATE_EPOCH says, else 0.
  std::optional<std::int64_t> source_date_epoch = {};
  /// Tells the time of such a place, if it has one.
  std::function<std::optional<std::int64_t>(const EpochPlace&)> time_of = {};
  std::string origin = {};   ///< "file:line" to blame instead of the Dockerfile, for generated ones
  std::string network = {};  ///< of RUNs that do not say: "none"; else the machine's
  std::string hostname = {};         ///< that RUNs see; empty: default_hostname
  std::set<std::string> allow = {};  ///< --allow: "network.host", "security.insecure"
  bool compat_volumes = false;       ///< see Script
};

/// BuildKit's: commands that print it give what they do elsewhere.
inline constexpr std::string_view default_hostname = "buildkitsandbox";

/// An instruction kept as text, to be parsed again where it is needed.
struct SourceLines {
  std::string text = {};
  int line = 0;
  bool operator==(const SourceLines&) const = default;
};

/// Instructions of one Dockerfile and what they may refer to.
struct Script {
  std::string path = {};    ///< of the Dockerfile, for messages
  std::string origin = {};  ///< see PlanOptions
  char escape = '\\';
  std::int64_t epoch = 0;  ///< all times in the image
  /// As builders before BuildKit: VOLUME makes its directories, and what RUN changes
  /// in them is lost.
  bool compat_volumes = false;
  ArgumentValues arguments = {};
};

enum class StepKind {
  base,         ///< FROM (and COPY --from) of an image: brings it into the store
  copy,         ///< COPY and ADD: a layer
  directories,  ///< WORKDIR, compat VOLUME: a layer with those that are not there yet
  run,          ///< RUN: a layer with what its command changed
};

/// What a step must know of those beneath it.
enum class Beneath {
  nothing,  ///< COPY --link
  shapes,   ///< where a destination leads
  layers,   ///< all files: RUN
};

/// What one mount of a RUN shows, or is filled with: a stage or image, or a
/// directory of the machine. Neither: nothing.
struct MountSource {
  std::string step = {};  ///< the topmost of the stage or image
  std::string context = {};
  std::vector<std::string> ignore_files = {};  ///< of the context, as Step's own
};

/// One thing to do: what a build edge runs. A pure function of its text, its
/// files and what the steps that it names have left.
struct Step {
  std::string id = {};  ///< "<stage>-base" or "<stage>-<number of the layer in it>"
  StepKind kind = StepKind::copy;
  Script script = {};
  SourceLines instruction = {};  ///< base: its reference is in `reference` instead
  std::string reference = {};    ///< base: the image's name
  Platform platform = {};        ///< base: of the image; others: of the stage
  Compression compression = {};
  ImageFormat format = ImageFormat::oci;
  std::string context = {};  ///< COPY and ADD, unless they read layers (see `from`)
  std::vector<std::string> ignore_files = {};  ///< of the context: the first that exists counts
  bool runs_triggers = false;                  ///< base: of a FROM, so its ONBUILD instructions run
  /// Earlier ARG, ENV, WORKDIR, USER and SHELL instructions that the words (or
  /// a RUN's environment) need.
  std::vector<SourceLines> before = {};
  /// The step whose own `before`, with what that is after in turn, comes first:
  /// a RUN lists only what came since the RUN beneath it. Empty: none.
  std::string after = {};
  /// The base step whose config the words need; empty: none.
  std::string config_of = {};
  /// A stage is a list from the top: the step right beneath this one, empty for
  /// the lowest; and what of all those beneath matters.
  std::string beneath = {};
  Beneath reads = Beneath::nothing;
  /// COPY --from: the topmost step of the source.
  std::string from = {};
  std::vector<MountSource> mounts = {};  ///< RUN: in the order of its flags
  std::string network = {};              ///< RUN: "none", or empty for the machine's
  std::string hostname = {};             ///< RUN
  /// A digest of the ids of all steps whose layers or shapes it reads, so that
  /// its text changes when another step comes in anywhere among them.
  std::string lineage = {};
  bool is_of_image = false;  ///< the image has what it leaves
};

/// The last edge: config, manifest and layout out of what the steps left.
struct ImageStep {
  Script script = {};
  std::string base = {};  ///< base step; empty: scratch
  struct Part {
    SourceLines instruction = {};  ///< of a COPY with heredocs without what is in them
    std::string layer = {};        ///< the step that made its layer; empty: none
  };
  std::vector<Part> parts = {};  ///< of all its stages, the lowest first, but for that one's FROM
  Platform platform = {};
  bool platform_is_asked = false;  ///< else it is for images on scratch: others have their base's
  ImageFormat format = ImageFormat::oci;
  std::vector<std::string> tags = {};
  std::map<std::string, std::string> labels = {};
  std::map<std::string, std::string> annotations = {};
};

struct Plan {
  std::vector<Step> steps = {};  ///< each after those it names
  ImageStep image = {};
  std::vector<std::string> stage_names = {};  ///< by number; empty where a stage has none
};

/// Turn a Dockerfile into steps: only what the target stage needs. Pure: reads
/// no file. Mistakes (unknown stage, RUN, ...) are reported at their place.
/// Its size, and the time, grow with the Dockerfile's, not with the square.
Plan make_plan(const dockerfile::Dockerfile& dockerfile, const std::string& path,
               const PlanOptions& options, Diagnostics& diagnostics);

/// The text of a .step file, and back: a header in JSON, then the instruction as
/// it is. parse_* throw Errc::input on a file that
/// another version wrote or that is damaged.
std::string serialise(const Step& step);
std::string serialise(const ImageStep& step);
Step parse_step(std::string_view text);
ImageStep parse_image_step(std::string_view text);

/// The whole plan as one JSON document, for programs (`plan --emit json`).
std::string to_json(const Plan& plan);

}  // namespace slipway

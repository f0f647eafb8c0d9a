#pragma once

#include <string>
#include <utility>
#include <vector>

#include "plan/plan.hpp"

namespace slipway {

/// One build edge, as Ninja and CMake know it.
struct Edge {
  std::vector<std::string> outputs = {};
  std::vector<std::string> inputs = {};
  std::vector<std::string> command = {};  ///< without the program
  std::string depfile = {};
  std::string comment = {};
};

/// Where the edges' files lie and what they depend on besides the plan.
struct EdgeOptions {
  std::string dockerfile = {};                   ///< read by the first edge
  std::string directory = {};                    ///< of the .step, .layer, .shape files
  std::string layout = {};                       ///< the image
  std::string digest_file = {};                  ///< empty: none
  std::string image_name = {};                   ///< in comments
  std::vector<std::string> plan_arguments = {};  ///< `slipway plan` options for the first edge
  std::string context = {};
  std::string lock = {};  ///< read by the first edge; empty: none
  std::vector<std::string> run_arguments =
      {};  ///< `slipway step` options of RUN and ADD steps: --secret, --ssh
  std::vector<std::string> image_arguments = {};  ///< `slipway image` options: checks
  std::vector<std::string> fetch_arguments =
      {};  ///< options of all edges that may read a base's layers: --registry-mirror
  std::vector<std::string> layer_arguments =
      {};  ///< `slipway step` options of all but bases: --cache-from
  /// A COPY or RUN whose source or mount (or FROM whose image) is `first`, or
  /// lies in the folder `first`, depends on the file `second` too.
  std::vector<std::pair<std::string, std::string>> inputs = {};
};

/// The first words of the step's instruction: "COPY app /usr/bin/". Users and
/// passwords of URLs are left out.
std::string title_of(const Step& step);

/// The files that belong to one step.
struct StepFiles {
  std::string step, layer, shape, depfile, record;
};
StepFiles step_files(const std::string& directory, const std::string& id);

/// The edges of a plan: first the plan itself, one a step, last the image. In
/// long stages there are some between that gather what lies deep beneath, so
/// that no edge has to list it all. A phony edge would not do: Ninja does not
/// look through it when it notes how new a restat edge's inputs were.
std::vector<Edge> make_edges(const Plan& plan, const EdgeOptions& options);

/// How Ninja makes its own file again when the Dockerfile changes.
struct NinjaFile {
  std::string program = {};          ///< the path to slipway
  std::string path = "build.ninja";  ///< under which Ninja reads it
  std::vector<std::string> command =
      {};  ///< the `plan` command that writes it, without the program
  std::string dockerfile = {};
};

/// A build.ninja. Restat everywhere: what comes out the same stops there.
std::string to_ninja(const std::vector<Edge>& edges, const NinjaFile& file);

/// CMake code with one add_custom_command() an edge, to include() where
/// Slipway::slipway is known. Generator expressions in options stay as they are.
std::string to_cmake(const std::vector<Edge>& edges);

/// The graph of steps for Graphviz.
std::string to_dot(const Plan& plan);

}  // namespace slipway

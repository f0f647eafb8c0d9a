// An install script is run as `cmake --install` runs it, but from a script of
// ours around it. In CMake 3.25 the script of a top-level directory ends with
//   file(WRITE "<binary dir>/${CMAKE_INSTALL_MANIFEST}" ...)
// which would leave our list of files in the user's build folder, over one of
// a real installation perhaps, and two runs would write it at once. The
// variable is set just before, unconditionally; a watch on it leads the write
// into our own folder instead.

#include <fmt/format.h>

#include <string_view>

#include "base/error.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "build/install_trace.hpp"
#include "build/staging.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

/// Up from any binary directory to the root: ".." of the root is the root.
std::string path_from_anywhere(const fs::path& path) {
  std::string result;
  for (int i = 0; i < 128; ++i) result += "../";
  return result + path.relative_path().native();
}

std::string wrapper_script(const fs::path& script, const fs::path& manifest) {
  return fmt::format(
      "macro(_slipway_redirect_manifest)\n"
      "  set(CMAKE_INSTALL_MANIFEST [==[{}]==])\n"
      "endmacro()\n"
      "variable_watch(CMAKE_INSTALL_MANIFEST _slipway_redirect_manifest)\n"
      "include([==[{}]==])\n",
      path_from_anywhere(manifest), script.native());
}

class Installer {
 public:
  Installer(const InstallStage& stage, const fs::path& scratch)
      : stage_(stage),
        script_(absolute(stage.script)),
        is_traced_(stage.trace || !stage.required.empty()),
        wrapper_(scratch / "install.cmake"),
        scratch_(scratch) {
    if (!lstat_file(script_)) {
      throw Error(Errc::input,
                  fmt::format("install script '{}' does not exist", printable(script_.native())));
    }
    write_file_if_changed(wrapper_, wrapper_script(script_, scratch / "manifest.txt"));
    read_.insert(script_);
  }

  void install(const std::string& component) {
    const auto number = std::to_string(count_++);
    const auto root = scratch_ / ("root-" + number);
    const auto trace = scratch_ / ("trace-" + number);
    make_directories(root);
    run(component, root, trace);
    if (is_traced_) note_sources(trace, root);
    std::error_code error;
    if (fs::is_empty(root, error)) report_empty(component);
    add_stripped(root, scratch_ / ("debug-" + number), stage_.strip, stage_.debug_tools, tree_);
  }

  void check_required() const {
    std::set<fs::path> installed;
    std::error_code error;
    for (const auto& source : sources_) installed.insert(fs::weakly_canonical(source, error));
    for (const auto& file : stage_.required) {
      if (installed.contains(fs::weakly_canonical(file, error))) continue;
      throw Error(Errc::input, fmt::format("file '{}' is not installed by component {}",
                                           printable(file.native()), component_list()))
          .with_hint(
              "add its target to an install(TARGETS) call with that COMPONENT, or leave COMPONENTS "
              "away");
    }
  }

  const StagedTree& tree() const noexcept { return tree_; }

  std::set<fs::path> read() const {
    auto result = read_;
    result.insert(sources_.begin(), sources_.end());
    return result;
  }

 private:
  static fs::path absolute(const fs::path& path) {
    std::error_code error;
    return fs::absolute(path, error).lexically_normal();
  }

  std::vector<std::string> command_line(const std::string& component, const fs::path& trace) const {
    std::vector<std::string> argv{stage_.cmake.native(), "-DCMAKE_INSTALL_PREFIX=" + stage_.prefix,
                                  "-DCMAKE_INSTALL_COMPONENT=" + component,
                                  "-DCMAKE_INSTALL_CONFIG_NAME=" + stage_.configuration,
                                  "-DBUILD_TYPE=" + stage_.configuration};
    if (stage_.local_only) argv.emplace_back("-DCMAKE_INSTALL_LOCAL_ONLY=1");
    if (stage_.strip == Strip::on) argv.emplace_back("-DCMAKE_INSTALL_DO_STRIP=1");
    if (is_traced_) {
      argv.emplace_back("--trace-expand");
      argv.emplace_back("--trace-format=json-v1");
      argv.push_back("--trace-redirect=" + trace.native());
    }
    argv.emplace_back("-P");
    argv.push_back(wrapper_.native());
    return argv;
  }

  void run(const std::string& component, const fs::path& root, const fs::path& trace) const {
    Command command{.argv = command_line(component, trace),
                    // CMAKE_INSTALL_MODE of the user would make symlinks of copies.
                    .environment = {{"DESTDIR", root.native()}, {"CMAKE_INSTALL_MODE", "COPY"}},
                    .umask = 022};
    const auto result = run_captured(command);
    if (result.status == 0) return;
    throw Error(
        Errc::command,
        fmt::format("install component '{}' by '{}': cmake exited with status {}\n{}", component,
                    printable(script_.native()), result.status, trim(result.output)));
  }

  void note_sources(const fs::path& trace_file, const fs::path& root) {
    auto trace = parse_install_trace(read_file(trace_file));
    trace.scripts.erase(wrapper_);
    read_.merge(trace.scripts);
    sources_.merge(installed_sources(trace, root));
  }

  [[noreturn]] void report_empty(const std::string& component) const {
    const auto known = known_components();
    auto hint = did_you_mean(component, known);
    if (hint.empty()) {
      hint =
          known.empty()
              ? fmt::format("there is no install() call in the directory of '{}'", script_.native())
              : fmt::format("install() calls there have COMPONENT {}", fmt::join(known, ", "));
    }
    throw Error(Errc::input, fmt::format("install component '{}' installs nothing", component))
        .with_hint(std::move(hint));
  }

  /// The components that the scripts which were read know.
  std::vector<std::string> known_components() const {
    constexpr std::string_view test = "CMAKE_INSTALL_COMPONENT STREQUAL \"";
    std::set<std::string> names;
    for (const auto& script : read_) {
      const auto text = read_file_if_exists(script).value_or("");
      for (auto at = text.find(test); at != std::string::npos; at = text.find(test, at)) {
        at += test.size();
        names.insert(text.substr(at, text.find('"', at) - at));
      }
    }
    return {names.begin(), names.end()};
  }

  std::string component_list() const {
    std::string result;
    for (const auto& component : stage_.components) {
      result += fmt::format("{}'{}'", result.empty() ? "" : ", ", component);
    }
    return result;
  }

  const InstallStage& stage_;
  fs::path script_;
  bool is_traced_;
  fs::path wrapper_;
  fs::path scratch_;
  int count_ = 0;
  StagedTree tree_;
  std::set<fs::path> read_;
  std::set<fs::path> sources_;
};

}  // namespace

void stage_install(const InstallStage& stage) {
  Staging staging(stage.output);
  Installer installer(stage, staging.scratch());
  for (const auto& component : stage.components) installer.install(component);
  installer.check_required();
  staging.publish(installer.tree(), installer.read());
}

}  // namespace slipway

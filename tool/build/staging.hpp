#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "build/publish.hpp"
#include "build/split_debug.hpp"
#include "layer/pack.hpp"
#include "layer/view.hpp"
#include "store/store.hpp"

namespace slipway {

/// Run a directory's install script for some components.
struct InstallStage {
  StageOutput output = {};
  std::filesystem::path script = {};  ///< <binary dir>/cmake_install.cmake
  std::vector<std::string> components = {};
  bool local_only = false;         ///< not the scripts of subdirectories
  std::string configuration = {};  ///< e.g. "Release"
  Strip strip = Strip::off;
  DebugTools debug_tools = {};
  std::string prefix = "/usr";
  std::filesystem::path cmake = "cmake";
  bool trace = false;  ///< find the files that are installed, for the depfile
  std::vector<std::filesystem::path> required = {};  ///< must be among them (implies trace)
};

/// Stage what `cmake --install` would put on a machine. Throws Errc::input
/// when a component installs nothing or a required file is not installed, and
/// Errc::command, with cmake's output, when the script ends in an error.
void stage_install(const InstallStage& stage);

/// Take apart what a command of a build has installed into folders of its image.
struct SplitStage {
  StageOutput output = {};
  std::vector<std::string> folders = {};  ///< of the step's layer: "/slipway/out/libraries"
  Strip strip = Strip::to_link;           ///< or to_debug
  DebugTools debug_tools = {};
};

/// Stage what the folders of a layer hold, one over the other; `read` is what told of the
/// layer, for the depfile. Throws Errc::input for a folder that the layer has not.
void stage_split(const SplitStage& stage, const Layer& layer, const Store& store,
                 const std::filesystem::path& read);

/// Stage files and directories as install(FILES) and install(DIRECTORY) name
/// them, with normalised modes.
struct FilesStage {
  StageOutput output = {};
  struct Group {
    bool is_directory =
        false;  ///< `sources` are directories; with a '/' at the end: their contents
    std::vector<std::string> sources = {};
    std::string destination = {};  ///< directory in the image
  };
  std::vector<Group> groups = {};  ///< in order: a later file replaces an earlier one
};

/// Throws Errc::input for a source that is missing, of the wrong type or a
/// symlink loop.
void stage_files(const FilesStage& stage);

/// Stage the sources of a project for a compile inside of an image.
struct SourcesStage {
  StageOutput output = {};
  std::filesystem::path directory = {};              ///< absolute
  std::vector<std::filesystem::path> excluded = {};  ///< directories below it, absolute
  /// What the last compile left: the seal of the tree that it saw, then the
  /// files of it that it read, a line each. nullopt: there was none.
  std::optional<std::string> read_list = {};
};

/// The tree is the directory without .git, build trees and what its
/// .dockerignore names; as long as nothing on `read_list` changes, it stays.
/// Throws Errc::input where there is no such directory.
void stage_sources(const SourcesStage& stage);

/// Stage what a system has besides its programs: directories, /etc/passwd,
/// /etc/group, /etc/nsswitch.conf, /etc/os-release.
struct SkeletonStage {
  StageOutput output = {};
  /// "<name>:<uid>[:<gid>[:<home>[:<shell>]]]", besides root, nonroot and nobody. The
  /// gid is the uid, home /home/<name> and shell /sbin/nologin where they are left out.
  std::vector<std::string> users = {};
  std::vector<std::string> groups = {};  ///< "<name>:<gid>[:<member>,...]"
  std::filesystem::path sysroot = "/";   ///< where os-release comes from
};

/// Throws Errc::usage for a user or group of another form.
void stage_skeleton(const SkeletonStage& stage);

/// Stage a directory that is only its owner's, who is given when it is copied.
struct HomeStage {
  StageOutput output = {};
  std::string name = {};
};
void stage_home(const HomeStage& stage);

/// Stage files that programs read without naming them to a linker.
struct DataStage {
  StageOutput output = {};
  std::vector<std::string> data = {};  ///< "ca-certificates", "tzdata", "locale:<name>"
  std::filesystem::path sysroot = "/";
};

/// Throws Errc::input for what the sysroot does not have, Errc::usage for another word.
void stage_data(const DataStage& stage);

enum class ClosurePolicy {
  missing,  ///< what the base's loader would not find
  all,      ///< everything but the base's own C library
};

/// Stage the shared libraries that programs need.
struct ClosureStage {
  StageOutput output = {};
  ClosurePolicy policy = ClosurePolicy::missing;
  std::vector<std::filesystem::path> files = {};  ///< of a directory: all that it holds
  std::vector<std::filesystem::path> library_directories = {};  ///< searched before the system's
  std::filesystem::path sysroot = "/";
  std::optional<std::string> library_dir = {};  ///< in the image; none: where the C library is
  std::vector<std::string> provided = {};       ///< sonames that other layers bring
  std::vector<std::string> opened = {};         ///< sonames that the programs open by dlopen()
  /// Files or directories of the sysroot that programs open by their path: staged
  /// there, with what they need.
  std::vector<std::filesystem::path> plugins = {};
  /// Write an /etc/ld.so.cache of what is staged.
  bool loader_cache = false;
  /// `files` and all that they need lie below `sysroot`, which holds an image's
  /// filesystem for the moment: no input of the build, and not part of names.
  bool of_image = false;
};

/// Stage the closure of `stage.files` over `base`. `read` are the files that
/// told what the base holds, for the depfile. A base with a C library never
/// gets a second one. Throws Errc::input for a library that is nowhere found,
/// or when the base's C library has no loader for the programs.
void stage_closure(const ClosureStage& stage, const View& base,
                   const std::vector<std::filesystem::path>& read);

}  // namespace slipway

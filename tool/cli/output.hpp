#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "build/assemble.hpp"

namespace slipway::cli {

/// Where a build's result goes besides the store (docker build --output).
struct Output {
  enum class Kind {
    layout,          ///< type=oci,tar=false: an OCI image layout
    oci_archive,     ///< type=oci
    docker_archive,  ///< type=docker with a dest
    engine,          ///< type=docker without one: into a running Docker, or Podman
    tar,             ///< type=tar: the filesystem
    directory,       ///< type=local: the filesystem
    store,           ///< type=image, type=cacheonly
    registry,        ///< type=registry, or type=image with push=true
  };
  Kind kind = Kind::store;
  std::filesystem::path destination = {};  ///< "-": the standard output
  std::vector<std::string> names = {};     ///< further names of the image

  bool to_stdout() const { return destination == "-"; }
};

/// Docker's "type=<oci|docker|local|tar|image|registry|cacheonly>[,dest=<path>]
/// [,name=<reference>][,tar=<bool>][,push=<bool>]"; a bare path is type=local, "-" type=tar on the
/// standard output; and, as everywhere, oci:<dir>, oci-archive:<file> and docker-archive:<file>;
/// docker://<reference> is type=registry. Throws Errc::usage.
Output parse_output(std::string_view text);

/// Whom a command tells on stderr what it sends.
enum class Telling { people, nobody };

/// `tags` are names of the image besides the output's own. An index goes to
/// everything but engines and their archives (Errc::usage): in files of a
/// filesystem each platform has a folder ("linux_amd64").
void write_output(const Output& output, const BuiltImages& built,
                  const std::vector<std::string>& tags, const Store& store, Telling telling);

}  // namespace slipway::cli

#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "oci/reference.hpp"

namespace slipway {

/// A place that builds of several machines share, as --cache-from or --cache-to
/// names it.
struct CachePlace {
  enum class Kind { registry, local };
  Kind kind = Kind::registry;
  Reference repository = {};          ///< registry: its tag begins the names of the results
  std::filesystem::path folder = {};  ///< local
  bool every_step = false;            ///< mode=max: not only the steps whose layers the image has
  bool may_fail = false;              ///< ignore-error=true
  bool cache_mounts = false;          ///< cache-mounts=true: folders of RUN's, too

  /// "type=registry,ref=REPOSITORY[:NAME][,cache-mounts=true]", "type=local,src=DIR[,...]",
  /// or the repository alone, as with Docker. Throws Errc::usage naming the flag.
  static CachePlace parse_source(std::string_view text);

  /// "type=registry,ref=REPOSITORY[:NAME][,mode=min|max][,ignore-error=true]
  /// [,cache-mounts=true]" or
  /// "type=local,dest=DIR[,mode=...]". Throws Errc::usage naming the flag.
  static CachePlace parse_target(std::string_view text);

  /// For messages: "host/repository", or the folder.
  std::string str() const;
};

}  // namespace slipway

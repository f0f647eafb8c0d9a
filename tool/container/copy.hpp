#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/compression.hpp"
#include "container/container.hpp"
#include "layer/unpack.hpp"

namespace slipway {

struct CopyOptions {
  bool follows_link = false;  ///< the source's last part is a symlink: what it leads to
  bool keeps_owners = false;  ///< else they are root's inside, and ours outside
};

/// As `docker cp`: into `to` where that is a directory, as `to` where nothing is
/// there; of a `from` that ends with "/." what it holds. Files replace files. Paths
/// inside are resolved there. Throws Errc::input for what is not there or does not fit.
void copy_out(const Container& container, const std::string& from, const std::string& to,
              const CopyOptions& options, const Store& store);
void copy_in(const Container& container, const std::string& from, const std::string& to,
             const CopyOptions& options, const Store& store);

/// A directory of the container's, and the folder that becomes like it.
struct VolumeCopy {
  std::string from = {};
  std::filesystem::path folder = {};
};

/// With owners and modes, as the container sees them. This process takes the place of
/// the container's root: see open_container_root().
void copy_to_volumes(const Container& container, const std::vector<VolumeCopy>& copies,
                     const Store& store);

/// The same as a tar, whose first entry has the last part of `from` as its name.
void copy_out_as_tar(const Container& container, const std::string& from,
                     const CopyOptions& options, const ByteSink& sink, const Store& store);

/// Unpack a tar, which says itself whose files they are, into the directory `to` of
/// the container.
void copy_in_from_tar(const Container& container, const ByteSource& source, const std::string& to,
                      const Store& store);

}  // namespace slipway

#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "build/copy_source.hpp"
#include "build/file_mode.hpp"
#include "build/rootfs.hpp"
#include "layer/view.hpp"
#include "plan/stage_state.hpp"

namespace slipway {

/// Where the words of a COPY stand, for messages.
struct CopyPlaces {
  std::vector<Span> sources = {};  ///< as many as there are sources, or none
  Span destination = {};
};

/// A COPY with everything worked out but its files.
struct CopyRequest {
  CopyWords words = {};
  CopyPlaces places = {};
  std::vector<std::string> heredoc_names = {};
  /// --chown; applies to parents that are made, too. Without it entries keep the
  /// source's owners, which for a context are root's.
  std::optional<Owner> owner = {};
  std::optional<ModeChange> mode = {};
  std::optional<std::int64_t> mtime = 0;  ///< of every entry; nullopt: the source's own
  bool parents = false;                   ///< --parents: sources keep their directories
  bool unpack = false;                    ///< archives among the sources are unpacked
  bool unpack_fetched = false;            ///< and those brought from elsewhere
  /// Where archives' files go; empty: archives are not read, and an item stands
  /// for each, at the end of the list, to show whether it changed.
  std::filesystem::path scratch = {};
  std::map<std::string, FetchedSource> fetched =
      {};  ///< what was brought from elsewhere, by its word
};

/// One item of the layer, and what would show that its source changed.
struct CopiedItem {
  PackItem item = {};
  std::string signature = {};
  std::string source = {};
  std::int64_t changed_ns = 0;
  bool is_archive = false;  ///< stands for what it holds
};

/// What a COPY puts on the filesystem `below` (an empty view for --link): the
/// copied entries, and the parent directories that are not there yet, in tar
/// order. Semantics of BuildKit's copier: a directory's contents are copied,
/// links are followed only at the top of a source, a file goes into an existing
/// directory, links at the destination are followed inside the root.
/// Throws Errc::input with what is wrong about which path.
std::vector<CopiedItem> copy_items(const CopyRequest& request, CopySource& source,
                                   const View& below);

}  // namespace slipway

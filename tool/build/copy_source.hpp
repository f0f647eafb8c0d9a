#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/ignore.hpp"
#include "layer/pack.hpp"
#include "layer/view.hpp"
#include "plan/plan.hpp"
#include "store/store.hpp"

namespace slipway {

/// One file, directory or link that a COPY may take.
struct SourceNode {
  std::string path = {};       ///< from the source's root, clean
  Entry entry = {};            ///< as it is there; entry.path is not set
  FileBytes bytes = {};        ///< files
  bool is_socket = false;      ///< copied as an empty file
  bool excluded = false;       ///< a directory that is there only for what is re-included in it
  std::string identity = {};   ///< of hard links: equal for names of one file; else empty
  std::string signature = {};  ///< changes when the content may have changed
  std::optional<std::int64_t> mtime =
      {};                       ///< a time that the image's may not pass; none: that of the image
  std::int64_t changed_ns = 0;  ///< when it last changed, as far as is known (ns since 1970)
};

/// What COPY reads from: the context, or the layers of a stage or image.
class CopySource {
 public:
  virtual ~CopySource() = default;

  /// What `path` leads to, all links followed inside the source; its node's
  /// `path` is where it was found. nullopt: nothing there, or ignored.
  virtual std::optional<SourceNode> lookup(std::string_view path) = 0;

  /// The same, but that a link at the end of the path is not followed.
  virtual std::optional<SourceNode> lookup_itself(std::string_view path) = 0;

  /// The nodes in a directory that lookup() or children() gave, by name; links
  /// are not followed.
  virtual std::vector<SourceNode> children(const SourceNode& directory) = 0;

  /// Why nothing may be at `path`, where lookup() finds nothing; empty: who knows.
  virtual std::string hint_for_missing(std::string_view path) = 0;

  /// Make the bytes of these files readable (SourceNode::bytes). Called once.
  virtual void provide(std::vector<PackItem*>& files) = 0;

  /// Files and directories whose change must run the step again; in no order,
  /// some more than once.
  virtual const std::vector<std::string>& read() const = 0;
};

/// A source that was brought here, and what is to be copied of it.
struct FetchedSource {
  std::shared_ptr<CopySource> source = {};
  std::string path = {};
};

/// What CopySource::read() names of a context. For the folders that our own
/// staging fills, whose stamps tell of changed files, the directories do: they
/// change when something is thrown away, and Ninja takes quadratic time for
/// long depfiles.
enum class Watched { everything, directories };
Watched watched_by(const Step& step);

/// A directory of the machine, less what the first of these ignore files that
/// exists names.
std::unique_ptr<CopySource> open_context(const std::filesystem::path& directory,
                                         const std::vector<std::string>& ignore_files,
                                         Watched watched = Watched::everything);

/// The step's own context.
std::unique_ptr<CopySource> open_context(const Step& step);

/// The filesystem of layers in the store.
std::unique_ptr<CopySource> open_layers(const std::vector<Layer>& layers, const Store& store);

/// All paths that a COPY source word means: itself, or what its wildcards (Go's
/// filepath.Match, component by component) find, in order.
std::vector<std::string> match_sources(CopySource& source, std::string_view pattern);

}  // namespace slipway

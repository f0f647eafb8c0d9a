#include "build/fetched_sources.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/credentials.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "build/download.hpp"
#include "build/git_checkout.hpp"
#include "build/remote_context.hpp"
#include "dockerfile/git_ref.hpp"
#include "fetch/fetch.hpp"

namespace slipway {
namespace df = dockerfile;
namespace {

constexpr std::uint32_t downloaded_mode = 0600;

/// A source with one file: its root.
class DownloadedFile final : public CopySource {
 public:
  DownloadedFile(const Download& download, const Store& store) {
    const auto path = store.blobs().blob_path(download.blob.digest);
    node_.path = download.name;
    node_.entry.mode = downloaded_mode;
    node_.entry.size = download.blob.size;
    node_.bytes = {std::make_shared<const Fd>(open_file(path.parent_path(), O_PATH | O_DIRECTORY)),
                   path.filename().native()};
    node_.signature = download.blob.digest.hex();
    node_.mtime = download.modified;
    node_.entry.mtime = download.modified.value_or(0);
  }

  std::optional<SourceNode> lookup(std::string_view) override { return node_; }
  std::optional<SourceNode> lookup_itself(std::string_view) override { return node_; }
  std::vector<SourceNode> children(const SourceNode&) override { return {}; }
  std::string hint_for_missing(std::string_view) override { return {}; }
  void provide(std::vector<PackItem*>&) override {}
  const std::vector<std::string>& read() const override { return read_; }

 private:
  SourceNode node_ = {};
  std::vector<std::string> read_ = {};
};

/// What the flags of ADD and the query of the URL say, which must not differ.
void merge_flags(const df::Copy& copy, const CopyWords& words, df::GitRef& ref) {
  if (copy.keep_git_dir && ref.keep_git_dir && *copy.keep_git_dir != *ref.keep_git_dir) {
    throw Error(Errc::input, "--keep-git-dir and the URL's keep-git-dir differ");
  }
  if (!ref.keep_git_dir) ref.keep_git_dir = copy.keep_git_dir;
  if (!words.checksum.empty() && !ref.checksum.empty() && words.checksum != ref.checksum) {
    throw Error(Errc::input,
                fmt::format("checksum mismatch: --checksum '{}' and the URL's '{}' differ",
                            printable(words.checksum), printable(ref.checksum)));
  }
  if (ref.checksum.empty()) ref.checksum = words.checksum;
}

std::optional<FetchedSource> fetch_source(const std::string& word, const df::Copy& copy,
                                          const CopyWords& words, const FetchContext& context) {
  auto ref = df::parse_git_ref(word);
  const bool is_git = ref && !ref->indistinguishable_from_local;
  if (!is_git && !is_http_url(word)) return std::nullopt;
  if (!copy.add) {
    throw Error(Errc::input, fmt::format("copy '{}': COPY takes no URLs and repositories",
                                         printable(without_credentials(word))))
        .with_hint("use ADD");
  }
  if (!is_git) {
    const auto file = download(word, words.checksum, context);
    return FetchedSource{std::make_shared<DownloadedFile>(file, context.store), ""};
  }
  merge_flags(copy, words, *ref);
  const auto tree = check_out(*ref, context);
  return FetchedSource{open_context(tree.path, {}), ref->subdir};
}

}  // namespace

bool is_http_url(std::string_view word) {
  return (word.starts_with("http://") || word.starts_with("https://")) && !df::parse_git_ref(word);
}

std::map<std::string, FetchedSource> fetch_sources(const df::Copy& copy, const CopyWords& words,
                                                   const FetchContext& context) {
  if (!words.checksum.empty() && words.sources.size() != 1) {
    throw Error(Errc::input, "--checksum goes with exactly one source");
  }
  std::map<std::string, FetchedSource> fetched;
  for (std::size_t i = 0; i < words.sources.size(); ++i) {
    const auto& word = words.sources[i];
    if (copy.from || fetched.contains(word)) continue;
    with_place(copy.sources[i].span, [&] {
      if (auto source = fetch_source(word, copy, words, context))
        fetched.emplace(word, std::move(*source));
    });
  }
  if (!words.checksum.empty() && fetched.empty()) {
    throw Error(Errc::input, "--checksum requires HTTP(S) or Git sources");
  }
  return fetched;
}

std::optional<std::int64_t> time_of_source(const std::string& word, const std::string& checksum,
                                           const FetchContext& context) {
  if (!is_http_url(word)) return check_out(df::parse_git_ref(word).value(), context).committed;
  const auto file = download(word, checksum, context);
  return file.modified ? file.modified
                       : newest_file_time(context.store.blobs().blob_path(file.blob.digest));
}

}  // namespace slipway

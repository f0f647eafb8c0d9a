#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <optional>

#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "container/changes.hpp"
#include "container/commit.hpp"
#include "container/copy.hpp"
#include "oci/reference.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway::cli {
namespace {

/// An argument of `cp`: "CONTAINER:PATH", a path of ours, or "-".
struct CopyEnd {
  std::optional<std::string> container = {};
  std::string path = {};

  /// What has a slash before the first colon is ours: "./a:b".
  explicit CopyEnd(const std::string& text) : path(text) {
    const auto colon = text.find(':');
    if (colon == std::string::npos || colon == 0 || text.find('/') < colon || text.front() == '.')
      return;
    container = text.substr(0, colon);
    path = text.substr(colon + 1);
  }

  bool is_stream() const { return !container && path == "-"; }
};

struct CpCommand {
  std::string from = {};
  std::string to = {};
  CopyOptions options = {};

  void run() const {
    const CopyEnd source(from);
    const CopyEnd target(to);
    if (source.container && target.container)
      throw Error(Errc::usage, "cp: one of both must be outside of containers");
    if (!source.container && !target.container) {
      throw Error(Errc::usage, "cp: neither names a container")
          .with_hint("slipway cp CONTAINER:PATH PATH, or the other way");
    }
    const Store store = open_store();
    if (source.container) return out(source, target, store);
    const auto container = find_container(*target.container, store);
    if (source.is_stream()) {
      const Fd input(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
      return copy_in_from_tar(
          container,
          [&](std::span<std::byte> bytes) { return read_some(input, bytes, "the standard input"); },
          target.path, store);
    }
    copy_in(container, source.path, target.path, options, store);
  }

  void out(const CopyEnd& source, const CopyEnd& target, const Store& store) const {
    const auto container = find_container(*source.container, store);
    if (!target.is_stream()) return copy_out(container, source.path, target.path, options, store);
    if (::isatty(STDOUT_FILENO) == 1) {
      throw Error(Errc::usage, "cp: a tar is not for a terminal")
          .with_hint("redirect the output: slipway cp C:/etc - | tar t");
    }
    const Fd output(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    copy_out_as_tar(
        container, source.path, options,
        [&](std::span<const std::byte> bytes) { write_all(output, bytes, "the standard output"); },
        store);
  }
};

void add_cp(Command& program) {
  auto cp = std::make_shared<CpCommand>();
  auto command = program.add("cp", "Copy files: cp CONTAINER:PATH PATH, or cp PATH CONTAINER:PATH");
  command.option("source", cp->from, "What; - for a tar on our standard input",
                 {"", Need::required});
  command.option("target", cp->to, "Where to; - for a tar on our standard output",
                 {"", Need::required});
  command.flag("-a,--archive", cp->options.keeps_owners, "Files keep their owners");
  command.flag("-L,--follow-link", cp->options.follows_link, "Of a symlink, what it leads to");
  command.action([cp] { cp->run(); });
}

void add_diff(Command& program) {
  auto name = std::make_shared<std::string>();
  auto command = program.add("diff", "Show what a container changed of its image's files");
  command.option("container", *name, "Name or id", {"", Need::required});
  command.action([name] {
    const Store store = open_store();
    for (const auto& change : container_diff(find_container(*name, store), store)) {
      fmt::print("{} {}\n", change.kind, change.path);
    }
  });
}

struct CommitCommand {
  std::string container = {};
  std::string name = {};
  std::string pauses = {};
  std::string compression = {};
  CommitOptions options = {};

  void run() {
    const Store store = open_store();
    const FileLock use = store.in_use();
    // Before anything is packed: a mistake in the name costs nothing.
    const auto reference = name.empty() ? std::nullopt : std::optional(Reference::parse(name));
    if (reference && reference->digest)
      throw Error(Errc::usage,
                  fmt::format("commit: '{}' has a digest, which is not for us to choose", name));
    if (const auto epoch = environment_variable("SOURCE_DATE_EPOCH")) {
      const auto seconds = parse_integer(*epoch);
      if (!seconds || *seconds < 0) {
        throw Error(Errc::usage,
                    fmt::format("SOURCE_DATE_EPOCH '{}' is not a number of seconds since 1970",
                                printable(*epoch)));
      }
      options.epoch = *seconds;
    }
    if (!compression.empty()) options.compression = Compression::parse(compression);
    if (pauses == "false" || pauses == "0") options.pauses = false;
    const auto image = commit_container(find_container(container, store), options, store);
    if (reference) {
      store.blobs().set_tag(reference->str(), image);
    } else {
      store.blobs().add_untagged(image);
    }
    fmt::print("{}\n", image.digest.str());
  }
};

void add_commit(Command& program) {
  auto commit = std::make_shared<CommitCommand>();
  auto command = program.add(
      "commit", "Make an image of a container: commit [OPTIONS] CONTAINER [NAME[:TAG]]");
  command.option("container", commit->container, "Name or id", {"", Need::required});
  command.option("name", commit->name, "What the image is called");
  command.option("-a,--author", commit->options.author, "Who made it", {"TEXT"});
  command.option("-m,--message", commit->options.message, "A comment in its history", {"TEXT"});
  command.repeatable("-c,--change", commit->options.changes,
                     "An instruction over its configuration: CMD, ENV, ...", {"INSTRUCTION"});
  command.option("-p,--pause", commit->pauses, "false: the container goes on meanwhile", {"BOOL"});
  command.option("--compression", commit->compression, "none, gzip or zstd, and :LEVEL [gzip]",
                 {"KIND"});
  command.action([commit] { commit->run(); });
}

}  // namespace

void add_container_file_commands(Command& program, Session&) {
  add_cp(program);
  add_diff(program);
  add_commit(program);
}

}  // namespace slipway::cli

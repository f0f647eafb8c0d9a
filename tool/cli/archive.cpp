#include "layer/archive.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "build/find_image.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "cli/engine.hpp"
#include "cli/images.hpp"
#include "oci/reference.hpp"
#include "registry/remote_blobs.hpp"

namespace slipway::cli {
namespace fs = std::filesystem;
namespace {

/// Names in full form: those given, else those that the image has in the store.
std::vector<std::string> full_names(const std::vector<std::string>& given,
                                    const OpenedImage& opened, const Store& store) {
  std::vector<std::string> names;
  for (const std::string& name :
       given.empty() ? names_in_store(opened.image.descriptor.digest, store) : given) {
    names.push_back(Reference::parse(name).str());
  }
  return names;
}

void write_to_stdout(std::span<const std::byte> bytes) {
  static const Fd output(::dup(STDOUT_FILENO));
  write_all(output, bytes, "the standard output");
}

struct SaveCommand {
  std::string name = {};
  std::string file = {};
  std::string format = "docker-archive";
  std::string platform = Platform::host().str();
  std::vector<std::string> tags = {};

  void run() const {
    if (format != "oci-archive" && format != "docker-archive") {
      const std::array<std::string, 2> known = {"oci-archive", "docker-archive"};
      throw Error(Errc::usage, fmt::format("--format '{}': expected oci-archive or docker-archive",
                                           printable(format)))
          .with_hint(did_you_mean(format, known));
    }
    if (file.empty() && ::isatty(STDOUT_FILENO) == 1) {
      throw Error(Errc::usage, "save: an archive is not for a terminal")
          .with_hint("name a file with -o, or redirect the output");
    }
    const Store store = open_store();
    const OpenedImage opened = find_image(name, store, Platform::parse(platform));
    const auto write = [&](const ByteSink& sink) {
      write_archive(format == "oci-archive" ? ArchiveKind::oci : ArchiveKind::docker, opened.layout,
                    opened.image, full_names(tags, opened, store), sink);
    };
    if (file.empty() || file == "-") {
      write(write_to_stdout);
      return;
    }
    AtomicFile output(file);
    write([&](std::span<const std::byte> bytes) { write_all(output.fd(), bytes, file); });
    std::move(output).commit();
  }
};

struct LoadCommand {
  std::string name = {};
  std::string file = {};
  std::string engine = {};
  std::string platform = Platform::host().str();
  std::vector<std::string> tags = {};

  void run() const {
    if (name.empty() != engine.empty()) {
      throw Error(Errc::usage, "load: an image goes with --into, a file with --input")
          .with_hint("slipway load IMAGE --into docker, or: slipway load --input FILE");
    }
    const Store store = open_store();
    const auto use = store.in_use();
    engine.empty() ? load_into_store(store) : load_into_engine(store);
  }

  void load_into_engine(const Store& store) const {
    if (engine != "docker" && engine != "podman") {
      throw Error(Errc::usage,
                  fmt::format("--into '{}': expected docker or podman", printable(engine)));
    }
    const OpenedImage opened = find_image(name, store, Platform::parse(platform));
    const std::vector<std::string> names = full_names(tags, opened, store);
    slipway::cli::load_into_engine(engine, opened.layout, opened.image, names);
  }

  void load_into_store(const Store& store) const {
    const TempDir spool(store.folder("tmp"), "load-");
    const ImportedArchive archive = import_archive(
        file.empty() || file == "-" ? spooled(spool) : fs::path(file), store.blobs());
    if (!tags.empty() && archive.images.size() != 1) {
      throw Error(Errc::usage, fmt::format("load: the archive holds {} images, --tag names one",
                                           archive.images.size()));
    }
    for (const ArchivedImage& image : archive.images) {
      tag(image.descriptor, tags.empty() ? image.names : tags, store);
    }
  }

  /// A docker archive needs two passes, which a pipe does not allow.
  static fs::path spooled(const TempDir& spool) {
    const Fd input(::dup(STDIN_FILENO));
    const fs::path path = spool.path() / "archive.tar";
    const Fd output = open_file(path, O_CREAT | O_WRONLY, 0600);
    std::vector<std::byte> buffer(std::size_t{256} * 1024);
    while (const std::size_t count = read_some(input, buffer, "the standard input")) {
      write_all(output, std::span(buffer).first(count), path.native());
    }
    return path;
  }

  static void tag(const Descriptor& image, const std::vector<std::string>& names,
                  const Store& store) {
    if (names.empty()) {
      throw Error(Errc::input,
                  fmt::format("load: the archive has no name for its image {}", image.digest.str()))
          .with_hint("give it one with --tag NAME");
    }
    for (const std::string& name : names) {
      const Reference reference = Reference::parse(name);
      store.blobs().set_tag(reference.str(), image);
      fmt::print("Loaded image: {}\n", reference.familiar());
    }
  }
};

void add_save_command(Command& program) {
  auto command = std::make_shared<SaveCommand>();
  auto save = program.add("save", "Write an image to an archive");
  save.option("image", command->name, image_argument_help, {"", Need::required});
  save.option("-o,--output", command->file, "The archive; default: the standard output", {"FILE"});
  save.option("--format", command->format, "docker-archive (default) or oci-archive", {"FORMAT"});
  save.repeatable("-t,--tag", command->tags, "The image's name in the archive (repeatable)",
                  {"NAME"});
  save.option("--platform", command->platform, "Of an index, which image", {"OS/ARCH"});
  save.action([command] { command->run(); });
}

void add_load_command(Command& program) {
  auto command = std::make_shared<LoadCommand>();
  auto load =
      program.add("load", "Read an archive into the store, or hand an image to Docker or Podman");
  load.option("image", command->name, "With --into: a name, oci:<dir>, ...");
  load.option("-i,--input", command->file, "The archive; default: the standard input", {"FILE"});
  load.option("--into", command->engine, "docker or podman", {"ENGINE"});
  load.repeatable("-t,--tag", command->tags, "The image's name (repeatable)", {"NAME"});
  load.option("--platform", command->platform, "Of an index, which image", {"OS/ARCH"});
  load.action([command] { command->run(); });
}

}  // namespace

void add_archive_commands(Command& program, Session&) {
  add_save_command(program);
  add_load_command(program);
}

}  // namespace slipway::cli

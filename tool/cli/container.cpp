#include "cli/container.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "layer/unpack.hpp"

namespace slipway::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view default_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

void set_default(std::vector<std::string>& env, std::string_view key, std::string_view value) {
  if (!get_env(env, key)) set_env(env, key, value);
}

void apply_setting(std::vector<std::string>& env, const std::string& setting) {
  const std::size_t equals = setting.find('=');
  if (equals != std::string::npos) {
    set_env(env, setting.substr(0, equals), setting.substr(equals + 1));
  } else if (const char* own = std::getenv(setting.c_str())) {
    set_env(env, setting, own);
  }
}

void unpack_layers(const LocatedImage& image, const Store& store, const fs::path& tree) {
  make_directories(tree);
  const Fd into = open_file(tree, O_RDONLY | O_DIRECTORY);
  const bool as_root = ::geteuid() == 0;
  for (const Descriptor& layer : image.manifest.layers) {
    BlobReader reader = store.blobs().read(layer);
    const ByteSource source = [&](std::span<std::byte> bytes) { return reader.read(bytes); };
    with_context([&] { return fmt::format("unpack layer '{}'", layer.digest.str()); },
                 [&] {
                   unpack(source, into, {.owners = as_root ? Owners::set : Owners::ours, .devices = as_root});
                   // What follows the tar counts for the digest.
                   std::vector<std::byte> rest(4096);
                   while (source(rest) > 0) {
                   }
                 });
  }
}

}  // namespace

std::vector<std::string> container_argv(const ContainerConfig& config,
                                        const RunSettings& settings) {
  std::vector<std::string> argv;
  if (!settings.entrypoint) {
    argv = config.entrypoint.value_or(std::vector<std::string>());
  } else if (!settings.entrypoint->empty()) {
    argv = {*settings.entrypoint};
  }
  std::vector<std::string> command = settings.command;
  if (command.empty() && !settings.entrypoint && config.cmd) command = *config.cmd;
  argv.insert(argv.end(), command.begin(), command.end());
  if (argv.empty()) {
    throw Error(Errc::input, "the image names no command")
        .with_hint("name one after the image: slipway run IMAGE COMMAND...");
  }
  return argv;
}

std::vector<std::string> container_env(const ContainerConfig& config, const RunSettings& settings,
                                       std::string_view home, std::string_view hostname) {
  std::vector<std::string> env = config.env;
  for (const std::string& setting : settings.env) apply_setting(env, setting);
  set_default(env, "PATH", default_path);
  set_default(env, "HOSTNAME", hostname);
  set_default(env, "HOME", home);
  return env;
}

std::vector<std::string> parse_env_file(std::string_view text, std::string_view path) {
  std::vector<std::string> settings;
  int number = 0;
  for (const std::string& line : split(text, '\n')) {
    ++number;
    const std::string_view setting = trim(line);
    if (setting.empty() || setting.front() == '#') continue;
    const std::string_view key = setting.substr(0, setting.find('='));
    if (key.empty() || key.find_first_of(" \t") != std::string_view::npos) {
      throw Error(Errc::input, fmt::format("{}:{}: '{}' is no name of a variable", path, number,
                                           printable(key)));
    }
    settings.emplace_back(setting);
  }
  return settings;
}

fs::path unpacked_tree(const LocatedImage& image, const Store& store) {
  // Root's trees have the owners of the image, an ordinary user's have not.
  const std::string name =
      image.descriptor.digest.hex() + (::geteuid() == 0 ? "" : fmt::format("-{}", ::geteuid()));
  const fs::path trees = store.folder("trees");
  const fs::path root = trees / name / "root";
  const FileLock lock(trees / (name + ".lock"), FileLock::Mode::exclusive);
  if (lstat_file(root)) return root;
  // Whole or not at all. The folder that is renamed is not the root itself,
  // whose mode may forbid it.
  const TempDir unfinished(trees, "unfinished-");
  unpack_layers(image, store, unfinished.path() / "root");
  fs::rename(unfinished.path(), trees / name);
  return root;
}

}  // namespace slipway::cli

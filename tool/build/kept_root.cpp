#include "build/kept_root.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <optional>

#include "base/digesting.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "base/tree_remover.hpp"
#include "build/record.hpp"
#include "run/user_namespace.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t build_name_length = 8;

fs::path kept_folder(const std::string& name, const Store& store) {
  return store.folder("failed") / name;
}

fs::path kept_lock(const std::string& name, const Store& store) {
  return store.folder("failed") / (name + ".lock");
}

std::string command_text(const Sandbox& sandbox, bool is_copy) {
  std::string text;
  const auto add = [&](std::string_view key, std::string_view value) {
    text += fmt::format("{}\t{}\n", key, escaped(value));
  };
  if (!is_copy) {
    for (const auto& tree : sandbox.trees) add("tree", fs::absolute(tree).native());
  }
  for (const auto& variable : sandbox.env) add("variable", variable);
  add("directory", sandbox.working_dir);
  add("uid", std::to_string(sandbox.uid));
  add("gid", std::to_string(sandbox.gid));
  for (const auto group : sandbox.groups) add("group", std::to_string(group));
  add("host", sandbox.hostname);
  add("network", sandbox.network == Network::none ? "none" : "host");
  return text;
}

std::uint32_t id_of(const std::string& text) {
  return static_cast<std::uint32_t>(parse_integer(text).value_or(0));
}

void read_command_line(const std::string& key, std::string value, Sandbox& sandbox) {
  if (key == "tree")
    sandbox.trees.emplace_back(std::move(value));
  else if (key == "variable")
    sandbox.env.push_back(std::move(value));
  else if (key == "directory")
    sandbox.working_dir = std::move(value);
  else if (key == "uid")
    sandbox.uid = id_of(value);
  else if (key == "gid")
    sandbox.gid = id_of(value);
  else if (key == "group")
    sandbox.groups.push_back(id_of(value));
  else if (key == "host")
    sandbox.hostname = std::move(value);
  else if (key == "network")
    sandbox.network = value == "none" ? Network::none : Network::host;
}

void remove_kept(const std::string& name, const Store& store) {
  remove_tree(open_file(store.folder("failed"), O_RDONLY | O_DIRECTORY), name, {});
}

}  // namespace

std::string kept_root_name(const Step& step, const fs::path& directory) {
  const auto build = sha256_hex(fs::absolute(directory).lexically_normal().native());
  return fmt::format("{}-{}", build.substr(0, build_name_length), step.id);
}

void keep_root(const std::string& name, const Sandbox& sandbox, const SandboxResult& result,
               const Store& store) {
  const FileLock lock(kept_lock(name, store), FileLock::Mode::exclusive);
  const auto folder = kept_folder(name, store);
  remove_kept(name, store);
  make_directories(folder);
  fs::rename(result.changes, folder / result.changes.filename());
  write_file_if_changed(folder / "command", command_text(sandbox, result.is_copy));
}

void drop_root(const std::string& name, const Store& store) {
  if (!lstat_file(kept_folder(name, store))) return;
  const FileLock lock(kept_lock(name, store), FileLock::Mode::exclusive);
  remove_kept(name, store);
}

KeptRoot::KeptRoot(const std::string& name, const Store& store)
    : folder_(kept_folder(name, store)),
      lock_(kept_lock(fs::path(name).filename(), store), FileLock::Mode::exclusive) {
  if (name.find('/') == std::string::npos && lstat_file(folder_ / "command")) return;
  throw Error(Errc::input,
              fmt::format("open the root of '{}': no failed step has left it", printable(name)))
      .with_hint("the name stands in the report of the failure");
}

int KeptRoot::run(std::vector<std::string> argv) const {
  (void)become_root();
  Sandbox sandbox;
  for (const auto& line : split(read_file(folder_ / "command"), '\n')) {
    const auto tab = line.find('\t');
    if (tab != std::string::npos)
      read_command_line(line.substr(0, tab), unescaped(line.substr(tab + 1)), sandbox);
  }
  sandbox.argv = argv.empty() ? std::vector<std::string>{"/bin/sh"} : std::move(argv);
  sandbox.scratch = folder_;
  sandbox.may_gain_privileges = true;
  std::optional<TempDir> scratch;
  if (sandbox.trees.empty()) {
    sandbox.trees = {folder_ / "root"};
    sandbox.scratch = scratch.emplace(folder_, "shell-").path();
  }
  return slipway::run(sandbox).status;
}

}  // namespace slipway

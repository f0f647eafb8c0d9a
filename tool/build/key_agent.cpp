#include "build/key_agent.hpp"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

/// Sockets have short names: these are found from within their folder.
constexpr const char* socket_name = "agent";

Companion start_agent(const fs::path& folder) {
  try {
    return Companion({.argv = {"ssh-agent", "-D", "-a", socket_name},
                      .directory = folder,
                      .gains_nothing = true});
  } catch (const Error& error) {
    throw Error(error.code(), error.what())
        .with_hint(
            "--ssh with files of keys needs an ssh-agent (Debian: openssh-client), or name an agent's socket");
  }
}

void wait_for_socket(Companion& agent, const fs::path& socket) {
  while (!lstat_file(socket)) {
    if (agent.has_ended()) throw Error(Errc::environment, "run 'ssh-agent': it ended at once");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void add_key(const fs::path& key, const fs::path& folder) {
  const auto result = run_captured({.argv = {"ssh-add", "-q", key.native()},
                                    // Who asks for a passphrase gets none.
                                    .environment = {{"SSH_AUTH_SOCK", socket_name},
                                                    {"SSH_ASKPASS", "/bin/false"},
                                                    {"SSH_ASKPASS_REQUIRE", "force"}},
                                    .directory = folder});
  if (result.status == 0) return;
  throw Error(Errc::input, fmt::format("add the ssh key '{}': {}", printable(key.native()),
                                       printable(trim(result.output))))
      .with_hint("a key with a passphrase has to be in an agent: ssh-add, and --ssh without files");
}

}  // namespace

KeyAgent::KeyAgent(const std::vector<fs::path>& keys, fs::path folder)
    : folder_(std::move(folder)), agent_(start_agent(folder_)) {
  wait_for_socket(agent_, socket());
  for (const auto& key : keys) add_key(key, folder_);
}

fs::path KeyAgent::socket() const { return folder_ / socket_name; }

}  // namespace slipway

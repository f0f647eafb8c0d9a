#include "build/grants.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "dockerfile/csv.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse(std::string_view flag, const std::string& text, std::string_view why) {
  throw Error(Errc::usage, fmt::format("{} '{}' {}", flag, printable(text), why));
}

std::pair<std::string, SecretSource> parse_secret(const std::string& text) {
  std::string id;
  std::string type;
  SecretSource source;
  const auto fields = dockerfile::csv_fields(text);
  if (!fields) refuse("--secret", text, "has misplaced quotes");
  for (const auto& field : *fields) {
    const auto equals = field.find('=');
    if (equals == std::string::npos) refuse("--secret", text, "is not of the form id=ID,src=FILE");
    const auto key = to_lower(field.substr(0, equals));
    const auto value = field.substr(equals + 1);
    if (key == "id") {
      id = value;
    } else if (key == "src" || key == "source") {
      source.file = value;
    } else if (key == "env") {
      source.variable = value;
    } else if (key == "type" && (value == "file" || value == "env")) {
      type = value;
    } else {
      refuse("--secret", text, fmt::format("has an unknown field '{}'", printable(field)));
    }
  }
  if (id.empty()) refuse("--secret", text, "has no id");
  if (type == "env" && source.variable.empty()) source = {{}, source.file.native()};
  // Docker's default: a variable of that name, else a file.
  if (source.file.empty() && source.variable.empty()) {
    if (type != "file" && std::getenv(id.c_str()) != nullptr) {
      source.variable = id;
    } else {
      source.file = id;
    }
  }
  if (!source.file.empty()) source.file = fs::absolute(source.file);
  return {id, source};
}

std::pair<std::string, AgentSource> parse_agent(const std::string& text) {
  const auto equals = text.find('=');
  const auto id = text.substr(0, equals);
  if (id.empty()) refuse("--ssh", text, "is not of the form ID[=SOCKET|KEY,...]");
  if (equals != std::string::npos) {
    AgentSource source;
    for (const auto& file : split(text.substr(equals + 1), ',')) {
      if (file.empty()) refuse("--ssh", text, "is not of the form ID[=SOCKET|KEY,...]");
      source.files.push_back(fs::absolute(file));
    }
    return {id, std::move(source)};
  }
  const char* socket = std::getenv("SSH_AUTH_SOCK");
  if (socket == nullptr || *socket == '\0')
    refuse("--ssh", text, "needs an agent, and SSH_AUTH_SOCK is not set");
  return {id, {{fs::absolute(socket)}}};
}

}  // namespace

std::optional<fs::path> AgentSource::socket() const {
  std::optional<fs::path> found;
  for (const auto& file : files) {
    struct stat status = {};
    if (::stat(file.c_str(), &status) != 0) {
      throw Error(Errc::input, Error::from_errno(errno, fmt::format("open ssh key or socket '{}'",
                                                                    printable(file.native())))
                                   .what());
    }
    if (S_ISSOCK(status.st_mode)) found = file;
  }
  if (!found || files.size() == 1) return found;
  throw Error(
      Errc::input,
      fmt::format("ssh agent '{}' stands beside others: an id has one socket, or the files of keys",
                  printable(found->native())));
}

Grants Grants::parse(const std::vector<std::string>& secrets,
                     const std::vector<std::string>& agents) {
  Grants grants;
  for (const auto& text : secrets) grants.secrets.insert(parse_secret(text));
  for (const auto& text : agents) grants.agents.insert(parse_agent(text));
  return grants;
}

std::optional<std::string> Grants::secret(const std::string& id) const {
  const auto found = secrets.find(id);
  if (found == secrets.end()) return std::nullopt;
  return with_context([&] { return fmt::format("read secret '{}'", printable(id)); },
                      [&] {
                        const auto& source = found->second;
                        if (source.variable.empty()) return read_file(source.file);
                        const char* value = std::getenv(source.variable.c_str());
                        if (value == nullptr)
                          throw Error(Errc::input, fmt::format("variable '{}' is not set",
                                                               printable(source.variable)));
                        return std::string(value);
                      });
}

}  // namespace slipway

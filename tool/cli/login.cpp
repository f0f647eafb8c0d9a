#include "registry/login.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <memory>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/commands.hpp"
#include "oci/reference.hpp"
#include "registry/credentials.hpp"

namespace slipway::cli {
namespace {

constexpr auto default_registry = "docker.io";

/// The terminal shows nothing of what is typed meanwhile.
class Silence {
 public:
  explicit Silence(const Fd& terminal) : terminal_(terminal) {
    if (::tcgetattr(terminal_.get(), &before_) != 0) return;
    auto quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    is_set_ = ::tcsetattr(terminal_.get(), TCSAFLUSH, &quiet) == 0;
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() {
    if (is_set_) ::tcsetattr(terminal_.get(), TCSAFLUSH, &before_);
  }

 private:
  const Fd& terminal_;
  struct termios before_ = {};
  bool is_set_ = false;
};

std::string read_line(const Fd& input) {
  std::string line;
  for (char c = 0;
       read_some(input, std::as_writable_bytes(std::span(&c, 1)), "the terminal") == 1 &&
       c != '\n';)
    line += c;
  return line;
}

std::string ask(const Fd& terminal, std::string_view question) {
  write_all(terminal, std::as_bytes(std::span(question)), "the terminal");
  return read_line(terminal);
}

std::string read_password_from_input() {
  const Fd input(::dup(STDIN_FILENO));
  std::string text(64 * 1024, '\0');
  text.resize(read_some(input, std::as_writable_bytes(std::span(text)), "the standard input"));
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

/// "https://host/", "host:5000", "": the registry's name. Throws Errc::usage.
std::string parse_server(const std::string& server) {
  if (server.empty()) return default_registry;
  auto name = registry_name(server);
  try {
    if (Reference::parse(name + "/x").registry == name) return name;
  } catch (const Error&) {
    // Told below, by what was given.
  }
  throw Error(Errc::usage, fmt::format("'{}' is no registry's host, as 'registry.example.org:5000'",
                                       printable(server)));
}

struct LoginCommand {
  std::string server = {};
  std::string user = {};
  bool takes_password = false;

  void run() const {
    const auto registry = parse_server(server);
    const auto credentials = takes_password ? given() : asked();
    const auto http = make_http();
    check_login(*http, registry, credentials);
    const auto place = keep_credentials(registry, credentials);
    fmt::print("Login Succeeded\n");
    fmt::print(stderr, "The password for {} is kept in '{}'\n", registry, place);
  }

 private:
  Credentials given() const {
    if (user.empty()) throw Error(Errc::usage, "login: --password-stdin needs --username");
    Credentials credentials{.user = user, .password = read_password_from_input()};
    if (credentials.password.empty())
      throw Error(Errc::usage, "login: the standard input holds no password");
    return credentials;
  }

  Credentials asked() const {
    if (::isatty(STDIN_FILENO) != 1) {
      throw Error(Errc::usage, "login: there is no terminal to ask for the password")
          .with_hint("slipway login --username NAME --password-stdin < FILE");
    }
    const auto terminal = open_file("/dev/tty", O_RDWR | O_NOCTTY);
    Credentials credentials;
    credentials.user = user.empty() ? ask(terminal, "Username: ") : user;
    const Silence silence(terminal);
    credentials.password = ask(terminal, "Password: ");
    write_all(terminal, std::as_bytes(std::span("\n", 1)), "the terminal");
    return credentials;
  }
};

void log_out(const std::string& server) {
  const auto registry = parse_server(server);
  if (forget_credentials(registry)) {
    fmt::print("Removed the password for {}\n", registry);
  } else {
    fmt::print("Not logged in to {}\n", registry);
  }
}

}  // namespace

void add_login_commands(Command& program, Session&) {
  auto command = std::make_shared<LoginCommand>();
  auto login = program.add("login", "Log in to a registry");
  login.option("server", command->server, "The registry's host [docker.io]", {"HOST"});
  login.option("-u,--username", command->user, "The user [asked for]", {"NAME"});
  login.flag("--password-stdin", command->takes_password,
             "Read the password from the standard input");
  login.action([command] { command->run(); });

  auto server = std::make_shared<std::string>();
  auto logout = program.add("logout", "Forget a registry's password");
  logout.option("server", *server, "The registry's host [docker.io]", {"HOST"});
  logout.action([server] { log_out(*server); });
}

}  // namespace slipway::cli

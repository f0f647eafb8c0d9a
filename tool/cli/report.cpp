#include "cli/report.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "base/credentials.hpp"

namespace slipway::cli {
namespace {

constexpr int own_failure = 125;
constexpr int bad_program_failure = 126;
constexpr int no_program_failure = 127;

int docker_status_of(const Error& error) {
  if (error.code() == Errc::no_program) return no_program_failure;
  return error.code() == Errc::bad_program ? bad_program_failure : own_failure;
}

}  // namespace

void print_error(const Error& error) {
  if (error.rendered()) {
    fmt::print(stderr, "{}", error.what());
    return;
  }
  fmt::print(stderr, "slipway: error: {}\n", without_credentials(error.what()));
  if (!error.hint().empty()) fmt::print(stderr, "  hint: {}\n", without_credentials(error.hint()));
}

int docker_status(const std::function<int()>& body) {
  try {
    return body();
  } catch (const Error& error) {
    print_error(error);
    return docker_status_of(error);
  }
}

int for_each_reported(const std::vector<std::string>& words,
                      const std::function<void(const std::string&)>& body) {
  int status = 0;
  for (const auto& word : words) {
    try {
      body(word);
    } catch (const Error& error) {
      print_error(error);
      status = 1;
    }
  }
  return status;
}

void require_terminal(bool terminal, bool interactive) {
  if (!terminal || !interactive || ::isatty(STDIN_FILENO) == 1) return;
  throw Error(Errc::usage, "give the container a terminal: our standard input is none")
      .with_hint("leave -t out where the input comes from a pipe or a file");
}

}  // namespace slipway::cli

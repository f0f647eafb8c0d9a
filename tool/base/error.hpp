#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/span.hpp"

namespace slipway {

/// What kind of thing went wrong; decides the exit code of the program.
enum class Errc {
  usage,        ///< the command line is wrong (exit 2)
  input,        ///< a Dockerfile, base image, file or name is wrong (exit 3)
  no_program,   ///< what is to be run in a container is not there (exit 3)
  bad_program,  ///< or cannot be run (exit 3)
  environment,  ///< kernel, disk, permissions, a missing program (exit 4)
  command,      ///< the user's own command failed (exit 1)
  remote,       ///< a registry or other peer failed (exit 5)
  integrity,    ///< bytes do not have the digest they should have (exit 3)
  internal,     ///< our bug (exit 70)
};

/// The only exception type thrown by this tool.
///
/// what() reads from the outermost context down to the cause, each part a
/// verb phrase without "failed to":
///   pack layer '0-3': open 'usr/lib/libz.so': Permission denied
class Error : public std::exception {
 public:
  Error(Errc code, std::string message) : code_(code), message_(std::move(message)) {}

  /// "action: strerror(err)", e.g. from_errno(EACCES, "open 'x'"). The code is
  /// Errc::input for what a user can name wrongly (ENOENT, ENOTDIR, ELOOP,
  /// ENAMETOOLONG, EISDIR), else Errc::environment; ENOSPC, EROFS and EDQUOT
  /// carry a hint.
  static Error from_errno(int err, std::string_view action);

  /// Put one more frame in front: "outer: " + what() so far; rendered
  /// diagnostics, which name their place, stay as they are.
  void add_context(std::string_view outer);

  /// One sentence on what to do next; printed on its own line.
  Error&& with_hint(std::string hint) &&;

  /// The word of the Dockerfile that is to blame, unless one is known already.
  void add_place(Span place) {
    if (!place_) place_ = place;
  }

  /// The message is whole diagnostics already (see Diagnostics), to be printed
  /// as it is, without the program's name in front.
  Error&& as_rendered() && {
    rendered_ = true;
    return std::move(*this);
  }

  Errc code() const noexcept { return code_; }
  bool rendered() const noexcept { return rendered_; }
  const std::string& hint() const noexcept { return hint_; }
  const std::optional<Span>& place() const noexcept { return place_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  Errc code_;
  std::string message_;
  std::string hint_;
  std::optional<Span> place_ = {};
  bool rendered_ = false;
};

/// The exit status of the program for an error of this kind.
int exit_status(Errc code) noexcept;

/// Run `body`; if it throws Error, add what `describe()` returns and rethrow.
/// `describe` runs on the failure path only.
template <typename Describe, typename Body>
decltype(auto) with_context(Describe&& describe, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (Error& error) {
    error.add_context(std::forward<Describe>(describe)());
    throw;
  }
}

/// Run `body`; an Error that it throws is about this place.
template <typename Body>
decltype(auto) with_place(Span place, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (Error& error) {
    error.add_place(place);
    throw;
  }
}

}  // namespace slipway

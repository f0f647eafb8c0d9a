#include "base/error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace slipway {
namespace {

Errc code_of(int err) {
  switch (err) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case EISDIR:
      return Errc::input;
    default:
      return Errc::environment;
  }
}

std::string hint_for(int err) {
  switch (err) {
    case ENOSPC:
    case EDQUOT:
      return "free some space, or set SLIPWAY_STORE and the build folder to a larger disk";
    case EROFS:
      return "set SLIPWAY_STORE to a folder that can be written";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (ulimit -n)";
    default:
      return {};
  }
}

}  // namespace

Error Error::from_errno(int err, std::string_view action) {
  Error error(code_of(err), fmt::format("{}: {}", action, std::generic_category().message(err)));
  error.hint_ = hint_for(err);
  return error;
}

void Error::add_context(std::string_view outer) {
  if (!rendered_) message_ = fmt::format("{}: {}", outer, message_);
}

Error&& Error::with_hint(std::string hint) && {
  hint_ = std::move(hint);
  return std::move(*this);
}

int exit_status(Errc code) noexcept {
  switch (code) {
    case Errc::command:
      return 1;
    case Errc::usage:
      return 2;
    case Errc::input:
    case Errc::no_program:
    case Errc::bad_program:
    case Errc::integrity:
      return 3;
    case Errc::environment:
      return 4;
    case Errc::remote:
      return 5;
    case Errc::internal:
      return 70;
  }
  return 70;
}

}  // namespace slipway

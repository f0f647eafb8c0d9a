#include "build/blame.hpp"

#include <fmt/format.h>

#include "base/file.hpp"

namespace slipway {

SourceText source_of(const Script& script) {
  try {
    return {script.path, read_file_if_exists(script.path).value_or("")};
  } catch (const Error&) {
    return {script.path, {}};
  }
}

Error blame(const Error& error, const Script& script, int line) {
  const bool of_input =
      error.code() == Errc::input || error.code() == Errc::integrity || error.code() == Errc::remote;
  if (!of_input || error.rendered()) return error;
  Diagnostic diagnostic;
  diagnostic.message = error.what();
  diagnostic.hint = error.hint();
  // A generated Dockerfile is not what the user wrote: the call that made it is.
  if (!script.origin.empty()) {
    return Error(error.code(), render(diagnostic, {script.origin, {}})).as_rendered();
  }
  const auto source = source_of(script);
  diagnostic.span = {line, 1, 1};
  return Error(error.code(), render(diagnostic, source)).as_rendered();
}

}  // namespace slipway

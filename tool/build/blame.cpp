#include "build/blame.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/file.hpp"

namespace slipway {

SourceText source_of(const Script& script) {
  try {
    return {script.path, read_file_if_exists(script.path).value_or("")};
  } catch (const Error&) {
    return {script.path, {}};
  }
}

namespace {

/// Columns are right only for what the file has there: not for ONBUILD's
/// instructions, and not for a file that was changed meanwhile.
bool stands_there(const SourceLines& instruction, const SourceText& source) {
  std::string_view rest = source.text;
  for (int line = 1; line < instruction.line; ++line) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) return false;
    rest.remove_prefix(end + 1);
  }
  return rest.starts_with(
      std::string_view(instruction.text).substr(0, instruction.text.find('\n')));
}

}  // namespace

Error blame(const Error& error, const Script& script, const SourceLines& instruction) {
  constexpr std::array of_input_codes = {Errc::input, Errc::no_program, Errc::bad_program,
                                         Errc::integrity, Errc::remote};
  const bool of_input = std::ranges::find(of_input_codes, error.code()) != of_input_codes.end();
  if (!of_input || error.rendered()) return error;
  Diagnostic diagnostic;
  diagnostic.message = error.what();
  diagnostic.hint = error.hint();
  // A generated Dockerfile is not what the user wrote: the call that made it is.
  if (!script.origin.empty()) {
    return Error(error.code(), render(diagnostic, {script.origin, {}})).as_rendered();
  }
  const auto source = source_of(script);
  diagnostic.span =
      error.place() && stands_there(instruction, source) ? *error.place() : Span{instruction.line};
  return Error(error.code(), render(diagnostic, source)).as_rendered();
}

}  // namespace slipway

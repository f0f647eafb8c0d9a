#pragma once

#include <optional>

#include "base/diagnostics.hpp"
#include "dockerfile/ast.hpp"

namespace slipway::dockerfile {

/// Read a whole Dockerfile, as BuildKit's frontend reads it (parser, then
/// instructions). All mistakes are reported; what could not be read is left out
/// of the result, so call Diagnostics::stop_if_errors() before using it.
Dockerfile parse_dockerfile(const SourceText& source, Diagnostics& diagnostics);

/// Read one instruction from the text that Instruction::source kept. `line` is
/// its first line in the file, so that diagnostics point there. For plans that
/// are read back, and for ONBUILD triggers.
std::optional<Instruction> parse_instruction(std::string_view source, int line, char escape,
                                             Diagnostics& diagnostics);

}  // namespace slipway::dockerfile

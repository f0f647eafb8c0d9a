#pragma once

#include <string>

#include "base/diagnostics.hpp"
#include "dockerfile/ast.hpp"
#include "lint/lint.hpp"
#include "lint/outline.hpp"

namespace slipway::lint {

/// The compiler's form, each with its source line.
std::string to_text(const Findings& findings, const SourceText& source);

/// One object with the list "findings".
std::string to_json(const Findings& findings, const SourceText& source);

/// SARIF 2.1.0, with every rule that found something described.
std::string to_sarif(const Findings& findings, const SourceText& source);

// What Docker's `build --call` prints with format=json.
std::string check_json(const Findings& findings, const SourceText& source);
std::string outline_json(const Outline& outline);
std::string targets_json(const dockerfile::Dockerfile& file);

}  // namespace slipway::lint

#pragma once

#include <set>
#include <string>

#include "base/diagnostics.hpp"
#include "dockerfile/ast.hpp"

namespace slipway {

/// The language is built in, so a frontend need not be fetched; one that is not
/// Docker's may read another language, and is an error.
void refuse_foreign_frontend(const dockerfile::Dockerfile& dockerfile, Diagnostics& diagnostics);

/// Configs and manifests are UTF-8, so what stands in them must be. What heredocs
/// of COPY hold may be anything.
void refuse_other_encodings(const dockerfile::Instruction& instruction, Diagnostics& diagnostics);

/// A RUN that asks for a right ("network.host", "security.insecure") which is not
/// among those `allowed`, or for a device.
void refuse_unallowed(const dockerfile::Run& run, Span span, const std::set<std::string>& allowed,
                      Diagnostics& diagnostics);

}  // namespace slipway

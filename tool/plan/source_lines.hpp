#pragma once

#include "dockerfile/ast.hpp"
#include "plan/plan.hpp"

namespace slipway {

/// The instruction as a step lists it.
SourceLines lines_of(const dockerfile::Instruction& instruction);

/// The same for config and history. What a COPY's heredocs hold is no matter there;
/// that they end is, one for each word that announces one.
SourceLines history_lines_of(const dockerfile::Instruction& instruction);

}  // namespace slipway

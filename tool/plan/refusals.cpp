#include "plan/refusals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/text.hpp"

namespace slipway {
namespace df = dockerfile;

void refuse_foreign_frontend(const df::Dockerfile& dockerfile, Diagnostics& diagnostics) {
  for (const auto& directive : dockerfile.directives) {
    if (directive.name != "syntax" || directive.value.find("dockerfile") != std::string::npos)
      continue;
    diagnostics.error(
        directive.span,
        fmt::format("the syntax is that of another frontend, '{}'", printable(directive.value)),
        "only docker/dockerfile and what stands for it can be read");
  }
}

void refuse_other_encodings(const df::Instruction& instruction, Diagnostics& diagnostics) {
  const bool is_copy = std::holds_alternative<df::Copy>(instruction.body);
  const std::string_view text = is_copy ? instruction.code : instruction.source;
  const auto at = find_invalid_utf8(text);
  if (!at) return;
  auto span = instruction.span;
  if (!is_copy) {  // else continuations were joined, and places are lost
    const auto before = text.substr(0, *at);
    const auto line_begin = before.rfind('\n') + 1;  // 0 where there is no line before
    span.line += static_cast<int>(std::ranges::count(before, '\n'));
    span.column = static_cast<int>(*at - line_begin) + 1;
    span.length = 1;
  }
  diagnostics.error(span, "this is not valid UTF-8", "save the file in that encoding");
}

void refuse_unallowed(const df::Run& run, Span span, const std::set<std::string>& allowed,
                      Diagnostics& diagnostics) {
  const auto need = [&](const char* what, const char* right) {
    if (allowed.contains(right)) return;
    diagnostics.error(span, fmt::format("{} of RUN is not allowed", what),
                      fmt::format("pass --allow {}", right));
  };
  if (run.network == "host") need("--network=host", "network.host");
  if (run.security == "insecure") need("--security=insecure", "security.insecure");
  if (!run.devices.empty()) diagnostics.error(span, "--device of RUN is not supported");
}

}  // namespace slipway

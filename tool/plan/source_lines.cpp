#include "plan/source_lines.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "dockerfile/heredoc.hpp"

namespace slipway {
namespace df = dockerfile;

SourceLines lines_of(const df::Instruction& instruction) {
  return {instruction.source, instruction.span.line};
}

SourceLines history_lines_of(const df::Instruction& instruction) {
  const auto* copy = std::get_if<df::Copy>(&instruction.body);
  if (copy == nullptr || copy->files.empty()) return lines_of(instruction);
  auto text = instruction.code + '\n';
  auto words = instruction.code;
  std::ranges::replace(words, '\t', ' ');
  for (const auto& word : split(words, ' ')) {
    if (const auto heredoc = df::heredoc_of_word(word)) text += heredoc->name + '\n';
  }
  return {std::move(text), instruction.span.line};
}

}  // namespace slipway

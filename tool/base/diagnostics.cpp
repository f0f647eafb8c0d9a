#include "base/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/credentials.hpp"
#include "base/error.hpp"

namespace slipway {
namespace {

/// A source line is shown at most this wide, around the column.
constexpr std::size_t shown_width = 160;

std::string without_controls(std::string_view line) {
  std::string shown(line);
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return shown;
}

void append_excerpt(std::string& out, const Span& span, std::string_view line) {
  if (line.empty()) return;
  auto column = static_cast<std::size_t>(std::max(span.column, 1) - 1);
  column = std::min(column, line.size());
  const std::size_t begin = column > shown_width / 2 ? column - shown_width / 2 : 0;
  const auto shown = without_controls(line.substr(begin, shown_width));
  const auto number = fmt::format("{}", span.line);
  const auto length =
      std::min<std::size_t>(static_cast<std::size_t>(std::max(span.length, 1)),
                            std::max<std::size_t>(shown.size() - (column - begin), 1));
  out += fmt::format(" {} | {}\n", number, shown);
  out += fmt::format(" {:{}} | {:{}}^{:~<{}}\n", "", number.size(), "", column - begin, "",
                     length - 1);
}

}  // namespace

std::string_view Renderer::line_of(int line) {
  if (line < line_) {
    line_ = 1;
    begin_ = 0;
  }
  const std::string_view text = source_.text;
  for (; line_ < line && begin_ != std::string_view::npos; ++line_) {
    const auto end = text.find('\n', begin_);
    begin_ = end == std::string_view::npos ? end : end + 1;
  }
  if (begin_ == std::string_view::npos) return {};
  const auto result = text.substr(begin_, text.find('\n', begin_) - begin_);
  return result.ends_with('\r') ? result.substr(0, result.size() - 1) : result;
}

std::string Renderer::render(const Diagnostic& diagnostic) {
  const auto kind = diagnostic.severity == Severity::error ? "error" : "warning";
  auto place = source_.path;
  if (diagnostic.span.line > 0) {
    place += fmt::format(":{}:{}", diagnostic.span.line, diagnostic.span.column);
  }
  auto out = fmt::format("{}: {}: {}", place, kind, without_credentials(diagnostic.message));
  if (!diagnostic.rule.empty()) out += fmt::format(" [{}]", diagnostic.rule);
  out += '\n';
  if (diagnostic.span.line > 0) {
    append_excerpt(out, diagnostic.span, with_masked_credentials(line_of(diagnostic.span.line)));
  }
  if (!diagnostic.hint.empty()) {
    const auto width = fmt::formatted_size("{}", diagnostic.span.line);
    out += fmt::format(" {:{}} = hint: {}\n", "", width, without_credentials(diagnostic.hint));
  }
  return out;
}

std::string render(const Diagnostic& diagnostic, const SourceText& source) {
  return Renderer(source).render(diagnostic);
}

void Diagnostics::report(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::error) ++errors_;
  all_.push_back(std::move(diagnostic));
}

void Diagnostics::error(Span span, std::string message, std::string hint) {
  report({Severity::error, span, std::move(message), {}, std::move(hint)});
}

void Diagnostics::warning(Span span, std::string message, std::string rule, std::string hint) {
  report({Severity::warning, span, std::move(message), std::move(rule), std::move(hint)});
}

std::string Diagnostics::render_all() const {
  auto sorted = all_;
  std::ranges::stable_sort(sorted, [](const Diagnostic& a, const Diagnostic& b) {
    return std::pair(a.span.line, a.span.column) < std::pair(b.span.line, b.span.column);
  });
  std::string out;
  Renderer renderer(source_);
  for (const auto& diagnostic : sorted) out += renderer.render(diagnostic);
  return out;
}

void Diagnostics::stop_if_errors() const {
  if (!has_errors()) return;
  throw Error(Errc::input, render_all()).as_rendered();
}

}  // namespace slipway

// Time and memory must not grow faster than the file. The limits are wide
// enough for sanitizers and busy machines, and far below anything quadratic.
#include <catch2/catch.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "dockerfile/expand.hpp"
#include "dockerfile/parser.hpp"

using namespace slipway;
using namespace slipway::dockerfile;

namespace {

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string repeat(const std::string& text, int times) {
  std::string result;
  result.reserve(text.size() * static_cast<std::size_t>(times));
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

void check(const std::string& text, std::size_t instructions) {
  Diagnostics diagnostics({"Dockerfile", text});
  CHECK(seconds_of([&] {
          const auto file = parse_dockerfile(diagnostics.source(), diagnostics);
          CHECK(file.stages.at(0).instructions.size() == instructions);
        }) < 10);
  CHECK_FALSE(diagnostics.has_errors());
}

}  // namespace

TEST_CASE("large files take linear time", "[dockerfile][size]") {
  SECTION("instructions") {
    check("FROM scratch\n" + repeat("COPY --chown=1:1 some/file other/file /usr/share/x/\n", 10'000), 10'000);
  }
  SECTION("one instruction of many lines") {
    check("FROM scratch\nENV a=b \\\n" + repeat("  name=\"some value\" \\\n", 50'000) + "c=d\n", 1);
  }
  SECTION("many heredocs") {
    check("FROM scratch\n" + repeat("COPY <<EOF /x\nsome text\nEOF\n", 10'000), 10'000);
  }
  SECTION("a heredoc of 50 MB") {
    const std::string lines = repeat(std::string(99, 'x') + "\n", 500'000);
    check("FROM scratch\nCOPY <<EOF /x\n" + lines + "EOF\n", 1);
    const auto lookup = [](std::string_view) { return std::nullopt; };
    Expansion expansion;
    CHECK(seconds_of([&] { expansion = expand_heredoc(lines, lookup); }) < 10);
    CHECK(expansion.text == lines);
  }
}

#include <catch2/catch.hpp>

#include "base/diagnostics.hpp"
#include "base/error.hpp"

using namespace slipway;

namespace {

const SourceText dockerfile = {"app/Dockerfile", "FROM a\nCOPY --form=build /out/app /usr/bin/\n"};

}  // namespace

TEST_CASE("a diagnostic shows its place, its line and a caret", "[base][diagnostics]") {
  CHECK(render({Severity::error,
                {2, 6, 6},
                "unknown flag '--form' for COPY",
                {},
                "did you mean '--from'?"},
               dockerfile) ==
        "app/Dockerfile:2:6: error: unknown flag '--form' for COPY\n"
        " 2 | COPY --form=build /out/app /usr/bin/\n"
        "   |      ^~~~~~\n"
        "   = hint: did you mean '--from'?\n");
}

TEST_CASE("a diagnostic without a line names the file alone", "[base][diagnostics]") {
  CHECK(render({Severity::warning, {}, "no stage", "rule", {}}, dockerfile) ==
        "app/Dockerfile: warning: no stage [rule]\n");
}

TEST_CASE("control characters and long lines cannot harm the terminal", "[base][diagnostics]") {
  const SourceText source = {"f", "a\x1b[2Jb\t" + std::string(5000, 'x')};
  const auto text = render({Severity::error, {1, 2, 5000}, "m", {}, {}}, source);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.size() < 1000);
}

TEST_CASE("a span outside the text does no harm", "[base][diagnostics]") {
  CHECK(render({Severity::error, {9, 9, 9}, "m", {}, {}}, dockerfile) ==
        "app/Dockerfile:9:9: error: m\n");
  CHECK_NOTHROW(render({Severity::error, {1, 900, 9}, "m", {}, {}}, dockerfile));
}

TEST_CASE("all mistakes come at once, in order of their lines", "[base][diagnostics]") {
  Diagnostics diagnostics(dockerfile);
  diagnostics.error({2, 1, 4}, "second");
  diagnostics.warning({1, 1, 4}, "first");
  try {
    diagnostics.stop_if_errors();
    FAIL("went on");
  } catch (const Error& error) {
    CHECK(error.code() == Errc::input);
    CHECK(error.rendered());
    CHECK(
        std::string(error.what()) ==
        "app/Dockerfile:1:1: warning: first\n 1 | FROM a\n   | ^~~~\n"
        "app/Dockerfile:2:1: error: second\n 2 | COPY --form=build /out/app /usr/bin/\n   | ^~~~\n");
  }
}

TEST_CASE("context goes in front, but not of rendered diagnostics", "[base][error]") {
  Error plain(Errc::input, "open 'x': No such file or directory");
  plain.add_context("pack layer '0-3'");
  CHECK(std::string(plain.what()) == "pack layer '0-3': open 'x': No such file or directory");
  auto rendered = Error(Errc::input, "f:1:1: error: m\n").as_rendered();
  rendered.add_context("run step");
  CHECK(std::string(rendered.what()) == "f:1:1: error: m\n");
}

TEST_CASE("a full disk and a read-only store come with a hint", "[base][error]") {
  CHECK(Error::from_errno(ENOSPC, "write 'x'").hint() ==
        "free some space, or set SLIPWAY_STORE and the build folder to a larger disk");
  CHECK(Error::from_errno(EROFS, "write 'x'").code() == Errc::environment);
  CHECK(Error::from_errno(ENOENT, "open 'x'").code() == Errc::input);
}

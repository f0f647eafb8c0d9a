#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "dockerfile/parser.hpp"

using namespace slipway;
using namespace slipway::dockerfile;

namespace {

/// All that the parser says about a file called Dockerfile.
std::string mistakes(const std::string& text) {
  Diagnostics diagnostics({"Dockerfile", text});
  parse_dockerfile(diagnostics.source(), diagnostics);
  return diagnostics.render_all();
}

Dockerfile parse(const std::string& text) {
  Diagnostics diagnostics({"Dockerfile", text});
  auto file = parse_dockerfile(diagnostics.source(), diagnostics);
  INFO(diagnostics.render_all());
  REQUIRE_FALSE(diagnostics.has_errors());
  return file;
}

/// The body of the only instruction behind "FROM scratch".
template <typename Kind>
Kind body_of(const std::string& line) {
  CAPTURE(line);
  const auto file = parse("FROM scratch\n" + line);
  return std::get<Kind>(file.stages.at(0).instructions.at(0).body);
}

std::vector<std::string> texts(const std::vector<Word>& words) {
  std::vector<std::string> result;
  for (const auto& word : words) result.push_back(word.text);
  return result;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("an unknown instruction names the nearest one", "[dockerfile]") {
  CHECK(mistakes("FORM alpine\nRUN true\n") ==
        "Dockerfile:1:1: error: unknown instruction 'FORM'\n"
        " 1 | FORM alpine\n"
        "   | ^~~~\n"
        "   = hint: did you mean 'FROM'?\n");
}

TEST_CASE("an unknown flag names the nearest one", "[dockerfile]") {
  CHECK(mistakes("FROM scratch\nCOPY --form=build /out/app /usr/bin/\n") ==
        "Dockerfile:2:6: error: unknown flag '--form' for COPY\n"
        " 2 | COPY --form=build /out/app /usr/bin/\n"
        "   |      ^~~~~~\n"
        "   = hint: did you mean '--from'?\n");
}

TEST_CASE("all mistakes of a file are reported at once, in order", "[dockerfile]") {
  CHECK(mistakes("FROM scratch AS 1st\n"
                 "COPY --from=a --from=b --link=maybe x /\n"
                 "USER\n"
                 "ENV a=b c\n") ==
        "Dockerfile:1:17: error: invalid name for a stage: '1st'\n"
        " 1 | FROM scratch AS 1st\n"
        "   |                 ^~~\n"
        "   = hint: it starts with a letter, and holds letters, digits, '-', '_' and '.'\n"
        "Dockerfile:2:15: error: flag '--from' is given twice\n"
        " 2 | COPY --from=a --from=b --link=maybe x /\n"
        "   |               ^~~~~~~~\n"
        "Dockerfile:2:24: error: flag '--link' is true or false, not 'maybe'\n"
        " 2 | COPY --from=a --from=b --link=maybe x /\n"
        "   |                        ^~~~~~~~~~~~\n"
        "Dockerfile:3:1: error: USER requires exactly one argument\n"
        " 3 | USER\n"
        "   | ^~~~\n"
        "Dockerfile:4:9: error: no '=' in 'c'\n"
        " 4 | ENV a=b c\n"
        "   |         ^\n"
        "   = hint: write name=value, with quotes around a value that holds blanks\n");
}

TEST_CASE("a file needs a FROM", "[dockerfile]") {
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {"", "the file holds no instructions"},
      {"# only\n\n# comments\n", "the file holds no instructions"},
      {"ARG A=1\n", "the file has no FROM instruction"},
  }));
  CAPTURE(text);
  CHECK(mistakes(text) == "Dockerfile: error: " + message +
                              "\n   = hint: begin a stage with FROM <image>, or FROM scratch\n");
}

TEST_CASE("only ARG stands before the first FROM, which is said once", "[dockerfile]") {
  CHECK(mistakes("ARG A\nRUN one\nRUN two\nFROM scratch\n") ==
        "Dockerfile:2:1: error: RUN stands before the first FROM\n"
        " 2 | RUN one\n"
        "   | ^~~\n"
        "   = hint: only ARG may stand there\n");
}

TEST_CASE("a mistake stands where its text is, on a continued line too", "[dockerfile]") {
  CHECK(mistakes("FROM scratch\nCOPY \\\n  # not this\n  --chwon=1 \\\n  a b\n") ==
        "Dockerfile:4:3: error: unknown flag '--chwon' for COPY\n"
        " 4 |   --chwon=1 \\\n"
        "   |   ^~~~~~~\n"
        "   = hint: did you mean '--chown'?\n");
}

TEST_CASE("each instruction says what it lacks", "[dockerfile]") {
  const auto [line, message] = GENERATE(table<std::string, std::string>({
      {"COPY a", "COPY requires at least two arguments, a source and a destination"},
      {"ADD [\"a\"]", "ADD requires at least two arguments, a source and a destination"},
      {"COPY a <<EOF\nEOF", "COPY cannot accept a heredoc as a destination"},
      {"RUN <<EOF\ntrue", "unterminated heredoc 'EOF'"},
      {"CMD [\"a\", 1]", "a JSON list of arguments may hold only strings"},
      {"ENV a", "ENV must have two arguments"},
      {"ENV", "ENV requires at least one argument"},
      {"LABEL =b", "LABEL names cannot be blank"},
      {"ARG =b", "ARG names cannot be blank"},
      {"EXPOSE", "EXPOSE requires at least one argument"},
      {"VOLUME [\"\"]", "VOLUME cannot be an empty string"},
      {"VOLUME []", "VOLUME requires at least one argument"},
      {"SHELL sh -c", "SHELL requires the arguments to be in JSON form"},
      {"SHELL []", "SHELL requires at least one argument"},
      {"STOPSIGNAL", "STOPSIGNAL requires exactly one argument"},
      {"FROM a b", "FROM requires either one or three arguments"},
      {"FROM a of b", "FROM requires either one or three arguments"},
      {"COPY --from a b", "flag '--from' needs a value"},
      {"COPY --from=$stage a b", "variables do not expand in '--from'"},
      {"CMD --flag x", "unknown flag '--flag' for CMD"},
      {"HEALTHCHECK", "HEALTHCHECK requires at least one argument"},
      {"HEALTHCHECK CDM x", "unknown type 'CDM' in HEALTHCHECK"},
      {"HEALTHCHECK CMD", "missing command after HEALTHCHECK CMD"},
      {"HEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments"},
      {"HEALTHCHECK --interval=3 CMD x", "--interval is not a duration: '3'"},
      {"HEALTHCHECK --timeout=1us CMD x", "--timeout cannot be less than 1ms"},
      {"HEALTHCHECK --retries=-1 CMD x", "--retries is not a number from 0 on: '-1'"},
      {"ONBUILD", "ONBUILD requires at least one argument"},
      {"ONBUILD ONBUILD RUN x", "ONBUILD is not allowed as an ONBUILD trigger"},
      {"ONBUILD from x", "FROM is not allowed as an ONBUILD trigger"},
      {"ONBUILD COPY a", "COPY requires at least two arguments, a source and a destination"},
      {"RUN --network=nome true", "unknown network mode 'nome'"},
      {"RUN --device=a,b true", "unexpected 'b' in a device"},
      {"RUN --security=none true", "unknown security mode 'none'"},
  }));
  CAPTURE(line);
  const std::string text = "FROM scratch\n" + line + "\n";
  Diagnostics diagnostics({"Dockerfile", text});
  parse_dockerfile(diagnostics.source(), diagnostics);
  REQUIRE(diagnostics.all().size() == 1);
  CHECK(diagnostics.all()[0].severity == Severity::error);
  CHECK(diagnostics.all()[0].message == message);
}

TEST_CASE("a list that is not JSON is a shell command, with a warning", "[dockerfile]") {
  CHECK(mistakes("FROM scratch\nCMD ['a', 'b']\n") ==
        "Dockerfile:2:5: warning: not valid JSON, so it is a command for the shell "
        "[ExecFormNotJson]\n"
        " 2 | CMD ['a', 'b']\n"
        "   |     ^~~~~~~~~~\n"
        "   = hint: a list needs double quotes, and commas between its elements only\n");
  const auto cmd = body_of<Cmd>("CMD ['a', 'b']");
  CHECK_FALSE(cmd.command.exec_form);
  CHECK(cmd.command.arguments == Texts{"['a', 'b']"});
  CHECK(mistakes("FROM scratch\nRUN [ -f /x ]\n").empty());
}

TEST_CASE("exec form is JSON with all its escapes", "[dockerfile]") {
  const auto run = body_of<Run>(R"(RUN [ "a\tb", "\u00e9\ud83d\ude00", "\ud800x" ] )");
  CHECK(run.command.exec_form);
  CHECK(run.command.arguments == Texts{"a\tb", "\u00e9\U0001F600", "\uFFFDx"});
  CHECK_FALSE(body_of<Run>(R"(RUN ["a"] && true)").command.exec_form);
  CHECK_FALSE(body_of<Run>(R"(RUN ["a",])").command.exec_form);
  CHECK(body_of<Entrypoint>("ENTRYPOINT []").command.exec_form);
}

TEST_CASE("stages, global arguments and names", "[dockerfile]") {
  const auto file = parse(
      "# syntax=docker/dockerfile:1\n# escape=`\nARG V=1 W\n"
      "from --platform=$P a:$V as Build\nrun x\nFROM Build\n");
  CHECK(file.escape == '`');
  REQUIRE(file.directives.size() == 2);
  CHECK(file.directives[0].value == "docker/dockerfile:1");
  REQUIRE(file.global_args.size() == 1);
  const auto& definitions = std::get<Arg>(file.global_args[0].body).definitions;
  CHECK(definitions.at(0).value->text == "1");
  CHECK(definitions.at(1).name == "W");
  CHECK_FALSE(definitions.at(1).value);
  REQUIRE(file.stages.size() == 2);
  CHECK(file.stages[0].base().name == "build");
  CHECK(file.stages[0].base().alias.text == "Build");
  CHECK(file.stages[0].base().platform->text == "$P");
  CHECK(file.stages[0].base().image.span == Span{4, 20, 4});
  CHECK(file.stages[0].instructions.at(0).keyword == "RUN");
}

TEST_CASE("directives end with the first line that is none", "[dockerfile]") {
  CHECK(parse("\n# escape=`\nFROM x\n").escape == '\\');
  CHECK(parse("#!/bin/sh\n# escape=`\nFROM x\n").escape == '\\');
  CHECK(parse("\xEF\xBB\xBF#   ESCAPE = `  \r\nFROM x\r\n").escape == '`');
  CHECK(mistakes("# escape=x\nFROM a\n") ==
        "Dockerfile:1:10: error: invalid escape character 'x'\n"
        " 1 | # escape=x\n"
        "   |          ^\n"
        "   = hint: it is either \\ or `\n");
  CHECK(mistakes("# syntax=a\n# syntax=b\nFROM a\n") ==
        "Dockerfile:2:10: error: the parser directive 'syntax' is given twice\n"
        " 2 | # syntax=b\n"
        "   |          ^\n");
}

TEST_CASE("lines continue over comments and empty lines", "[dockerfile]") {
  const auto file = parse("FROM scratch\r\nRUN a \\  \r\n # c\r\n\r\n  b\\\r\nc\r\n");
  const auto& run = file.stages.at(0).instructions.at(0);
  CHECK(run.code == "RUN a   bc");
  CHECK(run.last_line == 6);
  CHECK(parse("FROM scratch\nRUN a \\\\\nRUN b").stages.at(0).instructions.size() == 2);
  CHECK(mistakes("FROM scratch\nRUN a \\\n\n\n b\n") ==
        "Dockerfile:5:1: warning: Empty continuation line [NoEmptyContinuation]\n"
        " 5 |  b\n"
        "   | ^\n"
        "   = hint: remove line 3, or make it a comment\n");
}

TEST_CASE("pairs of ENV and LABEL, in both forms", "[dockerfile]") {
  const auto env = body_of<Env>(R"(ENV a="b c" d=e\ f g=)");
  REQUIRE(env.pairs.size() == 3);
  CHECK(env.pairs[0].value.text == R"("b c")");
  CHECK(env.pairs[1].value.text == R"(e\ f)");
  CHECK(env.pairs[2].value.text.empty());
  CHECK(env.pairs[1].key.span == Span{2, 13, 1});
  const auto legacy = body_of<Env>("ENV ONE TWO= THREE=world");
  REQUIRE(legacy.pairs.size() == 1);
  CHECK(legacy.pairs[0].legacy);
  CHECK(legacy.pairs[0].value.text == "TWO= THREE=world");
}

TEST_CASE("flags of COPY and ADD", "[dockerfile]") {
  const auto copy = body_of<Copy>(
      "COPY --from=b --chown=1:2 --chmod=u+x --link --parents=false --exclude=a --exclude=\"b c\" "
      "x y z/");
  CHECK(copy.from->text == "b");
  CHECK(copy.chown->text == "1:2");
  CHECK(copy.chmod->text == "u+x");
  CHECK(copy.link);
  CHECK_FALSE(copy.parents);
  CHECK(texts(copy.excludes) == Texts{"a", "b c"});
  CHECK(texts(copy.sources) == Texts{"x", "y"});
  CHECK(copy.destination.text == "z/");
  const auto add =
      body_of<Copy>("ADD --checksum=sha256:1 --keep-git-dir=true --unpack=false [\"a b\", \"c\"]");
  CHECK(add.add);
  CHECK(add.keep_git_dir == true);
  CHECK(add.unpack == false);
  CHECK(texts(add.sources) == Texts{"a b"});
}

TEST_CASE("heredocs are files of COPY and input of RUN", "[dockerfile]") {
  const auto copy = body_of<Copy>("COPY <<a <<-'b' c /d/\n1\na\n\t2\n\tb\n");
  REQUIRE(copy.files.size() == 2);
  CHECK(copy.files[0].content == "1\n");
  CHECK(copy.files[0].expand);
  CHECK(copy.files[1].content == "2\n");
  CHECK_FALSE(copy.files[1].expand);
  CHECK(copy.files[1].span == Span{2, 10, 6});
  CHECK(texts(copy.sources) == Texts{"c"});
  const auto run = body_of<Run>("RUN 3<<EOF sh -s\nFROM x\n# y\nEOF\n");
  REQUIRE(run.heredocs.size() == 1);
  CHECK(run.heredocs[0].fd == 3);
  CHECK(run.heredocs[0].content == "FROM x\n# y\n");
  CHECK(run.command.arguments == Texts{"3<<EOF sh -s"});
  const auto same = body_of<Copy>("COPY <<EOF <<EOF /d/\n1\nEOF\n2\nEOF\n");
  REQUIRE(same.files.size() == 1);
  CHECK(same.files[0].content == "2\n");
  CHECK(body_of<Copy>("COPY [\"<<EOF\", \"/d/\"]").files.at(0).content.empty());
  const auto twice = body_of<Run>("RUN cat <<EOF <<EOF\n1\nEOF\n2\nEOF\n");
  CHECK(twice.heredocs.at(0).content == "1\n");
  CHECK(twice.heredocs.at(1).content == "2\n");
  CHECK(twice.heredocs.at(1).span == Span{2, 15, 5});
  CHECK(body_of<Run>("RUN echo '<<EOF'").heredocs.empty());
  CHECK(body_of<Run>("RUN [\"<<EOF\"]").heredocs.empty());
}

TEST_CASE("an ONBUILD trigger keeps its heredocs", "[dockerfile]") {
  CHECK(body_of<Onbuild>("ONBUILD RUN <<EOF\na\nEOF\n").expression == "RUN <<EOF\na\nEOF");
  CHECK(body_of<Onbuild>("onbuild  copy --from=x a b").expression == "copy --from=x a b");
}

TEST_CASE("healthchecks", "[dockerfile]") {
  const auto check = body_of<HealthcheckCommand>(
      "HEALTHCHECK --interval=1m30s --start-period=0 --retries=3 cmd curl -f x");
  CHECK(check.interval == "1m30s");
  CHECK(check.retries == 3);
  CHECK(check.command.arguments == Texts{"curl -f x"});
  CHECK_NOTHROW(body_of<HealthcheckNone>("HEALTHCHECK none"));
}

TEST_CASE("an instruction is the same when read from its source", "[dockerfile]") {
  const auto file = parse("FROM scratch\n  # c\n  COPY a \\\n   # d\n  <<E b\nx\nE\nRUN y");
  for (const auto& instruction : file.stages.at(0).instructions) {
    Diagnostics diagnostics({"Dockerfile", instruction.source});
    const auto again =
        parse_instruction(instruction.source, instruction.span.line, file.escape, diagnostics);
    REQUIRE(again);
    CHECK(again->code == instruction.code);
    CHECK(again->source == instruction.source);
    CHECK(again->span == instruction.span);
    CHECK(again->last_line == instruction.last_line);
  }
  CHECK(file.stages.at(0).instructions.at(0).comments == Texts{"c"});
  Diagnostics diagnostics({"Dockerfile", "RUN a\nRUN b"});
  CHECK_FALSE(parse_instruction("RUN a\nRUN b", 1, '\\', diagnostics));
  CHECK(diagnostics.all().at(0).message == "one instruction was expected, and here is another");
}

TEST_CASE("what BuildKit's scanner cannot hold is refused", "[dockerfile]") {
  const std::string text = "FROM scratch\nLABEL a=" + std::string(65536, 'b') + "\n";
  Diagnostics diagnostics({"Dockerfile", text});
  parse_dockerfile(diagnostics.source(), diagnostics);
  REQUIRE(diagnostics.all().size() == 1);
  CHECK(diagnostics.all()[0].message == "the line is longer than 65535 bytes");
  CHECK(diagnostics.all()[0].span.line == 2);
}

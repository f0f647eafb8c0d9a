#include "plan/plan.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "dockerfile/parser.hpp"
#include "plan/emit.hpp"

using namespace slipway;

namespace {

Plan plan_text(const std::string& text, const PlanOptions& options = {}) {
  Diagnostics diagnostics({"Dockerfile", text});
  const auto file = dockerfile::parse_dockerfile(diagnostics.source(), diagnostics);
  diagnostics.stop_if_errors();
  auto plan = make_plan(file, "Dockerfile", options, diagnostics);
  diagnostics.stop_if_errors();
  return plan;
}

std::vector<std::string> ids(const Plan& plan) {
  std::vector<std::string> result;
  for (const auto& step : plan.steps) result.push_back(step.id);
  return result;
}

const Step& step(const Plan& plan, const std::string& id) {
  for (const auto& candidate : plan.steps) {
    if (candidate.id == id) return candidate;
  }
  throw std::runtime_error("no step " + id);
}

std::string error_of(const std::string& text, const PlanOptions& options = {}) {
  try {
    plan_text(text, options);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

std::vector<std::string> texts(const std::vector<SourceLines>& all) {
  std::vector<std::string> result;
  for (const auto& lines : all) result.push_back(lines.text);
  return result;
}

/// All that a plan is written as.
std::size_t written_size(const Plan& plan) {
  std::size_t size = to_json(plan).size() + serialise(plan.image).size();
  for (const auto& one : plan.steps) size += serialise(one).size();
  EdgeOptions options;
  options.directory = "d";
  return size + to_ninja(make_edges(plan, options), {}).size() + to_dot(plan).size();
}

}  // namespace

TEST_CASE("only what makes a layer is a step", "[plan]") {
  const auto plan =
      plan_text("FROM oci:base\nENV A=b\nCOPY a /a\nWORKDIR /w\nWORKDIR /\nCMD [\"x\"]\n");
  CHECK(ids(plan) == std::vector<std::string>{"0-base", "0-1", "0-2"});
  CHECK(plan.image.base == "0-base");
  CHECK(plan.image.parts.size() == 5);
}

TEST_CASE("a stage beside the target's is planned, and is no part of the image", "[plan]") {
  PlanOptions options;
  options.also = {"tools"};
  const auto plan = plan_text(
      "FROM scratch AS tools\nCOPY a /a\nFROM scratch AS other\nCOPY b /b\nFROM scratch\nCOPY c /c\n",
      options);
  REQUIRE(plan.steps.size() == 2);
  CHECK(plan.steps[0].id.starts_with("0-"));
  CHECK(plan.steps[1].id.starts_with("2-"));
  CHECK(plan.image.parts.size() == 1);
  options.also = {"tolls"};
  CHECK(error_of("FROM scratch AS tools\nFROM scratch\n", options)
            .find("no stage 'tolls' to build") != std::string::npos);
}

//   base <- a <- final        unused: no step at all
TEST_CASE("stages that the target does not need are not planned", "[plan]") {
  const auto text =
      "FROM oci:base AS a\nCOPY x /x\nFROM oci:other AS unused\nCOPY y /y\nFROM a\nCOPY z /z\n";
  CHECK(ids(plan_text(text)) == std::vector<std::string>{"0-base", "0-1", "2-1"});
  PlanOptions options;
  options.target = "A";
  CHECK(ids(plan_text(text, options)) == std::vector<std::string>{"0-base", "0-1"});
}

TEST_CASE("the image's own lines have each heredoc's end, and nothing in it", "[plan][heredoc]") {
  const auto plan =
      plan_text("FROM scratch\nADD <<EOF\t<<-B <<EOF /d/\n1\nEOF\n\t2\n\tB\n3\nEOF\n");
  CHECK(plan.image.parts.back().instruction.text == "ADD <<EOF\t<<-B <<EOF /d/\nEOF\nB\nEOF\n");
}

TEST_CASE("what is not UTF-8 is refused at its place", "[plan][errors]") {
  CHECK(error_of("FROM scratch\n# caf\xe9\nLABEL a=1 \\\n b=caf\xe9\n") ==
        "Dockerfile:4:7: error: this is not valid UTF-8\n 4 |  b=caf\xe9\n   |       ^\n"
        "   = hint: save the file in that encoding\n");
  CHECK(error_of("FROM scratch\nCOPY caf\xe9 /\n")
            .starts_with("Dockerfile:2:1: error: this is not valid UTF-8\n"));
  CHECK(error_of("FROM scratch\nCOPY <<EOF /\ncaf\xe9\nEOF\n").empty());
}

// A child stage begins with its parent's ENV, over the parent's ARGs.
TEST_CASE("a word that needs a parent's ARG needs the FROM between, too", "[plan][variables]") {
  const auto plan = plan_text(
      "FROM scratch AS a\nENV V=env\nARG V=arg\nCOPY x /x/$V\n"
      "FROM a\nCOPY y /y/$V\nRUN z\n");
  CHECK(texts(step(plan, "0-1").before) == std::vector<std::string>{"ENV V=env", "ARG V=arg"});
  CHECK(texts(step(plan, "1-1").before) ==
        std::vector<std::string>{"ENV V=env", "ARG V=arg", "FROM a"});
  CHECK(texts(step(plan, "1-2").before) ==
        std::vector<std::string>{"ENV V=env", "ARG V=arg", "FROM a"});
}

TEST_CASE("COPY --link waits for nothing, a plain COPY for what lies beneath", "[plan]") {
  const auto plan = plan_text("FROM oci:base\nCOPY a /a\nCOPY --link b /b\nCOPY c /c\n");
  CHECK(step(plan, "0-1").beneath == "0-base");
  CHECK(step(plan, "0-1").reads == Beneath::shapes);
  CHECK(step(plan, "0-2").beneath == "0-1");
  CHECK(step(plan, "0-2").reads == Beneath::nothing);
  CHECK(step(plan, "0-2").lineage.empty());
  CHECK(step(plan, "0-3").beneath == "0-2");
  CHECK(step(plan, "0-3").reads == Beneath::shapes);
}

TEST_CASE("COPY --from waits for the stage's layers", "[plan]") {
  const auto plan =
      plan_text("FROM oci:base AS build\nCOPY a /a\nFROM scratch\nCOPY --from=build /a /b\n");
  CHECK(step(plan, "1-1").from == "0-1");
  CHECK(step(plan, "1-1").beneath.empty());
  CHECK(plan.image.base.empty());
}

TEST_CASE("a step keeps just the instructions that its words need", "[plan][keys]") {
  const auto plan = plan_text(
      "FROM oci:base\nENV DIR=/opt X=1\nENV OTHER=2\nARG V=3\nWORKDIR /w\nUSER 5\n"
      "COPY a /plain\nCOPY b $DIR/\nCOPY c rel/$V\n");
  CHECK(step(plan, "0-2").before.empty());
  CHECK(step(plan, "0-2").config_of.empty());
  // What $DIR gives could be relative, so the WORKDIR counts.
  CHECK(texts(step(plan, "0-3").before) ==
        std::vector<std::string>{"ENV DIR=/opt X=1", "WORKDIR /w"});
  CHECK(step(plan, "0-3").config_of.empty());
  CHECK(texts(step(plan, "0-4").before) == std::vector<std::string>{"ARG V=3", "WORKDIR /w"});
  CHECK(step(plan, "0-4").config_of == "0-base");  // an ENV V of the base would win
}

TEST_CASE("an edit elsewhere leaves a step's file as it was", "[plan][keys]") {
  const auto before = plan_text("FROM scratch\nENV A=1\nCOPY a /a\nCMD [\"x\"]\n");
  const auto after = plan_text("FROM scratch\nENV A=2\nCOPY a /a\nCMD [\"y\"]\n");
  CHECK(serialise(step(before, "0-1")) == serialise(step(after, "0-1")));
  CHECK(serialise(before.image) != serialise(after.image));
}

TEST_CASE("a build argument reaches only the steps that mention it", "[plan][keys]") {
  PlanOptions options;
  options.build_args = {{"V", "1"}, {"W", "2"}};
  const auto plan = plan_text("FROM scratch\nARG V\nARG W\nCOPY a /$V\n", options);
  CHECK(step(plan, "0-1").script.arguments.build == std::map<std::string, std::string>{{"V", "1"}});
}

TEST_CASE("steps survive being written and read", "[plan]") {
  PlanOptions options;
  options.build_args = {{"V", "a b"}};
  options.tags = {"x:1"};
  options.annotations = {{"k", "v"}};
  const auto plan = plan_text("FROM oci:base\nARG V\nCOPY --chown=1 a \"/$V\"\n", options);
  for (const auto& one : plan.steps) CHECK(serialise(parse_step(serialise(one))) == serialise(one));
  CHECK(serialise(parse_image_step(serialise(plan.image))) == serialise(plan.image));
}

TEST_CASE("a step file that another version wrote is refused", "[plan]") {
  CHECK_THROWS_WITH(parse_step(R"({"slipway":0})"),
                    "read a step: it was written by another version of slipway");
}

TEST_CASE("mistakes of a plan are shown where they are", "[plan][errors]") {
  CHECK(
      error_of("FROM scratch\nRUN --network=host true\n") ==
      "Dockerfile:2:1: error: --network=host of RUN is not allowed\n 2 | RUN --network=host true\n   | ^~~\n"
      "   = hint: pass --allow network.host\n");
  CHECK(error_of("FROM scratch\nCOPY --from=3 /a /b\n").find("no stage '3' before this one") !=
        std::string::npos);
  CHECK(error_of("ARG B\nFROM $B\n").find("the base image's name is empty") != std::string::npos);
  PlanOptions options;
  options.target = "buidl";
  CHECK(error_of("FROM scratch AS build\n", options) ==
        "Dockerfile: error: no stage 'buidl' to build\n   = hint: did you mean 'build'?\n");
}

TEST_CASE("a named context stands before stages and images", "[plan][contexts]") {
  PlanOptions options;
  options.context = "main";
  options.contexts.add("assets=staged dir");
  options.contexts.add("debian:12=oci-layout:///images/debian:12");
  options.contexts.add("tools=docker-image://mine:1");
  const auto plan = plan_text(
      "FROM debian:12\nFROM scratch AS tools\nRUN never\nFROM docker.io/library/debian:12\n"
      "COPY --from=assets a /a\nCOPY --from=tools b /b\nCOPY c /c\n",
      options);
  CHECK(step(plan, "2-base").reference == "oci:/images/debian:12");
  CHECK(step(plan, "2-1").context == "staged dir");
  CHECK(step(plan, "2-1").ignore_files ==
        std::vector<std::string>{"staged dir/.containerignore", "staged dir/.dockerignore"});
  CHECK(step(plan, "2-2").from == "2-2-from");
  CHECK(step(plan, "2-2-from").reference == "mine:1");
  CHECK(step(plan, "2-3").context == "main");
  CHECK(step(plan, "2-3").ignore_files ==
        std::vector<std::string>{"Dockerfile.dockerignore", "Dockerfile.containerignore",
                                 "main/.containerignore", "main/.dockerignore"});
  options.target = "tools";
  CHECK(step(plan_text("FROM scratch AS tools\nRUN never\n", options), "0-base").reference ==
        "mine:1");
}

TEST_CASE("a directory is no base, and an ignore file of one's own is the only one",
          "[plan][contexts]") {
  PlanOptions options;
  options.contexts.add("base=dir");
  options.ignore_file = "my.ignore";
  CHECK(
      error_of("FROM base\n", options) ==
      "Dockerfile:1:6: error: the build context 'dir' is a directory and no image\n 1 | FROM base\n"
      "   |      ^~~~\n   = hint: FROM scratch, and COPY --from it\n");
  const auto plan = plan_text("FROM scratch\nCOPY a /\n", options);
  CHECK(step(plan, "0-1").ignore_files == std::vector<std::string>{"my.ignore"});
}

TEST_CASE("edges name their files, and extra inputs by source", "[plan][emit]") {
  const auto plan = plan_text("FROM oci:base\nCOPY --link app/ /usr/bin/\nCOPY data /d/\n");
  EdgeOptions options;
  options.dockerfile = "ctx/Dockerfile";
  options.directory = "s";
  options.layout = "out";
  options.digest_file = "out.digest";
  options.context = "ctx";
  options.inputs = {{"app", "app.stamp"}, {"oci:base", "base/index.json"}, {"dat", "not.this"}};
  const auto edges = make_edges(plan, options);
  REQUIRE(edges.size() == 5);
  CHECK(edges[1].inputs == std::vector<std::string>{"s/0-base.step", "base/index.json"});
  CHECK(edges[2].inputs == std::vector<std::string>{"s/0-1.step", "app.stamp"});
  CHECK(edges[3].inputs == std::vector<std::string>{"s/0-2.step", "s/0-1.shape", "s/0-base.shape"});
  CHECK(edges[4].outputs == std::vector<std::string>{"out/index.json", "out.digest"});
  CHECK(edges[4].inputs ==
        std::vector<std::string>{"s/image.step", "s/0-base.layer", "s/0-1.layer", "s/0-2.layer"});
}

TEST_CASE("what lies deep beneath reaches an edge gathered", "[plan][emit]") {
  std::string text = "FROM scratch\n";
  for (int i = 0; i < 66; ++i) text += "COPY a /\n";
  EdgeOptions options;
  options.directory = "d";
  const auto edges = make_edges(plan_text(text + "COPY --link b /\nRUN x\n"), options);
  const auto edge_of = [&](const std::string& output) {
    for (const auto& edge : edges) {
      if (edge.outputs.front() == output) return edge;
    }
    throw std::runtime_error("no edge for " + output);
  };
  CHECK(edge_of("d/0-32.layer").inputs.size() == 32);
  CHECK(edge_of("d/0-33.layer").inputs == std::vector<std::string>{"d/0-33.step", "d/0-32.shapes"});
  CHECK(edge_of("d/0-66.layer").inputs ==
        std::vector<std::string>{"d/0-66.step", "d/0-65.shape", "d/0-64.shapes"});
  CHECK(edge_of("d/0-32.shapes").inputs.front() == "d/0-32.shape");
  CHECK(edge_of("d/0-32.shapes").inputs.back() == "d/0-1.shape");
  const auto gather = edge_of("d/0-64.shapes");
  CHECK(gather.inputs.size() == 33);
  CHECK(gather.inputs.front() == "d/0-64.shape");
  CHECK(gather.inputs.back() == "d/0-32.shapes");
  CHECK(std::vector<std::string>(gather.command.begin(), gather.command.begin() + 3) ==
        std::vector<std::string>{"gather", "d/0-64.shapes", "d/0-64.shape"});
  CHECK(gather.depfile.empty());
  CHECK(edge_of("d/0-68.layer").inputs == std::vector<std::string>{"d/0-68.step", "d/0-67.layer",
                                                                   "d/0-66.layer", "d/0-65.layer",
                                                                   "d/0-64.layers"});
}

TEST_CASE("what fills a named context's directory is an input of its copies", "[plan][emit]") {
  PlanOptions build;
  build.contexts.add("app=/work/app");
  EdgeOptions options;
  options.directory = "s";
  options.inputs = {{"/work/app", "app.stamp"}};
  const auto edges =
      make_edges(plan_text("FROM scratch\nCOPY --from=app / /\nCOPY x /\n", build), options);
  CHECK(edges[1].inputs == std::vector<std::string>{"s/0-1.step", "app.stamp"});
  CHECK(edges[2].inputs == std::vector<std::string>{"s/0-2.step", "s/0-1.shape"});
}

TEST_CASE("what fills a mounted folder of the context is an input of the command", "[plan][emit]") {
  EdgeOptions options;
  options.directory = "s";
  options.inputs = {{"source", "source.stamp"}, {"other", "other.stamp"}};
  const auto edges = make_edges(plan_text("FROM scratch\n"
                                          "RUN --mount=type=bind,source=source,target=/source \\\n"
                                          "    --mount=type=cache,target=/build \\\n"
                                          "    make  all\n"),
                                options);
  CHECK(edges[1].inputs == std::vector<std::string>{"s/0-1.step", "source.stamp"});
  CHECK(edges[1].comment == "RUN make all");
}

TEST_CASE("names with special characters reach Ninja and CMake whole", "[plan][emit]") {
  Edge edge;
  edge.outputs = {"a b$c:d"};
  edge.inputs = {"in"};
  edge.command = {"step", "it's $x"};
  edge.comment = "c";
  const auto ninja = to_ninja({edge}, {"/slip way", "build.ninja", {"plan"}, "Dockerfile"});
  CHECK(ninja.find("build a$ b$$c$:d: slipway in\n  command = '/slip way' step 'it'\\''s $$x'\n") !=
        std::string::npos);
  edge.command = {"]] $<CONFIG>", "]=]"};
  const auto cmake = to_cmake({edge});
  CHECK(cmake.find("[=[]] $<CONFIG>]=]") != std::string::npos);
  CHECK(cmake.find("[[]=]]]") == std::string::npos);
}

TEST_CASE("a RUN needs all that its environment is made of, and all that lies beneath",
          "[plan][run]") {
  PlanOptions options;
  options.build_args = {{"A", "1"}, {"UNUSED", "2"}, {"http_proxy", "p"}};
  const auto plan = plan_text(
      "FROM oci:base\nLABEL l=1\nARG A\nENV E=2\nCOPY a /a\nSHELL [\"/bin/x\"]\nUSER u\nWORKDIR w\nRUN true\nARG LATER\n",
      options);
  const auto& run = step(plan, "0-3");
  CHECK(run.kind == StepKind::run);
  CHECK(run.beneath == "0-2");
  CHECK(run.reads == Beneath::layers);
  CHECK(run.after.empty());
  CHECK(run.config_of == "0-base");
  CHECK(texts(run.before) ==
        std::vector<std::string>{"ARG A", "ENV E=2", "SHELL [\"/bin/x\"]", "USER u", "WORKDIR w"});
  CHECK(run.script.arguments.build ==
        std::map<std::string, std::string>{{"A", "1"}, {"http_proxy", "p"}});
}

TEST_CASE("a RUN waits for layers and a COPY over it for its shape", "[plan][run]") {
  const auto plan = plan_text(
      "FROM scratch AS one\nCOPY a /a\nFROM oci:base\nRUN --mount=from=one,target=/m x\nCOPY b /b\n");
  EdgeOptions options;
  options.directory = "d";
  options.run_arguments = {"--secret=id=s"};
  const auto edges = make_edges(plan, options);
  const auto edge_of = [&](const std::string& id) {
    for (const auto& edge : edges) {
      if (edge.outputs.front() == "d/" + id + ".layer") return edge;
    }
    throw std::runtime_error("no edge " + id);
  };
  CHECK(edge_of("1-1").inputs ==
        std::vector<std::string>{"d/1-1.step", "d/1-base.layer", "d/0-1.layer", "d/1-base.layer"});
  CHECK(edge_of("1-1").command == std::vector<std::string>{"step", "--secret=id=s", "d/1-1.step"});
  CHECK(edge_of("1-2").inputs ==
        std::vector<std::string>{"d/1-2.step", "d/1-1.shape", "d/1-base.shape"});
  CHECK(edge_of("1-2").command == std::vector<std::string>{"step", "d/1-2.step"});
  const auto read = parse_step(serialise(step(plan, "1-1")));
  REQUIRE(read.mounts.size() == 1);
  CHECK(read.mounts.front().step == "0-1");
  CHECK(read.mounts.front().context.empty());
}

TEST_CASE("a stage's ONBUILD instructions come first in the stage on it", "[plan][run]") {
  const auto plan = plan_text("FROM scratch AS one\nONBUILD COPY a /a\nFROM one\nCOPY b /b\n");
  CHECK(ids(plan) == std::vector<std::string>{"1-1", "1-2"});
  CHECK(step(plan, "1-1").instruction.text == "COPY a /a");
  CHECK(step(plan, "1-1").instruction.line == 3);
}

//   0-base <- 0-1 ENV A <- RUN 0-2 <- ENV B <- RUN 0-3 <- FROM: ENV C <- RUN 1-1
TEST_CASE("a RUN lists what came since the RUN beneath it", "[plan][run]") {
  const auto plan = plan_text(
      "FROM oci:base AS one\nENV A=1\nRUN a\nARG B=$A\nCOPY x /\nRUN b\nENV C=3\nFROM one\nENV D=4\nRUN c\nRUN d\n");
  CHECK(texts(step(plan, "0-1").before) == std::vector<std::string>{"ENV A=1"});
  CHECK(step(plan, "0-3").after == "0-1");
  CHECK(texts(step(plan, "0-3").before) == std::vector<std::string>{"ARG B=$A"});
  CHECK(step(plan, "1-1").after == "0-3");
  CHECK(texts(step(plan, "1-1").before) ==
        std::vector<std::string>{"ENV C=3", "FROM one", "ENV D=4"});
  CHECK(step(plan, "1-1").beneath == "0-3");
  CHECK(step(plan, "1-2").after == "1-1");
  CHECK(step(plan, "1-2").before.empty());
  EdgeOptions options;
  options.directory = "d";
  const auto edges = make_edges(plan, options);
  // Changed lines run it again, even if no layer changes.
  CHECK(edges[4].outputs.front() == "d/0-3.layer");
  CHECK(edges[4].inputs == std::vector<std::string>{"d/0-3.step", "d/0-2.layer", "d/0-1.layer",
                                                    "d/0-base.layer", "d/0-1.step",
                                                    "d/0-base.layer"});
}

TEST_CASE("stages on one stage each list what it left", "[plan][run]") {
  const auto plan = plan_text(
      "FROM scratch AS one\nENV A=1\nFROM one AS two\nRUN x\nFROM one\nCOPY --from=two a /\nRUN y\n");
  CHECK(texts(step(plan, "1-1").before) == std::vector<std::string>{"ENV A=1", "FROM one AS two"});
  CHECK(texts(step(plan, "2-2").before) == std::vector<std::string>{"ENV A=1", "FROM one"});
  CHECK(step(plan, "2-2").after.empty());
}

TEST_CASE("a COPY whose words need many lines shares the list of what shapes commands",
          "[plan][keys]") {
  std::string text = "FROM scratch\nARG LABELLED=1\n";
  for (int i = 0; i < 20; ++i) text += "ENV X=$X:" + std::to_string(i) + "\n";
  const auto plan = plan_text(text + "COPY a /$X\nENV X=$X:last\nCOPY b /$X\nCOPY c /c\n");
  CHECK(step(plan, "0-1").before.size() == 21);
  CHECK(step(plan, "0-2").after == "0-1");
  CHECK(texts(step(plan, "0-2").before) == std::vector<std::string>{"ENV X=$X:last"});
  CHECK(step(plan, "0-3").after.empty());
  CHECK(step(plan, "0-3").before.empty());
}

TEST_CASE("another stage among those beneath changes the text of the steps above", "[plan][keys]") {
  const std::string stages = "FROM scratch AS a\nCOPY x /\nFROM scratch AS b\nCOPY x /\n";
  const std::string rest =
      "COPY y /\nCOPY z /\nCOPY --link l /\nFROM scratch\nCOPY --from=2 y /\nCOPY --from=0 x /\nCOPY --from=1 x /\n";
  const auto on_a = plan_text(stages + "FROM a\n" + rest);
  const auto on_b = plan_text(stages + "FROM b\n" + rest);
  for (const auto* id : {"2-2", "3-1"})
    CHECK(serialise(step(on_a, id)) != serialise(step(on_b, id)));
  CHECK(serialise(step(on_a, "2-3")) == serialise(step(on_b, "2-3")));
}

TEST_CASE("what a heredoc holds stands in its step and not in the image", "[plan]") {
  const auto plan =
      plan_text("FROM scratch\nCOPY <<A \\\n  <<-\"B\" /d/\nlong\nA\n\tmore\n\tB\nCMD x\n");
  CHECK(plan.image.parts[0].instruction.text == "COPY <<A   <<-\"B\" /d/\nA\nB\n");
  CHECK(plan.image.parts[0].instruction.line == 2);
  const auto text = serialise(step(plan, "0-1"));
  CHECK(text.ends_with("\n---\nCOPY <<A \\\n  <<-\"B\" /d/\nlong\nA\n\tmore\n\tB"));
  CHECK(parse_step(text).instruction == step(plan, "0-1").instruction);
}

TEST_CASE("a step file without an instruction is refused", "[plan]") {
  const auto text = serialise(plan_text("FROM scratch\nCOPY a /\n").steps.front());
  CHECK_THROWS_WITH(parse_step(text.substr(0, text.find("\n---\n"))),
                    "read a step: it has no instruction");
}

TEST_CASE("plans grow with the Dockerfile and not with its square", "[plan][size]") {
  using Line = std::string (*)(int);
  const auto [name, line] = GENERATE(table<std::string, Line>({
      {"COPY", [](int) -> std::string { return "COPY a /\n"; }},
      {"COPY --link", [](int) -> std::string { return "COPY --link a /\n"; }},
      {"ENV and COPY", [](int i) { return "ENV V" + std::to_string(i) + "=1\nCOPY a $V1\n"; }},
      {"ENV that appends", [](int) -> std::string { return "ENV V=$V:x\nCOPY a $V\n"; }},
      {"ARG of one name", [](int) -> std::string { return "ARG V=1\nCOPY a $V\n"; }},
      {"ARG of any name", [](int i) { return "ARG ${V}" + std::to_string(i) + "=1\nCOPY a $V\n"; }},
      {"LABEL", [](int i) { return "LABEL l" + std::to_string(i) + "=1\n"; }},
      {"RUN", [](int i) { return "ENV V" + std::to_string(i) + "=1\nARG A\nRUN x\n"; }},
      {"WORKDIR", [](int) -> std::string { return "WORKDIR relative\n"; }},
      {"stages",
       [](int i) {
         const auto last = std::to_string(i);
         return "FROM s" + last + " AS s" + std::to_string(i + 1) + "\nENV V" + last +
                "=1\nCOPY --from=s" + last + " a $V1\nRUN --mount=from=s" + last + " x\n";
       }},
  }));
  CAPTURE(name);
  const auto size_of = [make = line](int count) {
    std::string text = "FROM scratch AS s0\nCOPY first /\n";
    for (int i = 0; i < count; ++i) text += make(i);
    return written_size(plan_text(text));
  };
  // Numbers take more digits in the larger one.
  CHECK(static_cast<double>(size_of(2000)) < 2.2 * static_cast<double>(size_of(1000)));
}

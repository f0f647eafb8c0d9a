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

}  // namespace

TEST_CASE("only what makes a layer is a step", "[plan]") {
  const auto plan = plan_text("FROM oci:base\nENV A=b\nCOPY a /a\nWORKDIR /w\nWORKDIR /\nCMD [\"x\"]\n");
  CHECK(ids(plan) == std::vector<std::string>{"0-base", "0-1", "0-2"});
  CHECK(plan.image.base == "0-base");
  CHECK(plan.image.parts.size() == 6);
}

//   base <- a <- final        unused: no step at all
TEST_CASE("stages that the target does not need are not planned", "[plan]") {
  const auto text = "FROM oci:base AS a\nCOPY x /x\nFROM oci:other AS unused\nCOPY y /y\nFROM a\nCOPY z /z\n";
  CHECK(ids(plan_text(text)) == std::vector<std::string>{"0-base", "0-1", "2-1"});
  PlanOptions options;
  options.target = "A";
  CHECK(ids(plan_text(text, options)) == std::vector<std::string>{"0-base", "0-1"});
}

TEST_CASE("COPY --link waits for nothing, a plain COPY for what lies beneath", "[plan]") {
  const auto plan = plan_text("FROM oci:base\nCOPY a /a\nCOPY --link b /b\nCOPY c /c\n");
  CHECK(step(plan, "0-2").below.empty());
  CHECK(step(plan, "0-3").below == std::vector<std::string>{"0-base", "0-1", "0-2"});
}

TEST_CASE("COPY --from waits for the stage's layers", "[plan]") {
  const auto plan = plan_text("FROM oci:base AS build\nCOPY a /a\nFROM scratch\nCOPY --from=build /a /b\n");
  CHECK(step(plan, "1-1").from == std::vector<std::string>{"0-base", "0-1"});
  CHECK(plan.image.base.empty());
}

TEST_CASE("a step keeps just the instructions that its words need", "[plan][keys]") {
  const auto plan = plan_text(
      "FROM oci:base\nENV DIR=/opt X=1\nENV OTHER=2\nARG V=3\nWORKDIR /w\nUSER 5\n"
      "COPY a /plain\nCOPY b $DIR/\nCOPY c rel/$V\n");
  CHECK(step(plan, "0-2").before.empty());
  CHECK(step(plan, "0-2").config_of.empty());
  // What $DIR gives could be relative, so the WORKDIR counts.
  CHECK(texts(step(plan, "0-3").before) == std::vector<std::string>{"ENV DIR=/opt X=1", "WORKDIR /w"});
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
  CHECK_THROWS_WITH(parse_step(R"({"slipway":0})"), "read a step: it was written by another version of slipway");
}

TEST_CASE("mistakes of a plan are shown where they are", "[plan][errors]") {
  CHECK(error_of("FROM scratch\nRUN --network=host true\n") ==
        "Dockerfile:2:1: error: --network=host of RUN is not allowed\n 2 | RUN --network=host true\n   | ^~~\n"
        "   = hint: pass --allow network.host\n");
  CHECK(error_of("FROM scratch\nCOPY --from=3 /a /b\n").find("no stage '3' before this one") != std::string::npos);
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
      "COPY --from=assets a /a\nCOPY --from=tools b /b\nCOPY c /c\n", options);
  CHECK(step(plan, "2-base").reference == "oci:/images/debian:12");
  CHECK(step(plan, "2-1").context == "staged dir");
  CHECK(step(plan, "2-1").ignore_files == std::vector<std::string>{"staged dir/.containerignore", "staged dir/.dockerignore"});
  CHECK(step(plan, "2-2").from == std::vector<std::string>{"2-2-from"});
  CHECK(step(plan, "2-2-from").reference == "mine:1");
  CHECK(step(plan, "2-3").context == "main");
  CHECK(step(plan, "2-3").ignore_files == std::vector<std::string>{"Dockerfile.dockerignore", "main/.containerignore",
                                                                     "main/.dockerignore"});
  options.target = "tools";
  CHECK(step(plan_text("FROM scratch AS tools\nRUN never\n", options), "0-base").reference == "mine:1");
}

TEST_CASE("a directory is no base, and an ignore file of one's own is the only one", "[plan][contexts]") {
  PlanOptions options;
  options.contexts.add("base=dir");
  options.ignore_file = "my.ignore";
  CHECK(error_of("FROM base\n", options) ==
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
  CHECK(edges[3].inputs == std::vector<std::string>{"s/0-2.step", "s/0-base.shape", "s/0-1.shape"});
  CHECK(edges[4].outputs == std::vector<std::string>{"out/index.json", "out.digest"});
  CHECK(edges[4].inputs ==
        std::vector<std::string>{"s/image.step", "s/0-base.layer", "s/0-1.layer", "s/0-2.layer"});
}

TEST_CASE("what fills a named context's directory is an input of its copies", "[plan][emit]") {
  PlanOptions build;
  build.contexts.add("app=/work/app");
  EdgeOptions options;
  options.directory = "s";
  options.inputs = {{"/work/app", "app.stamp"}};
  const auto edges = make_edges(plan_text("FROM scratch\nCOPY --from=app / /\nCOPY x /\n", build), options);
  CHECK(edges[1].inputs == std::vector<std::string>{"s/0-1.step", "app.stamp"});
  CHECK(edges[2].inputs == std::vector<std::string>{"s/0-2.step", "s/0-1.shape"});
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

TEST_CASE("a RUN needs all that its environment is made of, and all that lies beneath", "[plan][run]") {
  PlanOptions options;
  options.build_args = {{"A", "1"}, {"UNUSED", "2"}, {"http_proxy", "p"}};
  const auto plan = plan_text(
      "FROM oci:base\nLABEL l=1\nARG A\nENV E=2\nCOPY a /a\nSHELL [\"/bin/x\"]\nUSER u\nWORKDIR w\nRUN true\nARG LATER\n", options);
  const auto& run = step(plan, "0-3");
  CHECK(run.kind == StepKind::run);
  CHECK(run.below == std::vector<std::string>{"0-base", "0-1", "0-2"});
  CHECK(run.config_of == "0-base");
  CHECK(texts(run.before) == std::vector<std::string>{"ARG A", "ENV E=2", "SHELL [\"/bin/x\"]", "USER u", "WORKDIR w"});
  CHECK(run.script.arguments.build == std::map<std::string, std::string>{{"A", "1"}, {"http_proxy", "p"}});
}

TEST_CASE("a RUN waits for layers and a COPY over it for its shape", "[plan][run]") {
  const auto plan = plan_text("FROM scratch AS one\nCOPY a /a\nFROM oci:base\nRUN --mount=from=one,target=/m x\nCOPY b /b\n");
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
  CHECK(edge_of("1-1").inputs == std::vector<std::string>{"d/1-1.step", "d/1-base.layer", "d/0-1.layer", "d/1-base.layer"});
  CHECK(edge_of("1-1").command == std::vector<std::string>{"step", "--secret=id=s", "d/1-1.step"});
  CHECK(edge_of("1-2").inputs == std::vector<std::string>{"d/1-2.step", "d/1-base.shape", "d/1-1.shape"});
  CHECK(edge_of("1-2").command == std::vector<std::string>{"step", "d/1-2.step"});
  CHECK(parse_step(serialise(step(plan, "1-1"))).mounts_from == std::vector<std::vector<std::string>>{{"0-1"}});
}

TEST_CASE("a stage's ONBUILD instructions come first in the stage on it", "[plan][run]") {
  const auto plan = plan_text("FROM scratch AS one\nONBUILD COPY a /a\nFROM one\nCOPY b /b\n");
  CHECK(ids(plan) == std::vector<std::string>{"1-1", "1-2"});
  CHECK(step(plan, "1-1").instruction.text == "COPY a /a");
  CHECK(step(plan, "1-1").instruction.line == 3);
}

#include <catch2/catch.hpp>

#include "dockerfile/parser.hpp"
#include "plan/stage_state.hpp"

using namespace slipway;

namespace {

constexpr std::string_view path_variable =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Replays the instructions over `base`; FAILs on diagnostics unless they are wanted.
struct Replay {
  explicit Replay(const std::string& text, ContainerConfig base = {}, ArgumentValues arguments = {})
      : state(std::move(base), std::move(arguments), '\\', "1970-01-01T00:00:00Z"),
        diagnostics({"Dockerfile", text}) {
    const auto file =
        dockerfile::parse_dockerfile({"Dockerfile", "FROM scratch\n" + text}, diagnostics);
    for (const auto& stage : file.stages) {
      state.apply(stage.from, diagnostics);
      for (const auto& instruction : stage.instructions) state.apply(instruction, diagnostics);
    }
    errors = diagnostics.render_all();
  }
  std::string last_history() const { return state.history().back().created_by; }

  StageState state;
  Diagnostics diagnostics;
  std::string errors;
};

}  // namespace

TEST_CASE("history reads as Docker's builder writes it", "[plan][history]") {
  const auto [text, created_by] = GENERATE(table<std::string, std::string>({
      {"ENV A=b C=\"d e\"", "ENV A=b C=d e"},
      {"ENV A b c", "ENV A=b c"},
      {"LABEL k=v", "LABEL k=v"},
      {"ARG X=1", "ARG X=1"},
      {"ARG X", "ARG X"},
      {"COPY a b /c/", "COPY a b /c/ # buildkit"},
      {"COPY --link --chown=1:2 --chmod=600 a b", "COPY --chown=1:2 --chmod=600 a b # buildkit"},
      {"WORKDIR /a/../b", "WORKDIR /b"},
      {"USER 1:2", "USER 1:2"},
      {"EXPOSE 80 53/udp", "EXPOSE [53/udp 80/tcp]"},
      {"VOLUME /a /b", "VOLUME [/a /b]"},
      {"STOPSIGNAL SIGINT", "STOPSIGNAL SIGINT"},
      {"CMD [\"a\", \"b c\"]", R"(CMD ["a" "b c"])"},
      {"CMD a b", R"(CMD ["/bin/sh" "-c" "a b"])"},
      {"ENTRYPOINT [\"/a\"]", R"(ENTRYPOINT ["/a"])"},
      {"SHELL [\"/bin/bash\", \"-c\"]", "SHELL [/bin/bash -c]"},
      {"HEALTHCHECK --interval=5s --retries=3 CMD true",
       "HEALTHCHECK {Test:[CMD-SHELL true] Interval:5s Timeout:0s StartPeriod:0s StartInterval:0s Retries:3}"},
  }));
  const Replay replay(text);
  CHECK(replay.errors.empty());
  CHECK(replay.last_history() == created_by);
}

TEST_CASE("one instruction sees the environment before it", "[plan][variables]") {
  const Replay replay("ENV abc=hello\nENV abc=bye def=$abc\nENV ghi=$abc");
  CHECK(replay.state.config().env ==
        std::vector<std::string>{std::string(path_variable), "abc=bye", "def=hello", "ghi=bye"});
}

TEST_CASE("The later of ENV and ARG wins, --build-arg over the default, the global over nothing",
          "[plan][variables]") {
  ArgumentValues values;
  values.build = {{"B", "given"}};
  values.global = {{"G", "global"}, {"H", "hidden"}};
  ContainerConfig base;
  base.env = {"E=env"};
  const Replay replay(
      "ARG B=default\nARG G\nARG E=arg\nARG F=arg\nENV F=env\nARG N\n"
      "LABEL b=$B g=$G e=$E f=$F h=$H n=${N-unset}",
      base, values);
  const auto labels = replay.state.config().labels;
  CHECK(
      labels ==
      std::map<std::string, std::string>{
          {"b", "given"}, {"g", "global"}, {"e", "arg"}, {"f", "env"}, {"h", ""}, {"n", "unset"}});
}

TEST_CASE("ENTRYPOINT drops an inherited CMD, not one of its own stage", "[plan][config]") {
  ContainerConfig base;
  base.cmd = {"inherited"};
  CHECK_FALSE(Replay("ENTRYPOINT [\"/a\"]", base).state.config().cmd);
  CHECK(Replay("CMD [\"own\"]\nENTRYPOINT [\"/a\"]", base).state.config().cmd ==
        std::vector<std::string>{"own"});
}

TEST_CASE("an empty list takes the base's command away", "[plan][config]") {
  ContainerConfig base;
  base.cmd = {"inherited"};
  base.entrypoint = {"/e"};
  const Replay replay("ENTRYPOINT []\nCMD []", base);
  CHECK_FALSE(replay.state.config().cmd);
  CHECK_FALSE(replay.state.config().entrypoint);
  CHECK(replay.last_history() == "CMD []");
}

TEST_CASE("relative paths start at the working directory", "[plan][paths]") {
  const Replay replay("WORKDIR /a\nWORKDIR b\nWORKDIR ../c");
  CHECK(replay.state.config().working_dir == "/a/c");
  CHECK(absolute_path("/a", "../../..") == "/");
  CHECK(absolute_path("", "x//y/./z/..") == "/x/y");
}

TEST_CASE("wrong words are reported at their place", "[plan][errors]") {
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {"EXPOSE 80/tpc",
       "port '80/tpc' of EXPOSE has an unknown protocol (tcp, udp and sctp are known)"},
      {"EXPOSE 70000", "port '70000' of EXPOSE is not a number from 0 to 65535 or a range of them"},
      {"EXPOSE 90-80", "port '90-80' of EXPOSE is a range that ends before it begins"},
      {"STOPSIGNAL SIGNONE", "unknown signal 'SIGNONE'"},
      {"LABEL a=\"${X:?is needed}\"", "is needed"},
  }));
  const Replay replay(text);
  CAPTURE(replay.errors);
  CHECK(replay.errors.find(message) != std::string::npos);
}

TEST_CASE("a range of ports is every port of it", "[plan][config]") {
  CHECK(Replay("EXPOSE 8000-8002/udp").state.config().exposed_ports ==
        std::set<std::string>{"8000/udp", "8001/udp", "8002/udp"});
}

TEST_CASE("a RUN's history has the arguments in force", "[plan][run]") {
  const Replay replay("ARG A=1\nARG B\nENV A=2\nRUN [\"x\", \"y\"]\n");
  CHECK(replay.last_history() == "RUN |2 A=2 B= x y # buildkit");
  CHECK(Replay("SHELL [\"/bin/bash\", \"-ec\"]\nRUN a  b\n").last_history() ==
        "RUN /bin/bash -ec a  b # buildkit");
}

TEST_CASE("heredocs of a RUN are passed on as BuildKit does", "[plan][run]") {
  const auto words_of = [](const std::string& text) {
    Diagnostics diagnostics({"Dockerfile", text});
    const auto instruction = dockerfile::parse_instruction(text, 1, '\\', diagnostics);
    return StageState({}, {}, '\\', {}).expand_run(std::get<dockerfile::Run>(instruction->body));
  };
  CHECK(words_of("RUN <<EOF\na $b\nEOF").arguments ==
        std::vector<std::string>{"/bin/sh", "-c", "a $b\n"});
  CHECK(words_of("RUN cat <<A <<B\n1\nA\n2\nB").arguments ==
        std::vector<std::string>{"/bin/sh", "-c", "cat <<A <<B\n1\nA\n2\nB"});
  const auto script = words_of("RUN <<X\n#!/bin/y\nz\nX");
  CHECK(script.arguments == std::vector<std::string>{"/bin/sh", "-c", "/dev/pipes/X"});
  CHECK(script.script_name == "X");
  CHECK(script.script == "#!/bin/y\nz\n");
}

namespace {

/// A line each of what a command sees, less the PATH that every image has.
std::string seen_by_run(const Replay& replay) {
  std::string all;
  for (const auto& variable : replay.state.run_environment()) {
    if (variable.name + '=' + variable.value == path_variable) continue;
    all += variable.name + '=' + variable.value + (variable.in_key ? "\n" : " (free)\n");
  }
  return all;
}

}  // namespace

TEST_CASE("what a base's triggers left holds until it is set anew", "[plan][args]") {
  ContainerConfig base;
  base.env = {"E=env", "P=env"};
  const StageScope left = {{{"A", "1"}, {"E", "arg"}}, {"A", "E", "NONE"}, true};
  Diagnostics diagnostics({"Dockerfile", {}});
  StageState state(base, {}, '\\', {}, "linux", left);
  const auto apply = [&](const char* line) {
    state.apply(*dockerfile::parse_instruction(line, 1, '\\', diagnostics), diagnostics);
  };
  CHECK(state.lookup("A") == "1");
  CHECK(state.lookup("E") == "arg");
  CHECK(state.scope() == left);
  apply("ENV A=2");
  CHECK(state.lookup("A") == "2");
  CHECK(state.scope().args.count("A") == 0);
  apply("FROM one");
  CHECK(state.lookup("E") == "env");
  CHECK_FALSE(state.scope().has_cmd);
}

TEST_CASE("proxies reach a command in both cases, but not its key unless they are declared",
          "[plan][run]") {
  const auto seen = [](const std::string& text) {
    return seen_by_run(Replay(text, {}, {.build = {{"HTTP_PROXY", "p"}, {"other", "o"}}}));
  };
  CHECK(seen("ENV A=1\n") == "A=1\nHTTP_PROXY=p (free)\nhttp_proxy=p (free)\n");
  CHECK(seen("ARG HTTP_PROXY\n") == "HTTP_PROXY=p\nhttp_proxy=p (free)\n");
  CHECK(seen("ENV http_proxy=mine\n") == "http_proxy=mine\nHTTP_PROXY=p (free)\n");
}

TEST_CASE("a command sees the later of ENV and ARG, as words do", "[plan][run][variables]") {
  const auto [text, value] = GENERATE(table<std::string, std::string>({
      {"ENV V=env\nARG V=arg\n", "arg"},
      {"ARG V=arg\nENV V=env\n", "env"},
      {"ENV V=env\nARG V\n", "env"},  // no value: nothing changes
      {"ARG V=arg\nENV V=env\nARG V=again\n", "again"},
      {"ENV V=env\nARG V=arg\nFROM scratch\n", "env"},  // the stage's image has it
      {"ARG V=arg\nFROM scratch\n", "arg"},             // and here it has not
      {"ENV V=env\nFROM scratch\nARG V=arg\n", "arg"},
  }));
  CAPTURE(text);
  const Replay replay(text);
  CHECK(replay.state.lookup("V") == value);
  CHECK(seen_by_run(replay) == "V=" + value + '\n');
}

TEST_CASE("the image keeps ENV, whatever ARG says", "[plan][variables]") {
  CHECK(Replay("ENV V=env\nARG V=arg\n").state.config().env ==
        std::vector<std::string>{std::string(path_variable), "V=env"});
}

TEST_CASE("a base without PATH gets one, another keeps its own", "[plan][config]") {
  ContainerConfig base;
  base.env = {"A=1"};
  CHECK(Replay("", base).state.config().env ==
        std::vector<std::string>{"A=1", std::string(path_variable)});
  base.env = {"PATH=/mine"};
  CHECK(Replay("", base).state.config().env == std::vector<std::string>{"PATH=/mine"});
}

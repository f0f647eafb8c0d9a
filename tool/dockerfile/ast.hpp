#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/diagnostics.hpp"

namespace slipway::dockerfile {

/// A word as written, quotes and variables untouched, and where it stands.
struct Word {
  std::string text = {};
  Span span = {};
};

/// <<NAME ... NAME
struct Heredoc {
  std::string name = {};
  int fd = 0;                ///< the digits before <<
  bool chomp = false;        ///< <<- : leading tabs were removed from `content`
  bool expand = true;        ///< false when the delimiter was quoted
  std::string content = {};  ///< the lines, each with its newline
  Span span = {};            ///< of <<NAME
};

struct KeyValue {
  Word key = {};
  Word value = {};
  bool legacy = false;  ///< "ENV k v"
};

/// The command of RUN, CMD, ENTRYPOINT, HEALTHCHECK: exec form (a JSON list)
/// or shell form (one line, as written).
struct CommandLine {
  bool exec_form = false;
  std::vector<std::string> arguments = {};  ///< one element in shell form
};

struct From {
  Word image = {};
  std::optional<Word> platform = {};
  std::string name = {};  ///< AS name, lower case; empty: none
  Word alias = {};        ///< the same as written
};
struct Arg {
  struct Definition {
    std::string name = {};
    std::optional<Word> value = {};
    Span span = {};  ///< of the name
  };
  std::vector<Definition> definitions = {};
};
struct Env {
  std::vector<KeyValue> pairs = {};
};
struct Label {
  std::vector<KeyValue> pairs = {};
};
struct Maintainer {
  std::string name = {};
};
/// --mount=type=..., fields in order: names in lower case, values unexpanded
/// ("true" for a field without one). See mount.hpp for what they ask for.
struct Mount {
  std::vector<std::pair<std::string, std::string>> fields = {};
  Span span = {};
};
struct Run {
  CommandLine command = {};
  std::vector<Heredoc> heredocs = {};
  std::vector<Mount> mounts = {};
  std::string network = {};
  std::string security = {};
  std::vector<Word> devices = {};
};
/// COPY, and ADD when `add`.
struct Copy {
  bool add = false;
  std::vector<Word> sources = {};
  std::vector<Heredoc> files = {};  ///< heredoc sources
  Word destination = {};
  std::optional<Word> from = {};
  std::optional<Word> chown = {};
  std::optional<Word> chmod = {};
  bool link = false;
  bool parents = false;
  std::vector<Word> excludes = {};
  std::optional<Word> checksum = {};      ///< ADD
  std::optional<bool> keep_git_dir = {};  ///< ADD
  std::optional<bool> unpack = {};        ///< ADD
};
struct Workdir {
  Word path = {};
};
struct User {
  Word user = {};
};
struct Expose {
  std::vector<Word> ports = {};
};
struct Volume {
  std::vector<Word> paths = {};
};
struct StopSignal {
  Word signal = {};
};
struct Cmd {
  CommandLine command = {};
};
struct Entrypoint {
  CommandLine command = {};
};
struct HealthcheckNone {};
struct HealthcheckCommand {
  CommandLine command = {};
  std::string interval = {};  ///< valid Go durations as written; empty: not given
  std::string timeout = {};
  std::string start_period = {};
  std::string start_interval = {};
  int retries = 0;
};
struct Shell {
  std::vector<std::string> arguments = {};
};
struct Onbuild {
  std::string expression = {};  ///< as the image config stores it
};

using Body =
    std::variant<From, Arg, Env, Label, Maintainer, Run, Copy, Workdir, User, Expose, Volume,
                 StopSignal, Cmd, Entrypoint, HealthcheckNone, HealthcheckCommand, Shell, Onbuild>;

/// One instruction, with everything needed to parse it again elsewhere.
struct Instruction {
  std::string keyword = {};  ///< upper case
  std::string source = {};   ///< the original lines, heredocs included, no final newline
  std::string code = {};     ///< one line: continuations joined, comments and heredocs left out
  std::vector<std::string> comments = {};  ///< the comment lines right above, without '#'
  Span span = {};                          ///< of the keyword
  int last_line = 0;
  Body body = {};
};

struct Stage {
  std::size_t index = 0;
  Instruction from = {};  ///< body is From
  std::vector<Instruction> instructions = {};

  const From& base() const { return std::get<From>(from.body); }
};

/// "# name=value" at the top of the file: syntax, escape or check.
struct Directive {
  std::string name = {};  ///< lower case
  std::string value = {};
  Span span = {};  ///< of the value
};

struct Dockerfile {
  std::vector<Directive> directives = {};
  char escape = '\\';
  std::vector<Instruction> global_args = {};  ///< ARG before the first FROM
  std::vector<Stage> stages = {};
};

}  // namespace slipway::dockerfile

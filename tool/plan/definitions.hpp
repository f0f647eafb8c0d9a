#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/ast.hpp"
#include "plan/stages.hpp"

namespace slipway {

/// Where an instruction stands: its stage, and its number in that (FROM's is 0).
struct Place {
  std::size_t stage = 0;
  std::size_t number = 0;
  auto operator<=>(const Place&) const = default;
};

/// What the words of an instruction depend on.
struct WordNeeds {
  std::vector<const dockerfile::Instruction*> lines = {};  ///< in order
  bool base_config = false;  ///< the base image's variables, directory or user
  std::set<std::string> open_names =
      {};  ///< wanted where an ARG's name is itself a variable: it may be one of these
};

/// Does a command after this instruction run differently? ARG, ENV, WORKDIR,
/// USER and SHELL, and FROM, which puts ENV over the ARGs of the stage beneath.
bool shapes_commands(const dockerfile::Instruction& instruction);

/// Does the name of an ARG hold a variable?
bool has_open_name(const dockerfile::Instruction& instruction);

/// The instructions that give words their meaning, found by what they define.
class Definitions {
 public:
  Definitions(const StageForest& forest, char escape) : forest_(forest), escape_(escape) {}

  /// In order of places; a FROM only where it names a stage.
  void add(const dockerfile::Instruction& instruction, Place place);

  /// Which earlier instructions a COPY, ADD or WORKDIR at `place` needs, so that
  /// nothing else of the Dockerfile can make it run again. nullopt: too many to
  /// list at every such step.
  std::optional<WordNeeds> needs_of(const dockerfile::Instruction& instruction, Place place) const;

 private:
  class Search;

  struct Entry {
    Place place = {};
    const dockerfile::Instruction* instruction = nullptr;
  };
  using Entries = std::vector<Entry>;  ///< in order of places
  using EntriesByName = std::map<std::string, Entries, std::less<>>;

  /// Calls `visit` with entries that count at `place`, the last first, until it
  /// returns false.
  void each_before(const Entries& entries, Place place,
                   const std::function<bool(const Entry&)>& visit) const;
  std::optional<Entry> last_before(const Entries& entries, Place place) const;

  const StageForest& forest_;
  char escape_;
  EntriesByName env_ = {};
  EntriesByName args_ = {};
  Entries open_args_ = {};
  Entries workdirs_ = {};
  Entries users_ = {};
  Entries stage_starts_ = {};
};

}  // namespace slipway

#include "plan/definitions.hpp"

#include <algorithm>

#include "dockerfile/expand.hpp"

namespace slipway {
namespace df = dockerfile;
namespace {

/// What a step lists of its own at most. With more, plans would grow with the
/// square of the Dockerfile.
constexpr std::size_t most_lines = 16;
constexpr std::size_t most_text = 4096;

bool is_open(const df::Arg::Definition& definition) {
  return definition.name.find('$') != std::string::npos;
}

/// The words of an instruction that are expanded when it is replayed, or runs,
/// but for heredocs.
template <typename Visit>
void each_word(const df::Instruction& instruction, const Visit& visit) {
  const auto visit_if = [&](const std::optional<df::Word>& word) {
    if (word) visit(word->text);
  };
  if (const auto* copy = std::get_if<df::Copy>(&instruction.body)) {
    for (const auto& source : copy->sources) visit(source.text);
    for (const auto& exclude : copy->excludes) visit(exclude.text);
    visit(copy->destination.text);
    visit_if(copy->chown);
    visit_if(copy->chmod);
    visit_if(copy->checksum);
  } else if (const auto* env = std::get_if<df::Env>(&instruction.body)) {
    for (const auto& pair : env->pairs) visit(pair.value.text);
  } else if (const auto* arg = std::get_if<df::Arg>(&instruction.body)) {
    for (const auto& definition : arg->definitions) {
      visit(definition.name);
      visit_if(definition.value);
    }
  } else if (const auto* workdir = std::get_if<df::Workdir>(&instruction.body)) {
    visit(workdir->path.text);
  } else if (const auto* user = std::get_if<df::User>(&instruction.body)) {
    visit(user->user.text);
  } else if (const auto* volume = std::get_if<df::Volume>(&instruction.body)) {
    for (const auto& path : volume->paths) visit(path.text);
  }
}

/// Some path of the image, as the instruction has it.
bool is_relative(const df::Instruction& instruction) {
  const auto is_relative_word = [](const df::Word& word) { return !word.text.starts_with('/'); };
  if (const auto* copy = std::get_if<df::Copy>(&instruction.body))
    return is_relative_word(copy->destination);
  if (const auto* volume = std::get_if<df::Volume>(&instruction.body))
    return std::ranges::any_of(volume->paths, is_relative_word);
  return is_relative_word(std::get<df::Workdir>(instruction.body).path);
}

}  // namespace

bool shapes_commands(const df::Instruction& instruction) {
  return std::holds_alternative<df::From>(instruction.body) ||
         std::holds_alternative<df::Arg>(instruction.body) ||
         std::holds_alternative<df::Env>(instruction.body) ||
         std::holds_alternative<df::Workdir>(instruction.body) ||
         std::holds_alternative<df::User>(instruction.body) ||
         std::holds_alternative<df::Shell>(instruction.body);
}

bool has_open_name(const df::Instruction& instruction) {
  const auto* arg = std::get_if<df::Arg>(&instruction.body);
  return arg != nullptr && std::ranges::any_of(arg->definitions, is_open);
}

void Definitions::add(const df::Instruction& instruction, Place place) {
  const Entry entry{place, &instruction};
  if (const auto* env = std::get_if<df::Env>(&instruction.body)) {
    for (const auto& pair : env->pairs) env_[pair.key.text].push_back(entry);
  } else if (const auto* arg = std::get_if<df::Arg>(&instruction.body)) {
    for (const auto& definition : arg->definitions) args_[definition.name].push_back(entry);
    if (has_open_name(instruction)) open_args_.push_back(entry);
  } else if (std::holds_alternative<df::Workdir>(instruction.body)) {
    workdirs_.push_back(entry);
  } else if (std::holds_alternative<df::User>(instruction.body)) {
    users_.push_back(entry);
  } else if (std::holds_alternative<df::From>(instruction.body)) {
    stage_starts_.push_back(entry);
  }
}

void Definitions::each_before(const Entries& entries, Place place,
                              const std::function<bool(const Entry&)>& visit) const {
  auto end = std::ranges::lower_bound(entries, place, {}, &Entry::place);
  while (end != entries.begin()) {
    --end;
    if (forest_.stands_on(place.stage, end->place.stage) && !visit(*end)) return;
  }
}

std::optional<Definitions::Entry> Definitions::last_before(const Entries& entries,
                                                           Place place) const {
  std::optional<Entry> found;
  each_before(entries, place, [&](const Entry& entry) {
    found = entry;
    return false;
  });
  return found;
}

/// Follows the words of one instruction to what defines them, and the words of
/// that on.
class Definitions::Search {
 public:
  explicit Search(const Definitions& definitions) : all_(definitions) {}

  std::optional<WordNeeds> run(const df::Instruction& instruction, Place place) {
    want_words_of(instruction, place);
    // A relative path needs the WORKDIR before it; a made directory, the USER.
    if (is_relative(instruction)) follow_directory(place);
    if (std::holds_alternative<df::Workdir>(instruction.body)) follow_user(place);
    while (!wanted_.empty() && !too_long()) {
      const auto want = std::move(wanted_.back());
      wanted_.pop_back();
      follow_name(want.name, want.place);
    }
    if (too_long()) return std::nullopt;
    for (const auto& [where, line] : lines_) needs_.lines.push_back(line);
    return std::move(needs_);
  }

 private:
  struct Want {
    std::string name = {};
    Place place = {};  ///< where it is mentioned
  };

  bool too_long() const { return lines_.size() > most_lines || text_size_ > most_text; }

  void want_words_of(const df::Instruction& instruction, Place place) {
    each_word(instruction, [&](std::string_view word) {
      for (auto& name : df::mentioned_variables(word, all_.escape_))
        wanted_.push_back({std::move(name), place});
    });
    const auto* copy = std::get_if<df::Copy>(&instruction.body);
    if (copy == nullptr) return;
    for (const auto& heredoc : copy->files) {
      if (!heredoc.expand) continue;
      for (auto& name : df::mentioned_in_heredoc(heredoc.content))
        wanted_.push_back({std::move(name), place});
    }
  }

  void need(const Entry& entry) {
    if (!lines_.emplace(entry.place, entry.instruction).second) return;
    text_size_ += entry.instruction->source.size();
    if (!too_long()) want_words_of(*entry.instruction, entry.place);
  }

  void need_argument(const Entry& argument, Place user) {
    need(argument);
    // In the stages on its own it counts only where no ENV has the name.
    all_.each_before(all_.stage_starts_, user, [&](const Entry& start) {
      if (start.place < argument.place) return false;
      need(start);
      return !too_long();
    });
  }

  /// An ENV is the end of it; an ARG is not, for it may have no value.
  void follow_name(const std::string& name, Place place) {
    const auto env = find(all_.env_, name, place);
    const auto since_env = [&](const auto& take) {
      return [&, take](const Entry& entry) {
        if (env && entry.place < env->place) return false;
        take(entry);
        return !too_long();
      };
    };
    if (const auto args = all_.args_.find(name); args != all_.args_.end()) {
      all_.each_before(args->second, place,
                       since_env([&](const Entry& entry) { need_argument(entry, place); }));
    }
    all_.each_before(all_.open_args_, place, since_env([&](const Entry& entry) {
                       needs_.open_names.insert(name);
                       need_argument(entry, place);
                     }));
    if (env) {
      need(*env);
    } else {
      follow_base(place);
    }
  }

  /// Its triggers may have left an ARG and an ENV of the name: FROM of a stage
  /// on its own puts the ENV first.
  void follow_base(Place place) {
    needs_.base_config = true;
    all_.each_before(all_.stage_starts_, place, [&](const Entry& start) {
      need(start);
      return !too_long();
    });
  }

  void follow_directory(Place place) {
    while (const auto workdir = all_.last_before(all_.workdirs_, place)) {
      need(*workdir);
      if (!is_relative(*workdir->instruction) || too_long()) return;
      place = workdir->place;
    }
    needs_.base_config = true;
  }

  void follow_user(Place place) {
    if (const auto user = all_.last_before(all_.users_, place)) {
      need(*user);
    } else {
      needs_.base_config = true;
    }
  }

  std::optional<Entry> find(const EntriesByName& by_name, const std::string& name,
                            Place place) const {
    const auto entries = by_name.find(name);
    return entries == by_name.end() ? std::nullopt : all_.last_before(entries->second, place);
  }

  const Definitions& all_;
  std::vector<Want> wanted_ = {};
  std::map<Place, const df::Instruction*> lines_ = {};
  std::size_t text_size_ = 0;
  WordNeeds needs_ = {};
};

std::optional<WordNeeds> Definitions::needs_of(const df::Instruction& instruction,
                                               Place place) const {
  return Search(*this).run(instruction, place);
}

}  // namespace slipway

#include "build/step_links.hpp"

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"

namespace slipway {
namespace fs = std::filesystem;
namespace {

// A line a step: its id, what is beneath it, what it comes after; "-" for none.
constexpr std::string_view links_header = "slipway-links 1";
constexpr std::string_view no_step = "-";

fs::path links_file(const fs::path& directory) { return directory / "steps.links"; }

std::string_view or_none(const std::string& id) { return id.empty() ? no_step : id; }

bool lists_something(const Step& step) {
  const auto& arguments = step.script.arguments;
  return !step.before.empty() || !arguments.build.empty() || !arguments.global.empty();
}

}  // namespace

StepLinks StepLinks::read(const fs::path& directory) {
  StepLinks result;
  const auto text = read_file_if_exists(links_file(directory)).value_or("");
  const auto lines = split(text, '\n');
  if (lines.front() != links_header) return result;
  const auto id_of = [](const std::string& word) { return word == no_step ? std::string() : word; };
  for (const auto& line : lines) {
    const auto words = split(line, ' ');
    if (words.size() == 3) result.links_[words[0]] = {id_of(words[1]), id_of(words[2])};
  }
  return result;
}

const StepLinks::Links* StepLinks::find(const std::string& id) const {
  const auto found = links_.find(id);
  return found == links_.end() ? nullptr : &found->second;
}

void write_step_links(const Plan& plan, const fs::path& directory) {
  auto text = fmt::format("{}\n", links_header);
  /// By step: itself where it lists something, else the next that does.
  std::unordered_map<std::string, std::string> listing = {{"", ""}};
  for (const auto& step : plan.steps) {
    const auto& after = listing[step.after];
    text += fmt::format("{} {} {}\n", step.id, or_none(step.beneath), or_none(after));
    listing[step.id] = lists_something(step) ? step.id : after;
  }
  write_file_if_changed(links_file(directory), text);
}

}  // namespace slipway

#include "cli/cache_flags.hpp"

#include "cli/command.hpp"

namespace slipway::cli {

void CacheFlags::add_to(Command& command) {
  command.repeatable(
      "--cache-from", sources,
      "Where results of steps are: type=registry,ref=REPOSITORY or type=local,src=DIR");
  command.repeatable(
      "--cache-to", targets,
      "Where to keep them: type=registry,ref=REPOSITORY or type=local,dest=DIR[,mode=max]");
}

std::vector<CachePlace> CacheFlags::parsed_sources() const {
  std::vector<CachePlace> places;
  for (const auto& text : sources) {
    if (!text.empty()) places.push_back(CachePlace::parse_source(text));
  }
  return places;
}

std::vector<CachePlace> CacheFlags::parsed_targets() const {
  std::vector<CachePlace> places;
  for (const auto& text : targets) {
    if (!text.empty()) places.push_back(CachePlace::parse_target(text));
  }
  return places;
}

std::vector<std::string> CacheFlags::arguments() const {
  std::vector<std::string> out;
  for (const auto& text : sources) out.push_back("--cache-from=" + text);
  for (const auto& text : targets) out.push_back("--cache-to=" + text);
  return out;
}

}  // namespace slipway::cli

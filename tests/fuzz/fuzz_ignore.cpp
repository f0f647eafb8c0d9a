#include <string>

#include "dockerfile/ignore.hpp"
#include "fuzz.hpp"

// The first line is a path, the rest an ignore file.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto text = fuzz::text_of(data, size);
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return 0;
  const auto path = text.substr(0, end);
  const auto patterns = dockerfile::read_ignore_file(text.substr(end + 1));
  fuzz::allow_refusal([&] {
    const dockerfile::IgnoreMatcher matcher(patterns);
    // Nothing comes back in an excluded directory that may be pruned.
    if (!matcher.excluded(path) || !matcher.prunes(path)) return;
    fuzz::require(matcher.excluded(std::string(path) + "/child"));
  });
  for (const auto& pattern : patterns) {
    fuzz::allow_refusal([&] { (void)dockerfile::match_path(pattern, path); });
  }
  return 0;
}

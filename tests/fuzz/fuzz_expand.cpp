#include <optional>
#include <string>

#include "dockerfile/expand.hpp"
#include "fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto lookup = [](std::string_view name) -> std::optional<std::string> {
    if (name.starts_with('u')) return std::nullopt;
    return "value of " + std::string(name);
  };
  const auto text = fuzz::text_of(data, size);
  for (const char escape : {'\\', '`'}) {
    (void)dockerfile::expand_word(text, lookup, escape);
    (void)dockerfile::expand_words(text, lookup, escape);
    (void)dockerfile::mentioned_variables(text, escape);
  }
  return 0;
}

#include "fuzz.hpp"
#include "layer/contents.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  fuzz::allow_refusal([&] {
    const auto text = to_text(parse_contents(fuzz::text_of(data, size)));
    fuzz::require(to_text(parse_contents(text)) == text);
  });
  return 0;
}

#include "fuzz.hpp"
#include "plan/plan.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto text = fuzz::text_of(data, size);
  fuzz::allow_refusal([&] {
    const auto written = serialise(parse_step(text));
    fuzz::require(serialise(parse_step(written)) == written);
  });
  fuzz::allow_refusal([&] {
    const auto written = serialise(parse_image_step(text));
    fuzz::require(serialise(parse_image_step(written)) == written);
  });
  return 0;
}

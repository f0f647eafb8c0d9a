#include "fuzz.hpp"
#include "oci/image.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto text = fuzz::text_of(data, size);
  const auto round_trip = [&](auto parse) {
    fuzz::allow_refusal([&] {
      const auto written = to_json(parse(text));
      fuzz::require(to_json(parse(written)) == written);
    });
  };
  round_trip(parse_image_config);
  round_trip(parse_manifest);
  round_trip(parse_index);
  return 0;
}

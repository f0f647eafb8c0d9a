#include <string>

#include "fuzz.hpp"
#include "oci/digest.hpp"
#include "oci/platform.hpp"
#include "oci/reference.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const auto text = fuzz::text_of(data, size);
  fuzz::allow_refusal([&] {
    const auto reference = Reference::parse(text);
    fuzz::require(Reference::parse(reference.str()).str() == reference.str());
    (void)reference.familiar();
  });
  fuzz::allow_refusal([&] { fuzz::require(Digest::parse(text).str() == text); });
  fuzz::allow_refusal([&] {
    const auto platform = Platform::parse(text);
    fuzz::require(Platform::parse(platform.str()) == platform);
  });
  return 0;
}

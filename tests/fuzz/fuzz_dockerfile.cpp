#include <string>

#include "dockerfile/parser.hpp"
#include "fuzz.hpp"
#include "plan/plan.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slipway;
  const SourceText source{"Dockerfile", std::string(fuzz::text_of(data, size))};
  Diagnostics diagnostics(source);
  fuzz::allow_refusal([&] {
    const auto file = dockerfile::parse_dockerfile(source, diagnostics);
    diagnostics.stop_if_errors();
    (void)make_plan(file, source.path, {}, diagnostics);
  });
  (void)diagnostics.render_all();
  return 0;
}

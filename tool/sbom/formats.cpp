#include "sbom/formats.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway::sbom {

Format parse_format(std::string_view text) {
  if (text == "spdx") return Format::spdx;
  if (text == "cyclonedx") return Format::cyclonedx;
  throw Error(Errc::usage, fmt::format("unknown format '{}'", printable(text)))
      .with_hint("'spdx' or 'cyclonedx'");
}

std::string write(const Bill& bill, Format format) {
  return format == Format::spdx ? write_spdx(bill) : write_cyclonedx(bill);
}

}  // namespace slipway::sbom

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sbom/bill.hpp"

namespace slipway::sbom {

enum class Format { spdx, cyclonedx };

/// "spdx" or "cyclonedx". Throws Errc::usage.
Format parse_format(std::string_view text);
inline const std::vector<std::string> format_names = {"spdx", "cyclonedx"};

/// The bill as a JSON document of that format, the same bytes for equal bills. What names
/// the document (namespace, serial number) is made of its content, the image's digest among it.
std::string write(const Bill& bill, Format format);

/// SPDX 2.3 (its JSON form; https://spdx.github.io/spdx-spec/v2.3/).
///
/// Files are packages of purpose FILE: SPDX's own file elements need a SHA-1, and
/// images have SHA-256.
std::string write_spdx(const Bill& bill);

/// CycloneDX 1.5 (its JSON form; https://cyclonedx.org/docs/1.5/json/). Compilers
/// are its formulation, all other relations its dependency graph.
std::string write_cyclonedx(const Bill& bill);

}  // namespace slipway::sbom

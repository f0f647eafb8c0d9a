#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::sbom {

/// Names that SPDX does not know, by the "LicenseRef-..." that stand for them.
using LicenceNames = std::map<std::string, std::string>;

/// A licence as packages of Alpine, vcpkg and Conan give it, as an SPDX expression
/// (SPDX 2.3, annex D): licences of its list, spelt as it spells them, and a LicenseRef for
/// each other one, or for all of a text that is no expression. Empty for an empty text,
/// "NONE" and "NOASSERTION".
std::string licence_expression(std::string_view text, LicenceNames& names);

/// What a machine-readable debian/copyright (DEP-5, copyright-format 1.0) says of the
/// package: the licences of all its files, joined by AND. Empty where it is none.
std::string licence_of_copyright(std::string_view text, LicenceNames& names);

/// What the text of a LICENSE file is by its SPDX-License-Identifier, or by the title
/// that a well-known licence begins with. Empty: not known.
std::string licence_of_text(std::string_view text);

}  // namespace slipway::sbom

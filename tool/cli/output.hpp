#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "build/assemble.hpp"
#include "layer/archive.hpp"

namespace slipway::cli {

/// Where a build's result goes besides the store (docker build --output).
struct Output {
  enum class Kind { layout, archive };
  Kind kind = Kind::layout;
  ArchiveKind archive = ArchiveKind::oci;
  std::filesystem::path destination = {};
};

/// "type=oci,dest=app.tar", "type=oci,tar=false,dest=dir", "type=docker,dest=
/// app.tar"; a bare path is a layout directory. Throws Errc::usage.
Output parse_output(std::string_view text);

void write_output(const Output& output, const AssembledImage& image, const ImageStep& step, const Store& store);

}  // namespace slipway::cli

#pragma once

#include <string>
#include <vector>

#include "build/assemble.hpp"

namespace slipway::cli {

/// What becomes of an image whose programs lack something (`slipway verify`).
enum class Verify { off, warn, error };
inline const std::vector<std::string> verify_modes = {"off", "warn", "error"};
inline constexpr auto verify_help =
    "Programs that lack something in the image: off, warn or error [off]";
Verify parse_verify(std::string_view text);

/// Check what a plan's own layers hold, not its base. Prints warnings, or throws them
/// all as one rendered Errc::input.
void check_image(const ImageStep& step, const AssembledImage& image, Verify mode,
                 const BuildContext& context);

}  // namespace slipway::cli

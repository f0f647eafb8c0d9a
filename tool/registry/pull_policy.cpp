#include "registry/pull_policy.hpp"

#include <fmt/format.h>

#include "base/environment.hpp"

namespace slipway {
namespace {

std::string pull_command(const RemoteImage& image) {
  const bool is_of_host = Platform::host().accepts(image.platform);
  return fmt::format("slipway pull {}{}",
                     is_of_host ? "" : fmt::format("--platform {} ", image.platform.str()),
                     image.reference.familiar());
}

}  // namespace

PullPolicy default_pull_policy() {
  return environment_variable("SLIPWAY_OFFLINE").value_or("0") != "0" ? PullPolicy::never
                                                                      : PullPolicy::missing;
}

Error offline_error(const RemoteImage& image) {
  return Error(Errc::remote, "the store does not have all of it, and SLIPWAY_OFFLINE is set")
      .with_hint(fmt::format("unset it once for: {}", pull_command(image)));
}

std::string pulling(const Reference& reference) {
  return fmt::format("pull '{}'", reference.familiar());
}

}  // namespace slipway

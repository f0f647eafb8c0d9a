#include "plan/pinning.hpp"

#include <fmt/format.h>

#include <array>

#include "base/error.hpp"
#include "base/text.hpp"

namespace slipway {
namespace {

constexpr std::array<std::string_view, 5> local_schemes = {
    "oci:", "oci-archive:", "docker-archive:", "docker-daemon:", "containers-storage:"};
constexpr std::string_view docker_scheme = "docker://";

}  // namespace

std::optional<Reference> lockable_reference(const Step& step) {
  if (step.kind != StepKind::base) return std::nullopt;
  std::string_view name = step.reference;
  for (const auto scheme : local_schemes) {
    if (name.starts_with(scheme)) return std::nullopt;
  }
  if (name.starts_with(docker_scheme)) name.remove_prefix(docker_scheme.size());
  auto reference = Reference::parse(name);
  if (reference.digest) return std::nullopt;
  return reference;
}

void pin_references(Plan& plan, const LockFile& lock, std::string_view lock_path,
                    Diagnostics& diagnostics) {
  for (auto& step : plan.steps) {
    std::optional<Reference> reference;
    try {
      reference = lockable_reference(step);
    } catch (const Error& error) {
      diagnostics.error({.line = step.instruction.line}, error.what());
    }
    if (!reference) continue;
    const auto locked = lock.find(reference->str());
    if (locked == lock.end()) {
      diagnostics.error(
          {.line = step.instruction.line},
          fmt::format("'{}' is not in '{}'", printable(step.reference), printable(lock_path)),
          "slipway lock, or the target container_lock_update, adds it");
      continue;
    }
    step.reference += '@' + locked->second.entry.digest.str();
  }
}

}  // namespace slipway

#include "run/doctor.hpp"

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/commands.hpp"

namespace slipway::cli {
namespace {

/// A line each: "ok       overlay: can be mounted". False when something is missing.
bool print_checkups(const std::vector<Checkup>& checkups) {
  bool is_good = true;
  for (const auto& checkup : checkups) {
    is_good = is_good && checkup.is_good;
    fmt::print("{:<8} {}: {}\n", checkup.is_good ? "ok" : "missing", checkup.what, checkup.detail);
    if (!checkup.is_good) fmt::print("         mend it: {}\n", checkup.remedy);
  }
  return is_good;
}

}  // namespace

void add_doctor_command(Command& program, Session& session) {
  auto doctor =
      program.add("doctor", "What RUN needs of this machine, and how to get what is missing");
  doctor.action([&session] { session.status = print_checkups(examine_machine()) ? 0 : 1; });
}

}  // namespace slipway::cli

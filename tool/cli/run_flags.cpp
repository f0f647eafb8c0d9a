#include "cli/run_flags.hpp"

#include "cli/command.hpp"

namespace slipway::cli {

void RunFlags::add_to(Command& command) {
  command.repeatable("--secret", secrets, "A secret for RUN: id=ID[,src=FILE|env=VARIABLE]");
  command.repeatable("--ssh", agents, "An ssh agent for RUN: default, ID=SOCKET or ID=KEY,...");
  command.repeatable("--ulimit", limits, "A limit for RUN: NAME=SOFT[:HARD], -1 for none");
  command.repeatable("--add-host", hosts, "A line of /etc/hosts for RUN: NAME:ADDRESS");
  command.option("--isolation", isolation,
                 "How RUN is shut in: auto, namespaces, oci or chroot [auto]", {"HOW"});
  command.option("--shm-size", shm_size, "The size of /dev/shm for RUN [64m]", {"SIZE"});
}

Grants RunFlags::grants() const { return Grants::parse(secrets, agents); }

RunConditions RunFlags::conditions() const {
  return RunConditions::parse(limits, hosts, shm_size, isolation);
}

std::vector<std::string> RunFlags::arguments() const {
  std::vector<std::string> out;
  const auto add = [&](const char* flag, const std::vector<std::string>& values) {
    for (const auto& value : values) out.push_back(std::string(flag) + '=' + value);
  };
  add("--secret", secrets);
  add("--ssh", agents);
  add("--ulimit", limits);
  add("--add-host", hosts);
  if (!isolation.empty()) out.push_back("--isolation=" + isolation);
  if (!shm_size.empty()) out.push_back("--shm-size=" + shm_size);
  return out;
}

}  // namespace slipway::cli

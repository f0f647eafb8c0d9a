#pragma once

#include <string>
#include <vector>

#include "gate/gate.hpp"

namespace slipway::gate {

/// Takes findings of rules, and keeps those that are not off.
class Collector {
 public:
  explicit Collector(const Levels& levels) : levels_(levels) {}

  /// Is it worth looking?
  bool wants(std::string_view rule) const { return level_of(rule) != Level::off; }

  void add(std::string_view rule, const std::string& path, std::string message, std::string hint);
  void add_target(std::string_view rule, const std::string& target, std::string message,
                  std::string hint);

  /// Ordered by rule, then as they came.
  std::vector<Finding> take() &&;

 private:
  Level level_of(std::string_view rule) const;
  void keep(std::string_view rule, Finding finding);

  const Levels& levels_;
  std::vector<Finding> findings_ = {};
};

void check_elf_files(const Subject& subject, elf::Files& files, Collector& collector);
void check_paths(const Subject& subject, Collector& collector);
void check_flags(const Subject& subject, Collector& collector);

}  // namespace slipway::gate

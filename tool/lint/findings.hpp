#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lint/config.hpp"
#include "lint/lint.hpp"
#include "lint/model.hpp"

namespace slipway::lint {

/// Takes findings of rules, and keeps those that nothing switches off.
class Collector {
 public:
  Collector(const Options& options, CheckOptions check);

  /// A rule found something at an instruction. Its comments count, unless
  /// `whole_file`: some build checks look at the file before any comment.
  void add(std::string_view rule, const Site& site, Span span, std::string message,
           std::string hint = {});
  void add(std::string_view rule, const Site& site, std::string message, std::string hint = {});
  void add_whole_file(std::string_view rule, const Site& site, std::string message,
                      std::string hint = {});

  /// About `at`, but switched off by the comments of `site`.
  void add_elsewhere(std::string_view rule, const Site& site, const Site& at, std::string message,
                     std::string hint = {});

  /// What the reader of the file noticed.
  void add_noticed(const Diagnostic& diagnostic);

  bool wants(Group group) const;

  Findings take() &&;

 private:
  void keep(const Rule& rule, const Pragmas& pragmas, Finding finding);
  Level level_of(const Rule& rule) const;

  const Options& options_;
  CheckOptions check_;
  Findings findings_ = {};
};

using Check = void (*)(const Model&, Collector&);

// The checks of each group; each function of a list is one rule, or a few that
// come of one look.
std::vector<Check> build_checks();        ///< stage_checks() and instruction_checks()
std::vector<Check> stage_checks();        ///< the file as a whole, and FROM
std::vector<Check> instruction_checks();  ///< what stands in stages
std::vector<Check> practice_checks();     ///< of the group slipway
std::vector<Check> hadolint_checks();     ///< those of the two below as well
std::vector<Check> command_checks();      ///< what RUN runs
std::vector<Check> package_checks();      ///< package managers in RUN
std::vector<Check> label_checks();
std::vector<Check> cpp_checks();

}  // namespace slipway::lint

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.hpp"
#include "base/rule_level.hpp"

namespace slipway {

/// A rule as SARIF describes it.
struct SarifRule {
  std::string_view id = {};
  std::string_view group = {};  ///< empty: none
  std::string_view what = {};
  std::string_view why = {};
  RuleLevel level = RuleLevel::warning;  ///< by default
};

/// A part of one line, counted from 1 in characters.
struct SarifRegion {
  int line = 0;
  int column = 0;
  int end_column = 0;
};

struct SarifFinding {
  SarifRule rule = {};
  Severity severity = Severity::warning;
  std::string message = {};
  std::string hint = {};
  std::string uri = {};  ///< of the file; empty: it is about none
  std::optional<SarifRegion> region = {};
};

/// SARIF 2.1.0 (OASIS), with every rule that found something described.
std::string to_sarif(const std::vector<SarifFinding>& findings);

}  // namespace slipway

#include "lint/findings.hpp"
#include "lint/rule.hpp"
namespace slipway::lint {
const std::vector<Rule>& hadolint_rules() { static const std::vector<Rule> t; return t; }
const std::vector<Rule>& hadolint_command_rules() { static const std::vector<Rule> t; return t; }
const std::vector<Rule>& hadolint_label_rules() { static const std::vector<Rule> t; return t; }
const std::vector<Rule>& cpp_rules() { static const std::vector<Rule> t; return t; }
std::vector<Check> hadolint_checks() { return {}; }
std::vector<Check> cpp_checks() { return {}; }
}

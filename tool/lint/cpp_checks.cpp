#include "lint/findings.hpp"
namespace slipway::lint {
const std::vector<Rule>& cpp_rules() { static const std::vector<Rule> t; return t; }
std::vector<Check> cpp_checks() { return {}; }
}

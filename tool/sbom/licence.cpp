// Debian's short names are older than SPDX's (copyright-format 1.0, "License
// specification"); those that mean a licence of SPDX's list are translated, versions
// with a plus included. All others are kept by name, as SPDX wants it: a LicenseRef,
// with the name told once in the document.
#include "sbom/licence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "base/text.hpp"
#include "sbom/bill.hpp"
#include "sbom/spdx_licences.hpp"

namespace slipway::sbom {
namespace {

struct NamedLicence {
  std::string_view name;  ///< in lower case
  std::string_view spdx;
};

constexpr std::array<NamedLicence, 65> debian_names = {{
    {"expat", "MIT"},
    {"mit", "MIT"},
    {"x11", "X11"},
    {"isc", "ISC"},
    {"zlib", "Zlib"},
    {"curl", "curl"},
    {"artistic", "Artistic-1.0"},
    {"artistic-2.0", "Artistic-2.0"},
    {"apache-2.0", "Apache-2.0"},
    {"apache-2", "Apache-2.0"},
    {"bsd-2-clause", "BSD-2-Clause"},
    {"bsd-3-clause", "BSD-3-Clause"},
    {"bsd-4-clause", "BSD-4-Clause"},
    {"bsl-1.0", "BSL-1.0"},
    {"cc0-1.0", "CC0-1.0"},
    {"cc0", "CC0-1.0"},
    {"mpl-1.1", "MPL-1.1"},
    {"mpl-2.0", "MPL-2.0"},
    {"openssl", "OpenSSL"},
    {"unicode-dfs-2016", "Unicode-DFS-2016"},
    {"0bsd", "0BSD"},
    {"unlicense", "Unlicense"},
    {"gpl-1", "GPL-1.0-only"},
    {"gpl-1+", "GPL-1.0-or-later"},
    {"gpl-2", "GPL-2.0-only"},
    {"gpl-2+", "GPL-2.0-or-later"},
    {"gpl-2.0+", "GPL-2.0-or-later"},
    {"gpl-3", "GPL-3.0-only"},
    {"gpl-3+", "GPL-3.0-or-later"},
    {"lgpl-2", "LGPL-2.0-only"},
    {"lgpl-2+", "LGPL-2.0-or-later"},
    {"lgpl-2.1", "LGPL-2.1-only"},
    {"lgpl-2.1+", "LGPL-2.1-or-later"},
    {"lgpl-3", "LGPL-3.0-only"},
    {"lgpl-3+", "LGPL-3.0-or-later"},
    {"gfdl-1.3", "GFDL-1.3-only"},
    {"gfdl-1.3+", "GFDL-1.3-or-later"},
    {"agpl-3", "AGPL-3.0-only"},
    {"agpl-3+", "AGPL-3.0-or-later"},
    {"lgpl-2.0", "LGPL-2.0-only"},
    {"lgpl-2.0+", "LGPL-2.0-or-later"},
    {"lgpl-3.0", "LGPL-3.0-only"},
    {"lgpl-3.0+", "LGPL-3.0-or-later"},
    {"gpl-2.0", "GPL-2.0-only"},
    {"gpl-3.0", "GPL-3.0-only"},
    {"gpl-3.0+", "GPL-3.0-or-later"},
    {"gfdl-niv-1.3", "GFDL-1.3-no-invariants-only"},
    {"gfdl-niv-1.3+", "GFDL-1.3-no-invariants-or-later"},
    {"bsd-1-clause", "BSD-1-Clause"},
    {"bsd-4-clause-uc", "BSD-4-Clause-UC"},
    {"oldap-2.8", "OLDAP-2.8"},
    {"openldap-2.8", "OLDAP-2.8"},
    {"fsfullr", "FSFULLR"},
    {"fsfap", "FSFAP"},
    {"cddl-1", "CDDL-1.0"},
    {"afl-2.1", "AFL-2.1"},
    {"postgresql", "PostgreSQL"},
    {"vim", "Vim"},
    {"beerware", "Beerware"},
    {"apache-2-llvm-exceptions", "Apache-2.0 WITH LLVM-exception"},
    {"gpl-2-with-linux-syscall-note-exception", "GPL-2.0-only WITH Linux-syscall-note"},
    {"gpl-2+-with-autoconf-exception", "GPL-2.0-or-later WITH Autoconf-exception-2.0"},
    {"gpl-2+-with-libtool-exception", "GPL-2.0-or-later WITH Libtool-exception"},
    {"gpl-3+-with-bison-exception", "GPL-3.0-or-later WITH Bison-exception-2.2"},
    {"gpl-3+-with-autoconf-exception", "GPL-3.0-or-later WITH Autoconf-exception-3.0"},
}};

/// How the texts of well-known licences begin.
constexpr std::array<NamedLicence, 9> titles = {{
    {"mit license", "MIT"},
    {"the mit license", "MIT"},
    {"boost software license - version 1.0", "BSL-1.0"},
    {"apache license", "Apache-2.0"},
    {"bsd 3-clause license", "BSD-3-Clause"},
    {"bsd 2-clause license", "BSD-2-Clause"},
    {"mozilla public license version 2.0", "MPL-2.0"},
    {"isc license", "ISC"},
    {"zlib license", "Zlib"},
}};

constexpr std::string_view conjunction = " AND ";
constexpr std::string_view reference_prefix = "LicenseRef-";

bool is_id_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '+';
}

bool is_operator(std::string_view word) { return word == "AND" || word == "OR" || word == "WITH"; }

/// The words and brackets of what may be an expression; none where other characters are in it.
std::vector<std::string> expression_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto finish = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (const char c : text) {
    if (is_id_character(c)) {
      word += c;
      continue;
    }
    finish();
    if (c == '(' || c == ')')
      words.emplace_back(1, c);
    else if (c != ' ' && c != '\t')
      return {};
  }
  finish();
  return words;
}

/// "a AND (b OR c)": operands and operators in turn, brackets closed.
bool is_expression(const std::vector<std::string>& words) {
  int depth = 0;
  bool wants_operand = true;
  for (const auto& word : words) {
    if (word == "(") {
      if (!wants_operand) return false;
      ++depth;
    } else if (word == ")") {
      if (wants_operand || --depth < 0) return false;
    } else {
      if (is_operator(word) == wants_operand) return false;
      wants_operand = is_operator(word);
    }
  }
  return depth == 0 && !wants_operand;
}

std::string licence_ref(std::string_view name, LicenceNames& names) {
  // Some name one of their own.
  if (name.starts_with(reference_prefix)) name.remove_prefix(reference_prefix.size());
  std::string ref(reference_prefix);
  for (const char c : name.substr(0, 100)) ref += is_id_character(c) && c != '+' ? c : '-';
  names.emplace(ref, as_utf8(name));
  return ref;
}

/// A licence, or one with an exception, as the list of SPDX spells it; a LicenseRef for
/// what it does not have.
std::string operand(std::string_view licence, std::string_view exception, LicenceNames& names) {
  auto id = std::string(spdx_licence(licence));
  if (id.empty() && licence.ends_with('+')) {
    id = spdx_licence(licence.substr(0, licence.size() - 1));
    if (!id.empty()) id += '+';
  }
  if (exception.empty()) return id.empty() ? licence_ref(licence, names) : id;
  const auto known = spdx_exception(exception);
  if (!id.empty() && !known.empty()) return fmt::format("{} WITH {}", id, known);
  return licence_ref(fmt::format("{} WITH {}", licence, exception), names);
}

/// The words of an expression, each licence looked up.
std::string known_expression(const std::vector<std::string>& words, LicenceNames& names) {
  std::string result;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool begins = result.empty() || result.ends_with('(');
    if (!begins && words[i] != ")") result += ' ';
    if (is_operator(words[i]) || words[i] == "(" || words[i] == ")") {
      result += words[i];
      continue;
    }
    const bool has_exception = i + 2 < words.size() && words[i + 1] == "WITH";
    result += operand(words[i], has_exception ? words[i + 2] : "", names);
    if (has_exception) i += 2;
  }
  return result;
}

std::string debian_licence(std::string_view name, LicenceNames& names) {
  auto plain = to_lower(name);
  std::ranges::replace(plain, ' ', '-');
  const auto found = std::ranges::find(debian_names, plain, &NamedLicence::name);
  return found == debian_names.end() ? licence_ref(name, names) : std::string(found->spdx);
}

/// "GPL-2+ or Artistic" by its operators.
std::string debian_alternatives(std::string_view text, LicenceNames& names) {
  std::string result;
  std::string name;
  const auto finish = [&] {
    if (!name.empty()) result += debian_licence(name, names);
    name.clear();
  };
  for (const auto& word : split(text, ' ')) {
    if (word.empty()) continue;
    if (word == "or" || word == "and") {
      finish();
      result += word == "or" ? " OR " : " AND ";
      continue;
    }
    if (!name.empty()) name += ' ';
    name += word;
  }
  finish();
  return result;
}

/// "GPL-2+ or Artistic, and Expat": a comma parts what binds closer.
std::string debian_expression(std::string_view text, LicenceNames& names) {
  std::string result;
  LicenceNames found;
  for (const auto& piece : split(text, ',')) {
    std::string_view part = trim(piece);
    const bool is_alternative = part.starts_with("or ");
    if (is_alternative || part.starts_with("and ")) part = part.substr(part.find(' '));
    auto group = debian_alternatives(part, found);
    const bool is_whole = trim(piece).size() == trim(text).size();
    if (!is_whole && group.find(' ') != std::string::npos) group = '(' + group + ')';
    if (!result.empty()) result += is_alternative ? " OR " : " AND ";
    result += group;
  }
  if (!is_expression(expression_words(result))) return licence_ref(text, names);
  names.merge(found);
  return result;
}

}  // namespace

std::string licence_expression(std::string_view text, LicenceNames& names) {
  text = trim(text);
  if (text.empty() || text == "NONE" || text == "NOASSERTION" || text == "null") return {};
  const auto words = expression_words(text);
  return is_expression(words) ? known_expression(words, names) : licence_ref(text, names);
}

std::string licence_of_copyright(std::string_view text, LicenceNames& names) {
  if (text.substr(0, 400).find("copyright-format/1.0") == std::string_view::npos) return {};
  std::set<std::string> found;
  bool is_of_files = false;
  for (const auto& line : split(text, '\n')) {
    if (trim(line).empty()) is_of_files = false;
    if (line.starts_with("Files:")) is_of_files = true;
    // The packaging's own licence is none of the program's.
    if (line.starts_with("Files: debian/*")) is_of_files = false;
    if (!is_of_files || !line.starts_with("License:")) continue;
    const auto name = trim(std::string_view(line).substr(8));
    if (name.empty()) continue;
    const auto expression = debian_expression(name, names);
    if (expression.find(" OR ") != std::string::npos) {
      found.insert('(' + expression + ')');
      continue;
    }
    for (std::size_t at = 0; at < expression.size();) {
      const auto end = std::min(expression.find(conjunction, at), expression.size());
      found.insert(expression.substr(at, end - at));
      at = end + conjunction.size();
    }
  }
  return fmt::format("{}", fmt::join(found, " AND "));
}

std::string licence_of_text(std::string_view text) {
  constexpr std::string_view tag = "SPDX-License-Identifier:";
  const auto at = text.find(tag);
  if (at != std::string_view::npos) {
    auto value = text.substr(at + tag.size());
    value = trim(value.substr(0, value.find('\n')));
    if (value.ends_with("*/")) value = trim(value.substr(0, value.size() - 2));
    LicenceNames unknown;
    const auto words = expression_words(value);
    auto expression = is_expression(words) ? known_expression(words, unknown) : std::string();
    if (!expression.empty() && unknown.empty()) return expression;
  }
  const auto start = to_lower(trim(text.substr(0, 200)));
  for (const auto& [title, spdx] : titles) {
    if (start.starts_with(title)) return std::string(spdx);
  }
  return {};
}

}  // namespace slipway::sbom

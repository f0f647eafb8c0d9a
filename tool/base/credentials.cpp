#include "base/credentials.hpp"

#include <functional>

namespace slipway {
namespace {

constexpr std::string_view scheme_end = "://";
/// What ends an authority (RFC 3986, section 3.2), and what ends a URL in a text.
constexpr std::string_view authority_end = "/?# \t\r\n\"'<>";

bool is_scheme_character(char c) {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_letter || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

std::string_view scheme_before(std::string_view text) {
  auto begin = text.size();
  while (begin > 0 && is_scheme_character(text[begin - 1])) --begin;
  return text.substr(begin);
}

bool is_login(std::string_view scheme, std::string_view user_info) {
  const bool has_password = user_info.find(':') != std::string_view::npos;
  return !has_password && (scheme.ends_with("ssh") || scheme.ends_with("git"));
}

/// `text` with what `replace` makes of each "user:password@".
std::string replacing_credentials(std::string_view text,
                                  const std::function<std::string(std::string_view)>& replace) {
  std::string out;
  std::size_t copied = 0;
  for (auto at = text.find(scheme_end); at != std::string_view::npos;
       at = text.find(scheme_end, at + 1)) {
    const auto begin = at + scheme_end.size();
    const auto authority = text.substr(begin, text.find_first_of(authority_end, begin) - begin);
    const auto end = authority.rfind('@');
    const auto scheme = scheme_before(text.substr(0, at));
    if (end == std::string_view::npos || scheme.empty() ||
        is_login(scheme, authority.substr(0, end)))
      continue;
    out.append(text.substr(copied, begin - copied)).append(replace(authority.substr(0, end + 1)));
    copied = begin + end + 1;
  }
  return out.append(text.substr(copied));
}

}  // namespace

std::string without_credentials(std::string_view text) {
  return replacing_credentials(text, [](std::string_view) { return std::string(); });
}

std::string with_masked_credentials(std::string_view text) {
  return replacing_credentials(text, [](std::string_view user_info) {
    return std::string(user_info.size() - 1, '*') + '@';
  });
}

}  // namespace slipway

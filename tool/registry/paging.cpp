#include "registry/paging.hpp"

namespace slipway {

std::string next_page(const HttpResponse& response, const std::string& url) {
  const auto link = response.header("link");
  const auto begin = link.find('<');
  const auto end = link.find('>', begin == std::string::npos ? link.size() : begin);
  if (end == std::string::npos || link.find("next", end) == std::string::npos) return {};
  const auto next = link.substr(begin + 1, end - begin - 1);
  return next.empty() ? std::string() : absolute_url(url, next);
}

}  // namespace slipway

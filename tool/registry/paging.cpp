#include "registry/paging.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "registry/header_reader.hpp"

namespace slipway {
namespace {

/// The parameters of one link: do they say rel="next"?
bool is_next(HeaderReader& reader) {
  bool found = false;
  while (reader.next_parameter()) {
    const auto name = to_lower(reader.token());
    std::string value;
    if (!reader.value(value) || name != "rel") continue;
    const auto relations = split(to_lower(value), ' ');
    found = found || std::ranges::find(relations, "next") != relations.end();
  }
  return found;
}

}  // namespace

std::string next_page(const HttpResponse& response, const std::string& url) {
  const auto header = response.header("link");
  HeaderReader reader(header);
  while (!reader.at_end()) {
    const auto target = reader.enclosed();
    if (!target) break;
    if (is_next(reader) && !target->empty()) return absolute_url(url, *target);
  }
  return {};
}

}  // namespace slipway

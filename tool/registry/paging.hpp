#pragma once

#include <string>

#include "fetch/http.hpp"

namespace slipway {

/// The URL of the page after this answer's, by its header
/// `Link: </v2/a/tags/list?last=x>; rel="next"` (RFC 8288); empty: it was the last.
/// `url` is where the answer came from.
std::string next_page(const HttpResponse& response, const std::string& url);

}  // namespace slipway

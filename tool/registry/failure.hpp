#pragma once

#include <string_view>

#include "base/error.hpp"
#include "registry/endpoint.hpp"

namespace slipway {

/// What went wrong, for a person: whether it is the name, the network, the
/// authorization or the server. `what` is what was asked for, as "manifest '12'".
Error failure_of(const HttpResponse& response, const Endpoint& endpoint, std::string_view what);

}  // namespace slipway

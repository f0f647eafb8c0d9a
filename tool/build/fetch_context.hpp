#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "build/grants.hpp"
#include "store/store.hpp"

namespace slipway {

/// Hears how much of something has come; `total` is 0 where nobody knows.
using TransferProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// What fetching needs of the build at hand.
struct FetchContext {
  const Store& store;
  const Grants& grants;
  TransferProgress progress = {};
};

/// The Authorization header for a web server out of the secrets that BuildKit
/// takes it from: HTTP_AUTH_TOKEN_<host> (a bearer token), else
/// HTTP_AUTH_HEADER_<host> (the header itself). Empty: there is none.
std::string http_authorization(std::string_view url, const Grants& grants);

/// The same for a git server: GIT_AUTH_HEADER.<host>, GIT_AUTH_TOKEN.<host>,
/// GIT_AUTH_HEADER, GIT_AUTH_TOKEN (a password for "x-access-token"), else the
/// user and password of the URL.
std::string git_authorization(std::string_view remote, const Grants& grants);

}  // namespace slipway

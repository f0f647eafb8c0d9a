#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace slipway {

/// A file on an http or https server, and what is known of the copy that we have.
struct FetchRequest {
  std::string url = {};
  std::string etag = {};           ///< of our copy; empty: none
  std::string last_modified = {};  ///< the header of our copy; empty: none
  std::string authorization = {};  ///< the header; sent to the URL's own host alone
  std::function<void(std::uint64_t)> expects =
      {};  ///< told the body's size, where the server says it
};

struct FetchResponse {
  bool not_modified = false;  ///< our copy is still the right one
  std::string etag = {};
  std::string last_modified = {};
  std::optional<std::int64_t> modified = {};  ///< the same in seconds since 1970
  std::string disposition = {};               ///< Content-Disposition
};

/// Fetch the file, redirections followed (to http and https alone), its bytes
/// handed to `sink` as they come; a server that stalls for a minute is given up.
/// Throws Errc::remote with the URL (less user and password) and the cause: no
/// such host, refused, a status of 400 or more.
FetchResponse fetch(const FetchRequest& request,
                    const std::function<void(std::span<const std::byte>)>& sink);

/// The name for a file from this URL: the last part of its path, or what the
/// server's Content-Disposition says; "__unnamed__" where there is neither.
std::string file_name_of(std::string_view url, std::string_view disposition = {});

}  // namespace slipway

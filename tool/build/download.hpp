#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "build/fetch_context.hpp"

namespace slipway {

/// A file of an http or https server, as a blob of the store.
struct Download {
  Descriptor blob = {};
  std::string name = {};  ///< as ADD calls the file
  std::optional<std::int64_t> modified =
      {};  ///< Last-Modified; not where a checksum decides what it is
};

/// Fetch the URL. A copy of the store is used when the server calls it
/// unchanged, or without asking when it has the `checksum` ("sha256:<hex>";
/// empty: none).
Download download(const std::string& url, const std::string& checksum, const FetchContext& context);

}  // namespace slipway

#pragma once

#include <curl/curl.h>

namespace slipway {

/// libcurl's functions, by curl's own declarations.
///
/// The library is loaded by the first call of get() and not with the program: it
/// brings dozens of others, whose start-up each build edge would pay for, and
/// hardly any edge fetches something.
struct CurlLibrary {
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_reset) easy_reset = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_perform) easy_perform = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;

  /// Loaded, and set up for this process. Throws Errc::environment naming the
  /// package where the library is missing or too old.
  static const CurlLibrary& get();
};

}  // namespace slipway

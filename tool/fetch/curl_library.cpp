#include "fetch/curl_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <string>

#include "base/error.hpp"

namespace slipway {
namespace {

/// The same interface with OpenSSL and, as git brings it, with GnuTLS.
constexpr const char* curl_names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};

[[noreturn]] void refuse_curl(std::string_view why) {
  throw Error(Errc::environment, fmt::format("load libcurl, which fetching needs: {}", why))
      .with_hint("install libcurl4 (Debian's name), 7.85 or later");
}

void* open_curl() {
  std::string why;
  for (const auto* name : curl_names) {
    // Never closed: it keeps threads and handlers of its own.
    if (void* library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL)) return library;
    if (why.empty()) why = ::dlerror();
  }
  refuse_curl(why);
}

template <typename Function>
void find_function(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  if (function == nullptr) refuse_curl(fmt::format("it has no '{}'", name));
}

CurlLibrary load_curl() {
  void* library = open_curl();
  CurlLibrary curl;
  find_function(library, "curl_easy_init", curl.easy_init);
  find_function(library, "curl_easy_cleanup", curl.easy_cleanup);
  find_function(library, "curl_easy_reset", curl.easy_reset);
  find_function(library, "curl_easy_setopt", curl.easy_setopt);
  find_function(library, "curl_easy_getinfo", curl.easy_getinfo);
  find_function(library, "curl_easy_perform", curl.easy_perform);
  find_function(library, "curl_easy_strerror", curl.easy_strerror);
  find_function(library, "curl_slist_append", curl.slist_append);
  find_function(library, "curl_slist_free_all", curl.slist_free_all);
  decltype(&::curl_global_init) global_init = nullptr;
  find_function(library, "curl_global_init", global_init);
  if (global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) refuse_curl("it cannot be set up");
  return curl;
}

}  // namespace

const CurlLibrary& CurlLibrary::get() {
  static const CurlLibrary library = load_curl();
  return library;
}

}  // namespace slipway

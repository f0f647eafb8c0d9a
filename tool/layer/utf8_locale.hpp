#pragma once

#include <locale.h>

#include <clocale>

#include "base/error.hpp"

namespace slipway {

/// libarchive turns names into bytes by the thread's locale, so the user's
/// locale would decide what a name becomes. While one of these lives, names
/// are UTF-8 in this thread, and what is not UTF-8 stays as it is.
class Utf8Locale {
 public:
  Utf8Locale() : previous_(::uselocale(shared())) {}
  ~Utf8Locale() { ::uselocale(previous_); }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  /// Made once and kept to the end of the process.
  static locale_t shared() {
    static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (locale == nullptr) {
      throw Error(Errc::environment, "load the locale C.UTF-8: the C library does not have it");
    }
    return locale;
  }

  locale_t previous_;
};

}  // namespace slipway

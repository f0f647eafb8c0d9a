#pragma once

#include <memory>
#include <vector>

#include "base/error.hpp"
#include "registry/session.hpp"
#include "store/store.hpp"

namespace slipway {

/// All places where a reference's image can be had: mirrors, and its registry.
class PullSessions {
 public:
  /// Throws Errc::input where registries.conf blocks the registry.
  PullSessions(Http& http, const Reference& reference);

  /// What the first of the places gives, the best asked first; the failure of the
  /// last where none does.
  template <typename Fetch>
  auto from_any(Fetch&& fetch) const {
    for (std::size_t i = 0; i + 1 < sessions_.size(); ++i) {
      try {
        return fetch(*sessions_[i]);
      } catch (const Error& error) {
        if (error.code() != Errc::remote && error.code() != Errc::integrity) throw;
      }
    }
    return fetch(*sessions_.back());
  }

  /// Bring a blob into the store, unless it is there.
  void bring_blob(const Descriptor& blob, const Store& store) const;

 private:
  std::vector<std::unique_ptr<Session>> sessions_ = {};
};

}  // namespace slipway

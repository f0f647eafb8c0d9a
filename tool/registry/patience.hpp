#pragma once

#include "fetch/http.hpp"

namespace slipway {

/// True for what may go better the next time: 408, 429, 5xx (but 501 and 505), a
/// connection that could not be made or ended in the middle; and what registries
/// answer that lose a race with others who push the same: a digest that is wrong (we
/// check what we send), a manifest's blob that is not there (it was).
bool is_transient(const HttpResponse& response);

/// Says how often something is tried again, and waits between: exponential
/// backoff with full jitter, or what Retry-After says (at most a minute).
class Patience {
 public:
  /// Wait, and true; false when it is enough. Where nobody answers it is enough soon.
  bool wait(const HttpResponse& response);

  /// There was progress since: failures are counted from here.
  void renew() { failures_ = 0; }

 private:
  int failures_ = 0;
};

}  // namespace slipway

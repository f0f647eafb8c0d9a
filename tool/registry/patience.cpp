#include "registry/patience.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include "oci/registry_documents.hpp"

namespace slipway {
namespace {

using std::chrono::milliseconds;

constexpr int most_failures = 7;
constexpr int most_refusals =
    3;  // of connections: mostly there is no network, or the name is wrong
constexpr milliseconds first_delay{100};
constexpr milliseconds longest_delay{10'000};
constexpr std::int64_t longest_retry_after = 60;

milliseconds jittered(int failures) {
  const auto limit = std::min(longest_delay, first_delay * (1 << failures));
  static thread_local std::minstd_rand random{std::random_device{}()};
  return milliseconds(
      std::uniform_int_distribution<milliseconds::rep>(limit.count() / 4, limit.count())(random));
}

bool lost_a_race(const HttpResponse& response) {
  return response.status == 400 &&
         std::ranges::any_of(parse_registry_errors(response.text), [](const auto& error) {
           return error.code == "DIGEST_INVALID" || error.code == "MANIFEST_BLOB_UNKNOWN";
         });
}

}  // namespace

bool is_transient(const HttpResponse& response) {
  if (response.failure == HttpFailure::connection || response.failure == HttpFailure::broken)
    return true;
  if (response.failure == HttpFailure::name) return true;
  if (response.failure != HttpFailure::none) return false;
  const auto status = response.status;
  return lost_a_race(response) || status == 408 || status == 429 ||
         (status >= 500 && status != 501 && status != 505);
}

bool Patience::wait(const HttpResponse& response) {
  const bool is_unreachable =
      response.failure == HttpFailure::connection || response.failure == HttpFailure::name;
  if (++failures_ >= (is_unreachable ? most_refusals : most_failures)) return false;
  if (response.retry_after > longest_retry_after) return false;
  std::this_thread::sleep_for(
      std::max(jittered(failures_), milliseconds(response.retry_after * 1000)));
  return true;
}

}  // namespace slipway

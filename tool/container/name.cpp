#include "container/name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>

namespace slipway {
namespace {

constexpr std::array<std::string_view, 40> moods = {
    "able",  "agile", "ample",  "apt",   "bold",  "brave",  "brisk", "calm",  "civil", "clear",
    "crisp", "deft",  "eager",  "early", "fair",  "firm",   "fleet", "frank", "fresh", "glad",
    "grand", "hardy", "hearty", "keen",  "light", "lively", "loyal", "merry", "neat",  "noble",
    "proud", "quick", "quiet",  "ready", "sharp", "smart",  "solid", "swift", "trim",  "warm"};

constexpr std::array<std::string_view, 40> places = {
    "anchor", "barge", "bay",      "beacon", "berth", "bow",    "brig",  "buoy",
    "canal",  "cape",  "coast",    "cove",   "crane", "deck",   "dock",  "dune",
    "ferry",  "fjord", "gulf",     "harbor", "helm",  "island", "jetty", "keel",
    "lagoon", "lock",  "marina",   "mast",   "pier",  "port",   "quay",  "reef",
    "rudder", "sail",  "schooner", "shore",  "sloop", "tide",   "wharf", "yard"};

}  // namespace

std::string random_container_name() {
  std::random_device device;
  const auto pick = [&](const auto& words) { return words[device() % words.size()]; };
  return fmt::format("{}_{}", pick(moods), pick(places));
}

bool is_container_name(std::string_view name) {
  const auto is_alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (name.size() < 2 || !is_alphanumeric(name.front())) return false;
  return std::ranges::all_of(
      name, [&](char c) { return is_alphanumeric(c) || c == '_' || c == '.' || c == '-'; });
}

}  // namespace slipway

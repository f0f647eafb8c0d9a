#include "cli/transfer_display.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>

#include "base/text.hpp"
#include "registry/transfers.hpp"

namespace slipway::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto redraw_period = 200ms;
constexpr auto line_period = 5s;

std::string describe(std::string_view verb, const Transfers::Count& count) {
  const auto moved = count.moved.load();
  const auto expected = count.expected.load();
  if (moved >= expected) return {};
  return fmt::format("{} {} of {}", verb, human_size(moved), human_size(expected));
}

}  // namespace

std::string describe_transfers() {
  const auto& transfers = Transfers::of_process();
  auto text = describe("fetching", transfers.fetched);
  const auto sent = describe("sending", transfers.sent);
  if (!text.empty() && !sent.empty()) text += ", ";
  return text + sent;
}

TransferDisplay::TransferDisplay()
    : thread_([this, terminal = ::isatty(STDERR_FILENO) == 1](const std::stop_token& stop) {
        terminal ? show_on_terminal(stop) : show_as_lines(stop);
      }) {}

TransferDisplay::~TransferDisplay() {
  thread_.request_stop();
  thread_.join();
}

template <typename Period>
bool TransferDisplay::wait(Period period, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, period, [] { return false; });
  return !stop.stop_requested();
}

void TransferDisplay::show_on_terminal(const std::stop_token& stop) {
  constexpr std::string_view erased = "\r\x1b[K";
  bool is_drawn = false;
  while (wait(redraw_period, stop)) {
    const auto text = describe_transfers();
    if (text.empty() && !is_drawn) continue;
    fmt::print(stderr, "{}{}", erased, text);
    is_drawn = !text.empty();
  }
  if (is_drawn) fmt::print(stderr, "{}", erased);
}

void TransferDisplay::show_as_lines(const std::stop_token& stop) {
  std::string last;
  while (wait(line_period, stop)) {
    auto text = describe_transfers();
    if (!text.empty() && text != last) fmt::print(stderr, "{}\n", text);
    last = std::move(text);
  }
}

}  // namespace slipway::cli

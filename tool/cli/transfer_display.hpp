#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace slipway::cli {

/// What is on its way between registries and this process, in a few words: "fetching
/// 12.3MB of 128MB". Empty: nothing.
std::string describe_transfers();

/// Shows that on stderr until it goes: on a terminal in one line that is drawn again and
/// leaves nothing behind, elsewhere as a line now and then. A short transfer shows
/// nothing. It is a thread: none of this process may become another user meanwhile.
class TransferDisplay {
 public:
  TransferDisplay();
  TransferDisplay(TransferDisplay&&) = delete;
  TransferDisplay& operator=(TransferDisplay&&) = delete;
  ~TransferDisplay();

 private:
  void show_on_terminal(const std::stop_token& stop);
  void show_as_lines(const std::stop_token& stop);
  /// False at the end.
  template <typename Period>
  bool wait(Period period, const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;  ///< last: it uses the others
};

}  // namespace slipway::cli

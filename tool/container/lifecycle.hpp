#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "container/container.hpp"
#include "store/store.hpp"

namespace slipway {

/// What of a container's streams is ours while it runs in the foreground.
struct Attachment {
  bool input = false;
  bool is_logged = true;  ///< else its streams are ours without a detour
};

/// Run the container to its end, with this process as its supervisor; its exit
/// status. It is removed then where its spec says so. Throws Errc::no_program,
/// Errc::bad_program and what run() throws; Errc::input when it runs already.
int run_attached(const Container& container, const Attachment& attachment, const Store& store);

/// Leave a supervisor behind that runs the container; returns once the command runs.
/// Throws as run_attached().
void start_detached(const Container& container, const Store& store);

/// Send a signal to a running container's command. Throws Errc::input where it does
/// not run.
void signal_container(const Container& container, int signal);

/// Its stop signal, then SIGKILL when that has not ended it after `timeout` seconds
/// (below 0: never); one that is starting gets it as soon as it runs. Nothing for one
/// that does not run.
void stop_container(const Container& container, std::int64_t timeout);

/// Stop it as stop_container() and start it as start_detached(): it stays, even where it
/// is to go when it ends.
void restart_container(const Container& container, std::int64_t timeout, const Store& store);

/// SIGKILL, and wait. Nothing for one that does not run.
void kill_container(const Container& container);

/// Wait until it does not run any more; its exit status, though it may be removed by
/// then. Throws Errc::input when it was removed before.
int wait_for(const Container& container);

}  // namespace slipway

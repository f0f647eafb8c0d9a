#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace slipway::cli {

/// "slipway: error: ..." and its hint on stderr.
void print_error(const Error& error);

/// What `body` returns, or, its error printed, what Docker's client gives where no
/// command's status can be: 125 for a failure of ourselves, 126 for a program that
/// cannot be run, 127 for one that is not there.
int docker_status(const std::function<int()>& body);

/// Call `body` with each of the words, in order; errors are printed and the others go
/// on. 1 where there was one, else 0.
int for_each_reported(const std::vector<std::string>& words,
                      const std::function<void(const std::string&)>& body);

/// Refuse -i together with -t where our input is no terminal. Throws Errc::usage.
void require_terminal(bool terminal, bool interactive);

}  // namespace slipway::cli

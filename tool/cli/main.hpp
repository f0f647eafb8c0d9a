#pragma once

namespace slipway::cli {

/// Parse argv, run the one command it names, print what went wrong; the exit
/// status of the process.
int main(int argc, char** argv);

}  // namespace slipway::cli

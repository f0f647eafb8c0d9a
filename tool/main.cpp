#include "cli/main.hpp"

int main(int argc, char** argv) { return slipway::cli::main(argc, argv); }

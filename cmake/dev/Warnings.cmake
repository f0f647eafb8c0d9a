# slipway_warnings: the warnings that the tool's own code is held to.
add_library(slipway_warnings INTERFACE)
target_compile_options(
  slipway_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                             $<$<BOOL:${SLIPWAY_WERROR}>:-Werror>)

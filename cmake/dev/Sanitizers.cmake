# slipway_sanitizers: what SLIPWAY_SANITIZERS asks for, with the library's own assertions.
add_library(slipway_sanitizers INTERFACE)
if(SLIPWAY_SANITIZERS)
  target_compile_options(slipway_sanitizers INTERFACE -fsanitize=${SLIPWAY_SANITIZERS}
                                                      -fno-omit-frame-pointer)
  target_compile_definitions(slipway_sanitizers INTERFACE _GLIBCXX_ASSERTIONS)
  target_link_options(slipway_sanitizers INTERFACE -fsanitize=${SLIPWAY_SANITIZERS})
endif()

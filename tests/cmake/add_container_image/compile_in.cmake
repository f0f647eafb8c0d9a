set(SLIPWAY_SBOM spdx CACHE STRING "what says how images are made")
add_targets()
set(WITH_TESTS ON CACHE BOOL "an option of the project")
set(THERE /usr CACHE PATH "a place of this machine")
add_container_image(toolchain FILES data.txt DESTINATION /data FROM scratch)
add_container_image(image TARGETS app DIRECTORY share DESTINATION /usr FROM scratch COMPILE_IN toolchain
  COMPILE_OPTIONS WITH_TESTS=OFF "NAME=a;b" "DATA=${CMAKE_CURRENT_SOURCE_DIR}/data.txt" WORKDIR $<1:/data>)

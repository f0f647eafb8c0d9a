# Configure project/ with one case in its middle, and compare with what is expected:
#
#   <case>-stderr.txt      must stand in stderr, however it is wrapped; without
#                          this file stderr must be empty
#   <case>-result.txt      the exit code; default 0, or 1 with -stderr.txt
#   <case>-Dockerfile.txt  the Dockerfile of the image `image`; <SOURCE> is the
#                          project's folder, <BINARY> the build tree's, and <HASH>
#                          what its path gives
#   <case>-cache.txt       how `image` is configured inside of its toolchain image
cmake_minimum_required(VERSION 3.25)
set(project "${CMAKE_CURRENT_LIST_DIR}/project")

function(expect what actual expected)
  if(NOT actual STREQUAL expected)
    message(FATAL_ERROR "${what}: expected\n${expected}\nbut got\n${actual}")
  endif()
endfunction()

file(REMOVE_RECURSE "${WORK}")
execute_process(
  COMMAND "${CMAKE_COMMAND}" --no-warn-unused-cli -G Ninja -S "${project}" -B "${WORK}" "-DCASE=${CASE}.cmake" "-DSlipway_EXECUTABLE=${TOOL}"
  RESULT_VARIABLE result OUTPUT_QUIET ERROR_VARIABLE stderr)

set(expected_result 0)
if(EXISTS "${CASE}-stderr.txt")
  set(expected_result 1)
endif()
if(EXISTS "${CASE}-result.txt")
  file(STRINGS "${CASE}-result.txt" expected_result)
endif()

if(EXISTS "${CASE}-stderr.txt")
  file(READ "${CASE}-stderr.txt" expected)
  string(REPLACE "<SOURCE>" "${project}" expected "${expected}")
  string(REGEX REPLACE "[ \n]+" " " flat "${stderr}")
  string(REGEX REPLACE "[ \n]+" " " expected "${expected}")
  string(STRIP "${expected}" expected)
  string(FIND "${flat}" "${expected}" position)
  if(position EQUAL -1)
    message(FATAL_ERROR "stderr: expected\n${expected}\nsomewhere in\n${stderr}")
  endif()
else()
  expect(stderr "${stderr}" "")
endif()
expect("exit code" "${result}" "${expected_result}")

if(EXISTS "${CASE}-Dockerfile.txt")
  file(READ "${CASE}-Dockerfile.txt" expected)
  string(SHA256 hash "${WORK}")
  string(SUBSTRING "${hash}" 0 12 hash)
  string(REPLACE "<SOURCE>" "${project}" expected "${expected}")
  string(REPLACE "<BINARY>" "${WORK}" expected "${expected}")
  string(REPLACE "<HASH>" "${hash}" expected "${expected}")
  file(READ "${WORK}/CMakeFiles/image.container/Dockerfile" actual)
  string(REGEX REPLACE "^(#[^\n]*\n)+" "" actual "${actual}")  # the header names this run's paths
  string(REGEX REPLACE "=\"(oci:[^\"\n]*)\"" "=\\1" actual "${actual}")  # quoted where the path has a space
  expect(Dockerfile "${actual}" "${expected}")
endif()

if(EXISTS "${CASE}-cache.txt")
  file(READ "${CASE}-cache.txt" expected)
  file(READ "${WORK}/CMakeFiles/image.container/cache.cmake" actual)
  string(REGEX REPLACE "set\\(CASE [^\n]*\n" "" actual "${actual}")  # the runner's own
  expect("cache" "${actual}" "${expected}")
endif()

# The sources as .clang-format has them, as a test:
#   cmake -DROOT=<tree> -P tests/format.cmake
# Names every offending place. Other versions of clang-format break lines elsewhere:
# without Debian 12's the test is skipped.
cmake_minimum_required(VERSION 3.25)

find_program(CLANG_FORMAT NAMES clang-format-14 clang-format)
if(CLANG_FORMAT)
  execute_process(COMMAND ${CLANG_FORMAT} --version OUTPUT_VARIABLE version)
endif()
if(NOT version MATCHES "version 14\\.")
  message("skipped: no clang-format of version 14")
  return()
endif()

file(GLOB_RECURSE sources "${ROOT}/tool/*.[ch]pp" "${ROOT}/tests/*.[ch]pp" "${ROOT}/tests/*.c")
execute_process(COMMAND ${CLANG_FORMAT} --dry-run -Werror --ferror-limit=5 ${sources}
                COMMAND_ERROR_IS_FATAL ANY)

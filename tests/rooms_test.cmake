# The rules of rooms.cmake fail where they should, each naming the file:
#   cmake -DWORK=<scratch directory> -P tests/rooms_test.cmake
cmake_minimum_required(VERSION 3.25)

# expect(<mistake or ""> <file> <content>): a tree of one good and this one file.
function(expect mistake file content)
  file(REMOVE_RECURSE "${WORK}")
  file(WRITE "${WORK}/tool/base/error.hpp" "#pragma once\n#include <string>\n")
  file(WRITE "${WORK}/tool/oci/digest.hpp" "#pragma once\n#include \"base/error.hpp\"\n")
  file(WRITE "${WORK}/${file}" "${content}")
  execute_process(
    COMMAND "${CMAKE_COMMAND}" "-DROOT=${WORK}" -P "${CMAKE_CURRENT_LIST_DIR}/rooms.cmake"
    RESULT_VARIABLE result
    ERROR_VARIABLE message)
  if(mistake STREQUAL "")
    if(NOT result EQUAL 0)
      message(FATAL_ERROR "a good tree was refused:\n${message}")
    endif()
    return()
  endif()
  string(FIND "${message}" "${mistake}" place)
  if(result EQUAL 0 OR place EQUAL -1)
    message(FATAL_ERROR "expected: ${mistake}\ngot (status ${result}):\n${message}")
  endif()
endfunction()

string(REPEAT "\n" 500 longest)
expect("" "tool/oci/image.cpp" "#include \"oci/digest.hpp\"\n#include \"base/error.hpp\"\n")
expect("" "tool/oci/image.cpp" "${longest}")
expect("tool/base/text.cpp: room 'base' may not use room 'oci'"
       "tool/base/text.cpp" "  #  include \"oci/digest.hpp\"\n")
expect("tool/base/text.hpp: room 'base' may not use room 'oci'"
       "tool/base/text.hpp" "#include \"oci/digest.hpp\"\n")
expect("tool/oci/image.cpp: include \"digest.hpp\" does not name a room's header"
       "tool/oci/image.cpp" "#include \"digest.hpp\"\n")
expect("tool/oci/image.cpp: include \"../base/error.hpp\" does not name a room's header"
       "tool/oci/image.cpp" "#include \"../base/error.hpp\"\n")
expect("tool/attic: no row may_use_attic in tests/rooms.cmake" "tool/attic/old.cpp" "")
foreach(file tool/oci/image.cpp cmake/A.cmake tests/unit/oci_image.cpp templates/x/Dockerfile.in
             examples/x/main.cpp)
  expect("${file}: 501 lines, more than 500" "${file}" "${longest}\n")
endforeach()
file(REMOVE_RECURSE "${WORK}")

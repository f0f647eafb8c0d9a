# The direction of the rooms and the size of the files, as a test:
#   cmake -DROOT=<tree> -P tests/rooms.cmake
# Stops naming every offending file; says nothing when there is none.
cmake_minimum_required(VERSION 3.25)

# may_use_<room>: the rooms whose headers a file of <room> may include, besides
# its own. A room without a row may use nothing.
set(may_use_base "")
set(may_use_oci base)
set(may_use_dockerfile base)
set(may_use_run base)
set(may_use_fetch base)
set(may_use_elf base)
set(may_use_store oci base)
set(may_use_layer store oci base)
set(may_use_plan dockerfile oci base)
set(may_use_lint dockerfile oci base)
set(may_use_gate elf layer store oci base)
set(may_use_registry fetch store oci base)
set(may_use_build gate plan run fetch layer elf registry store oci dockerfile base)
set(may_use_container build plan run layer registry store dockerfile oci base)
set(may_use_sbom build layer elf store oci base)
set(may_use_cli lint gate container sbom build plan run fetch layer elf registry store oci dockerfile base)

set(line_limit 500)
set(mistakes "")

# The rooms are the directories of tool/: an include of anything else is a
# library's or the system's.
file(GLOB rooms RELATIVE "${ROOT}/tool" "${ROOT}/tool/*")
foreach(room IN LISTS rooms)
  if(NOT IS_DIRECTORY "${ROOT}/tool/${room}")
    continue()
  endif()
  if(NOT DEFINED may_use_${room})
    list(APPEND mistakes "tool/${room}: no row may_use_${room} in tests/rooms.cmake")
  endif()
  file(GLOB files RELATIVE "${ROOT}" "${ROOT}/tool/${room}/*.[ch]pp")
  foreach(file IN LISTS files)
    file(STRINGS "${ROOT}/${file}" includes REGEX "^[ \t]*#[ \t]*include[ \t]*\"")
    foreach(include IN LISTS includes)
      string(REGEX REPLACE "^[^\"]*\"([^\"]*)\".*$" "\\1" header "${include}")
      string(REGEX MATCH "^[^/]*" used "${header}")
      if(NOT header MATCHES "/" OR NOT used IN_LIST rooms)
        list(APPEND mistakes "${file}: include \"${header}\" does not name a room's header")
      elseif(NOT used STREQUAL room AND NOT used IN_LIST may_use_${room})
        list(APPEND mistakes "${file}: room '${room}' may not use room '${used}'")
      endif()
    endforeach()
  endforeach()
endforeach()

file(
  GLOB_RECURSE files RELATIVE "${ROOT}"
  "${ROOT}/tool/*" "${ROOT}/cmake/*" "${ROOT}/templates/*" "${ROOT}/tests/*" "${ROOT}/examples/*")
# Fixtures are data; documents are prose.
list(FILTER files EXCLUDE REGEX "\\.md$|/data/|/golden/|/corpus/|/__pycache__/|/build/")
foreach(file IN LISTS files)
  file(READ "${ROOT}/${file}" text)
  string(REGEX MATCHALL "\n" newlines "${text}")
  list(LENGTH newlines lines)
  if(lines GREATER line_limit)
    list(APPEND mistakes "${file}: ${lines} lines, more than ${line_limit}")
  endif()
endforeach()

if(mistakes)
  foreach(mistake IN LISTS mistakes)
    message(NOTICE "${mistake}")
  endforeach()
  message(FATAL_ERROR "these break the rules of tests/rooms.cmake")
endif()

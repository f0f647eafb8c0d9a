# Which shared libraries of the project come along, whatever links them.
add_library(one SHARED IMPORTED)
foreach(name two three four five six lonely)
  add_library(${name} SHARED lib.c)
endforeach()
add_library(archive STATIC lib.c)
add_library(interface INTERFACE)
add_library(ns::interface ALIAS interface)
add_executable(program main.c)

target_link_libraries(program PRIVATE archive ns::interface $<$<CONFIG:Debug>:two> -lm one $<TARGET_NAME_IF_EXISTS:gone>)
target_link_libraries(archive PRIVATE three)
target_link_libraries(interface INTERFACE $<BUILD_INTERFACE:four> $<LINK_ONLY:five>)
target_link_libraries(five PRIVATE $<IF:$<BOOL:1>,six,lonely> program_is_no_target)
target_link_libraries(six PRIVATE five)

_slipway_sort_targets(call "program;lonely" executables libraries)
list(SORT libraries)
if(NOT "${executables}|${libraries}" STREQUAL "program|five;four;lonely;six;three;two")
  message(FATAL_ERROR "got ${executables}|${libraries}")
endif()

# The end of this project is not generated: its language is not enabled.
message(FATAL_ERROR "as expected")

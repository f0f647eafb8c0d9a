# Compiles a project inside of a toolchain image; the RUN of templates/compile is
#
#   cmake -P /slipway/compile/slipway/inside/Compile.cmake
#
#   /slipway/source    the project, read-only
#   /slipway/compile   this script, `cache.cmake` (how the project is configured) and
#                      `toolchain/` (which toolchain image this is), read-only
#   /slipway/build     the build tree, a cache that outlives the image; `slipway-read` in it
#   /slipway/ccache    ccache's, where the image has ccache
#   /slipway/out       what comes out: a folder a layer
#
# `slipway-read` lists the sources that decided, so that a change of any other file does not
# run this again: the seal of the source tree, then a path a line. Without Ninja, or
# where the project's own install rules run (they may install any file), there is no
# such list.
cmake_minimum_required(VERSION 3.25)

set(source /slipway/source)
set(compile /slipway/compile)
set(build /slipway/build)
set(out /slipway/out)

# One hash for all that a folder holds.
function(hash_of folder out)
  file(GLOB_RECURSE files RELATIVE "${folder}" "${folder}/*")
  list(SORT files)
  set(text "")
  foreach(file IN LISTS files)
    file(SHA256 "${folder}/${file}" hash)
    string(APPEND text "${hash} ${file}\n")
  endforeach()
  string(SHA256 hash "${text}")
  set(${out} "${hash}" PARENT_SCOPE)
endfunction()

# True where `file` holds `text` already.
function(holds file text out)
  set(${out} FALSE PARENT_SCOPE)
  if(EXISTS "${file}")
    file(READ "${file}" there)
    if(there STREQUAL text)
      set(${out} TRUE PARENT_SCOPE)
    endif()
  endif()
endfunction()

function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${what} inside of the toolchain image ended with ${result}")
  endif()
endfunction()

# Objects of another toolchain are worth nothing, and no build system sees that a
# compiler or a library of the system has changed.
function(forget_other_toolchain)
  hash_of("${compile}/toolchain" toolchain)
  holds("${build}/slipway-toolchain" "${toolchain}" is_same)
  if(NOT is_same)
    file(GLOB old LIST_DIRECTORIES TRUE "${build}/*" "${build}/.[!.]*")
    if(old)
      file(REMOVE_RECURSE ${old})
    endif()
    file(WRITE "${build}/slipway-toolchain" "${toolchain}")
  endif()
endfunction()

function(configure)
  hash_of("${compile}" settings)
  holds("${build}/slipway-settings" "${settings}" is_same)
  if(is_same)
    return()  # the build itself configures again where that is needed
  endif()
  find_program(ninja NAMES ninja ninja-build)
  set(generator "Unix Makefiles")
  if(ninja)
    set(generator Ninja)
  endif()
  set(launcher "")
  find_program(ccache ccache)
  if(ccache)
    set(launcher "-DCMAKE_C_COMPILER_LAUNCHER=${ccache}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${ccache}")
  endif()
  run("configuring the project" "${CMAKE_COMMAND}" -S "${source}" -B "${build}" -G "${generator}" -C "${compile}/cache.cmake"
      ${launcher})
  file(WRITE "${build}/slipway-settings" "${settings}")
endfunction()

function(slipway_layer layer directory component with_subdirectories stripped)
  set(local "")
  set(strip "")
  if(stripped)
    set(strip -DCMAKE_INSTALL_DO_STRIP=1)
  endif()
  if(with_subdirectories)
    set(installs_any_file TRUE PARENT_SCOPE)
  else()
    set(local -DCMAKE_INSTALL_LOCAL_ONLY=1)
  endif()
  set(ENV{DESTDIR} "${out}/${layer}")
  file(MAKE_DIRECTORY "${out}/${layer}")
  # The manifest that the script writes is in the build tree: nobody else reads it.
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -DCMAKE_INSTALL_PREFIX=/usr "-DCMAKE_INSTALL_COMPONENT=${component}" ${local} ${strip} -P
            "${directory}/cmake_install.cmake"
    RESULT_VARIABLE result
    OUTPUT_QUIET)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "installing ${component} inside of the toolchain image ended with ${result}")
  endif()
endfunction()

# The files below the source directory among the lines of `text`, relative to it.
function(sources_among text out)
  string(REGEX MATCHALL "${source}/[^\n]+" found "${text}")
  list(TRANSFORM found REPLACE "^${source}/" "")
  set(${out} ${found} PARENT_SCOPE)
endfunction()

# What Ninja knows: inputs of what was built, headers, and what configuring read.
function(list_read_sources)
  if(installs_any_file OR NOT EXISTS "${build}/build.ninja" OR NOT EXISTS "${source}/.slipway-seal")
    return()
  endif()
  find_program(ninja NAMES ninja ninja-build)
  set(read "")
  foreach(query IN ITEMS "inputs;slipway-compile" "deps" "query;build.ninja")
    execute_process(COMMAND "${ninja}" -C "${build}" -t ${query} RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_QUIET)
    if(NOT result EQUAL 0 OR text MATCHES "[;']")
      return()  # an old Ninja, or names that it or CMake would quote: everything counts
    endif()
    sources_among("${text}" found)
    list(APPEND read ${found})
  endforeach()
  list(REMOVE_DUPLICATES read)
  list(SORT read)
  set(listed "")
  foreach(file IN LISTS read)
    if(EXISTS "${source}/${file}" AND NOT IS_DIRECTORY "${source}/${file}")
      string(APPEND listed "${file}\n")
    endif()
  endforeach()
  file(READ "${source}/.slipway-seal" seal)
  file(WRITE "${build}/slipway-read" "${seal}${listed}")
endfunction()

file(REMOVE "${build}/slipway-read")
set(ENV{CCACHE_DIR} /slipway/ccache)
if("$ENV{SOURCE_DATE_EPOCH}" STREQUAL "")
  set(ENV{SOURCE_DATE_EPOCH} 315532800) # what __DATE__ says: a fixed one
endif()
file(MAKE_DIRECTORY "${out}")
forget_other_toolchain()
configure()
cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
run("compiling the project" "${CMAKE_COMMAND}" --build "${build}" --target slipway-compile --parallel ${cores})
include("${build}/slipway-layers.cmake")
list_read_sources()

# Slipway's functions inside of the toolchain image of COMPILE_IN. Images are made
# outside: here they only say what is compiled and how it is installed. The
# program `slipway` is not needed.
#
# Set by Compile.cmake, in the cache:
#   SLIPWAY_COMPILED_IMAGE    the image target whose TARGETS are wanted
include_guard(GLOBAL)

cmake_policy(VERSION 3.25) # whatever the including project asks for

include("${CMAKE_CURRENT_LIST_DIR}/../private/SlipwayArguments.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/../private/SlipwayImageKeywords.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/../private/SlipwayTargets.cmake")

function(add_container_image name)
  set(call "add_container_image(${name})")
  cmake_parse_arguments(PARSE_ARGV 1 words "" "" "")
  _slipway_parse_image("${call}" "${words_UNPARSED_ARGUMENTS}")
  _slipway_add_placeholders("${name}" load archive run push verify gate)
  if(arg_STRIP STREQUAL "split" OR arg_DEBUG_VARIANT)
    _slipway_add_placeholders("${name}_debug" load archive run push verify gate)
  endif()
  if(name STREQUAL SLIPWAY_COMPILED_IMAGE)
    set_target_properties("${name}" PROPERTIES SLIPWAY_TARGETS "${arg_TARGETS}" SLIPWAY_COMPONENTS "${arg_COMPONENTS}"
                                               SLIPWAY_STRIP "${arg_STRIP}")
    cmake_language(EVAL CODE "cmake_language(DEFER CALL _slipway_add_compile [[${name}]])")
  endif()
endfunction()

function(add_container_base name)
  _slipway_add_placeholders("${name}" load archive run push verify gate)
endfunction()

# Targets that do nothing, and properties that name no file, for what the project says
# of its images besides.
function(_slipway_add_placeholders name)
  add_custom_target("${name}")
  foreach(action IN LISTS ARGN)
    add_custom_target("${name}_${action}")
  endforeach()
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/${name}.container")
  set_target_properties(
    "${name}"
    PROPERTIES CONTAINER_IMAGE_LAYOUT "${folder}/image"
               CONTAINER_IMAGE_DIGEST_FILE "${folder}/image.digest"
               CONTAINER_IMAGE_PUSH_FILE "${folder}/push.json"
               CONTAINER_SBOM_FILES ""
               CONTAINER_PROVENANCE_FILE ""
               CONTAINER_DOCKERFILE "${folder}/context/Dockerfile")
endfunction()

# What is to be compiled, as the target slipway-compile, and a script that says
# what is to be installed then: slipway_layer(<layer> <script> <component> <of subdirectories too> <stripped>).
function(_slipway_add_compile name)
  get_target_property(targets "${name}" SLIPWAY_TARGETS)
  get_target_property(components "${name}" SLIPWAY_COMPONENTS)
  get_target_property(strip "${name}" SLIPWAY_STRIP)
  set(stripped FALSE)
  if(strip STREQUAL "on")
    set(stripped TRUE)
  endif()
  _slipway_sort_targets("add_container_image(${name})" "${targets}" programs libraries)
  _slipway_make_relocatable(${programs} ${libraries})
  add_custom_target(slipway-compile DEPENDS ${programs} ${libraries})

  set(text "")
  if(components)
    foreach(component IN LISTS components)
      _slipway_component_layer("${component}" layer)
      string(APPEND text "slipway_layer(${layer} [==[${CMAKE_BINARY_DIR}]==] [==[${component}]==] TRUE ${stripped})\n")
    endforeach()
  else()
    foreach(part IN ITEMS "libraries;lib;${libraries}" "executables;bin;${programs}")
      list(POP_FRONT part layer directory)
      if(part)
        _slipway_install("slipway-${name}-${layer}" ${directory} ${part})
        string(APPEND text "slipway_layer(${layer} [==[${CMAKE_CURRENT_BINARY_DIR}]==] slipway-${name}-${layer} FALSE ${stripped})\n")
      endif()
    endforeach()
  endif()
  file(WRITE "${CMAKE_BINARY_DIR}/slipway-layers.cmake" "${text}")
endfunction()

# The lock file is in the source directory, which is read-only here.
function(container_lock)
  add_custom_target(container_lock_update)
endfunction()

function(add_container_index name)
  _slipway_add_placeholders("${name}" push)
endfunction()

# Tests run outside; their names may be set properties of.
function(add_container_test name)
  if(NOT name STREQUAL "TARGETS")
    add_test(NAME "${name}" COMMAND "${CMAKE_COMMAND}" -E true)
  endif()
endfunction()

# PLATFORMS of add_container_index(): builds of this project for other platforms,
# each in a build tree of its own with a toolchain file of its own. `name`, `call`,
# `folder` and arg_<KEYWORD> are the caller's.
#
# In such a build SLIPWAY_IS_PLATFORM_BUILD is set, and the index is not made again.
include_guard(GLOBAL)

# The image target or layout of one <platform>[=<toolchain file>], appended to the
# caller's `images`, `files` and `targets`.
function(_slipway_add_platform value)
  string(FIND "${value}" "=" position)
  _slipway_layout_of_target("${call}" IMAGE "${arg_IMAGE}" layout)
  get_target_property(own_platform "${arg_IMAGE}" SLIPWAY_PLATFORM)
  if(position EQUAL -1)
    if(NOT value STREQUAL own_platform)
      _slipway_fail("${call}" "PLATFORMS '${value}' needs a toolchain file, '${value}=<file>': this build is for ${own_platform}")
    endif()
    list(APPEND targets "${arg_IMAGE}")
  else()
    _slipway_split_pair("${value}" platform toolchain)
    cmake_path(ABSOLUTE_PATH toolchain BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
    if(NOT EXISTS "${toolchain}" OR IS_DIRECTORY "${toolchain}")
      _slipway_fail("${call}" "PLATFORMS '${value}': there is no toolchain file '${toolchain}'")
    endif()
    _slipway_add_platform_build("${platform}" "${toolchain}")
    list(APPEND targets "${platform_target}")
  endif()
  list(APPEND images "oci:${layout}")
  list(APPEND files "${layout}/index.json")
  return(PROPAGATE images files targets)
endfunction()

# The target that builds the image there, in platform_target, and its layout.
function(_slipway_add_platform_build platform toolchain)
  string(REPLACE "/" "-" word "${platform}")
  set(platform_target "${name}_${word}")
  set(tree "${CMAKE_CURRENT_BINARY_DIR}/${name}.container/${word}")
  _slipway_layout_of_target("${call}" IMAGE "${arg_IMAGE}" layout)
  string(REPLACE "${CMAKE_BINARY_DIR}/" "${tree}/" layout "${layout}")
  _slipway_write_platform_cache("${tree}.cmake" "${toolchain}")
  set(options "")
  if(CMAKE_MAKE_PROGRAM)
    list(APPEND options "-DCMAKE_MAKE_PROGRAM=${CMAKE_MAKE_PROGRAM}")
  endif()
  add_custom_command(
    OUTPUT "${tree}.configured"
    COMMAND "${CMAKE_COMMAND}" -E rm -rf "${tree}"
    COMMAND "${CMAKE_COMMAND}" -S "${CMAKE_SOURCE_DIR}" -B "${tree}" -G "${CMAKE_GENERATOR}" -C "${tree}.cmake" ${options}
    COMMAND "${CMAKE_COMMAND}" -E touch "${tree}.configured"
    DEPENDS "${tree}.cmake" "${toolchain}"
    COMMENT "Configuring ${name} for ${platform}"
    VERBATIM)
  # Only the build itself knows whether there is something to do.
  add_custom_target(
    "${platform_target}"
    COMMAND "${CMAKE_COMMAND}" --build "${tree}" --config "$<CONFIG>" --target "${arg_IMAGE}"
    BYPRODUCTS "${layout}/index.json"
    DEPENDS "${tree}.configured"
    COMMENT "Building ${arg_IMAGE} for ${platform}"
    VERBATIM USES_TERMINAL)
  set_target_properties("${platform_target}" PROPERTIES FOLDER containers ADDITIONAL_CLEAN_FILES
                                                        "${tree};${tree}.configured")
  return(PROPAGATE platform_target layout)
endfunction()

# How the project is configured there: as here, but for what the toolchain decides.
function(_slipway_write_platform_cache file toolchain)
  set(text "# Made by ${call}.\n")
  _slipway_project_cache_entries(names)
  foreach(entry IN LISTS names)
    get_property(value CACHE "${entry}" PROPERTY VALUE)
    string(APPEND text "set(${entry} [==[${value}]==] CACHE STRING \"\" FORCE)\n")
  endforeach()
  _slipway_tool(tool)
  foreach(pair "CMAKE_TOOLCHAIN_FILE=${toolchain}" "CMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE}"
               "CMAKE_CONFIGURATION_TYPES=${CMAKE_CONFIGURATION_TYPES}" "CMAKE_PREFIX_PATH=${CMAKE_PREFIX_PATH}"
               "Slipway_DIR=${Slipway_DIR}" "Slipway_EXECUTABLE=${tool}" "SLIPWAY_IS_PLATFORM_BUILD=TRUE")
    _slipway_split_pair("${pair}" entry value)
    if(NOT value STREQUAL "")
      string(APPEND text "set(${entry} [==[${value}]==] CACHE STRING \"\" FORCE)\n")
    endif()
  endforeach()
  file(GENERATE OUTPUT "${file}" CONTENT "${text}")
endfunction()

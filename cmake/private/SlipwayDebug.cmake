# STRIP and DEBUG_VARIANT: what becomes of symbols and debug information. As in
# SlipwayImage.cmake, `name`, `call`, `folder` and arg_<KEYWORD> are the caller's.
#
# With STRIP split there is a second image, <name>_debug: a call of its own on the
# first one, with arg_DEBUG_OF for the first one's name.
include_guard(GLOBAL)

# DEBUG_VARIANT means an image with debug information.
function(_slipway_check_strip)
  if(arg_DEBUG_VARIANT AND NOT DEFINED arg_STRIP)
    set(arg_STRIP split)
  endif()
  if(arg_DEBUG_VARIANT AND NOT arg_STRIP STREQUAL "split")
    _slipway_fail("${call}" "DEBUG_VARIANT adds to the image of STRIP split; STRIP is '${arg_STRIP}'")
  elseif(arg_DEBUG_VARIANT AND DEFINED arg_COMPILE_IN)
    _slipway_fail("${call}" "DEBUG_VARIANT takes the debug server of this machine's toolchain; with COMPILE_IN give \
STRIP split")
  elseif(arg_STRIP STREQUAL "split" AND NOT DEFINED arg_TARGETS)
    _slipway_fail("${call}" "STRIP split without TARGETS")
  elseif(arg_STRIP STREQUAL "split" AND NOT CMAKE_OBJCOPY)
    _slipway_fail("${call}" "STRIP split needs the toolchain's objcopy; set CMAKE_OBJCOPY")
  endif()
  return(PROPAGATE arg_STRIP)
endfunction()

# Words of `slipway stage install` for the runtime's layers.
function(_slipway_strip_options out)
  set(options "")
  if(arg_STRIP STREQUAL "on")
    set(options --strip on)
  elseif(arg_STRIP STREQUAL "split")
    _slipway_split_options(to-link options)
  endif()
  set(${out} ${options} PARENT_SCOPE)
endfunction()

function(_slipway_split_options half out)
  set(options --strip ${half} --objcopy "${CMAKE_OBJCOPY}")
  cmake_path(GET CMAKE_OBJCOPY PARENT_PATH tools)
  set(names "${_CMAKE_TOOLCHAIN_PREFIX}dwp" dwp llvm-dwp)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang" OR CMAKE_C_COMPILER_ID MATCHES "Clang")
    list(REVERSE names)
  endif()
  find_program(SLIPWAY_DWP NAMES ${names} HINTS "${tools}" DOC "What packs the .dwo files of -gsplit-dwarf")
  mark_as_advanced(SLIPWAY_DWP)
  if(SLIPWAY_DWP)
    list(APPEND options --dwp "${SLIPWAY_DWP}")
  endif()
  set(${out} ${options} PARENT_SCOPE)
endfunction()

# The image of debug information: what the first one holds, and more.
function(_slipway_add_debug_image)
  set(arg_DEBUG_OF "${name}")
  set(arg_LAYERS debug)
  set(arg_FROM "${name}")
  string(APPEND name "_debug")
  if(TARGET "${name}")
    _slipway_fail("${call}" "STRIP split: there is a target '${name}' already")
  endif()
  foreach(tag IN LISTS arg_TAGS)
    list(POP_FRONT arg_TAGS)
    string(APPEND tag "-debug")
    if(NOT tag MATCHES ":[^/]*$")
      string(REGEX REPLACE "-debug$" ":debug" tag "${tag}")
    endif()
    list(APPEND arg_TAGS "${tag}")
  endforeach()
  # Configuration is the first image's.
  foreach(keyword CMD ENV LABELS EXPOSE VOLUME USER WORKDIR STOPSIGNAL HEALTHCHECK TEMPLATE ALL RUNTIME_DATA PLUGINS DLOPEN)
    unset(arg_${keyword})
  endforeach()
  if(DEFINED arg_COMPILE_IN)
    unset(arg_COMPILE_IN)
    set(arg_LAYERS compiled_debug)
  endif()
  set(arg_ENTRYPOINT "")
  set(arg_GROUPS 0)
  set(arg_RUNTIME_DEPENDENCIES MISSING)
  set(arg_VERIFY off)
  set(arg_GATE all=off)
  _slipway_begin_image()
  set_target_properties("${arg_DEBUG_OF}" PROPERTIES CONTAINER_DEBUG_DIRECTORY "${folder}/context/debug/usr/lib/debug")
endfunction()

# Its layers; `targets` are the first image's.
function(_slipway_add_debug_layers)
  _slipway_split_options(to-debug options)
  foreach(component IN LISTS arg_COMPONENTS)
    list(APPEND options --component "${component}")
  endforeach()
  if(DEFINED arg_COMPONENTS)
    list(APPEND options --script "${CMAKE_BINARY_DIR}/cmake_install.cmake" --trace)
  else()
    # The install rules are those of the first image's layers.
    list(APPEND options --script "${CMAKE_CURRENT_BINARY_DIR}/cmake_install.cmake" --local-only)
    foreach(layer libraries executables)
      if((layer STREQUAL "libraries" AND libraries) OR (layer STREQUAL "executables" AND programs))
        list(APPEND options --component "slipway-${arg_DEBUG_OF}-${layer}")
      endif()
    endforeach()
  endif()
  if(arg_DEBUG_VARIANT)
    _slipway_add_debugger_layers()
  endif()
  _slipway_add_layer(
    debug debug/ /
    STAGE install --cmake "${CMAKE_COMMAND}" "--config=$<CONFIG>" --prefix /usr ${options}
    DEPENDS ${targets}
    COMMENT "debug information")
  return(PROPAGATE layer_copies layer_inputs layer_names)
endfunction()

# The same of what a toolchain image has compiled for the first image.
function(_slipway_add_compiled_debug_layers)
  get_target_property(compile_layer "${arg_DEBUG_OF}" SLIPWAY_COMPILE_LAYER)
  get_target_property(compiled_layers "${arg_DEBUG_OF}" SLIPWAY_COMPILED_LAYERS)
  _slipway_list_layer(debug debug/ /)
  _slipway_split_compiled(debug to-debug ${compiled_layers})
  return(PROPAGATE layer_copies layer_inputs layer_names)
endfunction()

# The toolchain's debug server, and the libraries that it needs.
function(_slipway_add_debugger_layers)
  foreach(language CXX C)
    if(CMAKE_${language}_COMPILER)
      cmake_path(GET CMAKE_${language}_COMPILER PARENT_PATH tools)
      break()
    endif()
  endforeach()
  find_program(SLIPWAY_DEBUG_SERVER NAMES "${_CMAKE_TOOLCHAIN_PREFIX}gdbserver" gdbserver lldb-server HINTS "${tools}"
               DOC "What DEBUG_VARIANT puts into images")
  mark_as_advanced(SLIPWAY_DEBUG_SERVER)
  if(NOT SLIPWAY_DEBUG_SERVER)
    _slipway_fail("${call}" "DEBUG_VARIANT: the toolchain has neither gdbserver nor lldb-server; install one, or set \
SLIPWAY_DEBUG_SERVER")
  endif()
  _slipway_sysroot_option(sysroot)
  _slipway_closure_options(options)
  _slipway_add_layer(
    debugger-libraries debugger-libraries/ /
    STAGE closure "${SLIPWAY_DEBUG_SERVER}" ${options} ${sysroot}
    DEPENDS "${SLIPWAY_DEBUG_SERVER}" ${base_step}
    COMMENT "libraries of the debug server")
  _slipway_add_layer(
    debugger debugger/ /usr/bin/
    STAGE files --files "${SLIPWAY_DEBUG_SERVER}" --destination .
    DEPENDS "${SLIPWAY_DEBUG_SERVER}"
    COMMENT "the debug server")
  return(PROPAGATE layer_copies layer_inputs layer_names)
endfunction()

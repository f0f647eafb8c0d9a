# The layers of an image and the edges that stage their files.
#
# A layer is a folder of the build context, filled by one edge:
#
#   context/<layer>/         what the COPY line of the layer takes
#   stage/<layer>.stamp      changes when, and only when, the folder's content does
#   stage/<layer>.d          the files and folders that were read
include_guard(GLOBAL)

# Add the edge that fills the folder of `layer`: `slipway stage <words>`, made
# again when DEPENDS change or what it read. Sets `stamp` in the caller's scope.
function(_slipway_add_staging layer)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "COMMENT" "STAGE;DEPENDS")
  set(stamp "${folder}/stage/${layer}.stamp")
  add_custom_command(
    OUTPUT "${stamp}"
    COMMAND Slipway::slipway stage ${arg_STAGE} --into "${folder}/context/${layer}" --stamp "${stamp}" --depfile
            "${folder}/stage/${layer}.d"
    DEPENDS Slipway::slipway ${arg_DEPENDS}
    DEPFILE "${folder}/stage/${layer}.d"
    COMMENT "Staging ${arg_COMMENT} of image ${name}"
    COMMAND_EXPAND_LISTS VERBATIM)
  return(PROPAGATE stamp)
endfunction()

# Add a layer to the caller's lists layer_copies (COPY lines) and layer_inputs
# (options of `slipway plan`), for the edge that _slipway_add_staging() adds. What the
# caller has in copy_flags ("--chown=1:1 ") stands before the paths.
function(_slipway_list_layer layer source destination)
  _slipway_docker_paths("${source};${destination}" paths)
  string(APPEND layer_copies "COPY ${copy_flags}${paths}\n")
  list(APPEND layer_inputs --input "${layer}=${folder}/stage/${layer}.stamp")
  list(APPEND layer_names "${layer}")
  return(PROPAGATE layer_copies layer_inputs layer_names)
endfunction()

# The same with the edge.
function(_slipway_add_layer layer source destination)
  _slipway_add_staging(${layer} ${ARGN})
  _slipway_list_layer(${layer} "${source}" "${destination}")
  return(PROPAGATE layer_copies layer_inputs layer_names)
endfunction()

# The libraries of a compiler for another machine that has no sysroot: they lie
# beside its C library (Debian's cross compilers).
function(_slipway_library_directories out)
  set(${out} "" PARENT_SCOPE)
  if(NOT CMAKE_CROSSCOMPILING OR CMAKE_SYSROOT OR DEFINED arg_COMPILE_IN)
    return()
  endif()
  _slipway_compiler_file(libc.so.6 c_library)
  if(NOT c_library STREQUAL "")
    cmake_path(GET c_library PARENT_PATH directory)
    set(${out} --library-directory "${directory}" PARENT_SCOPE)
  endif()
endfunction()

# Where the system at hand lies, for `slipway stage`.
function(_slipway_sysroot_option out)
  set(${out} "" PARENT_SCOPE)
  if(CMAKE_SYSROOT)
    set(${out} --sysroot "${CMAKE_SYSROOT}" PARENT_SCOPE)
  endif()
endfunction()

# What a closure has to know: where the system at hand lies, the image's policy and
# base, and the shared libraries that other layers bring.
function(_slipway_closure_options out)
  string(TOLOWER "${arg_RUNTIME_DEPENDENCIES}" policy)
  set(options --policy ${policy})
  _slipway_library_directories(directories)
  list(APPEND options ${directories})
  foreach(library IN LISTS arg_DLOPEN)
    list(APPEND options --open "${library}")
  endforeach()
  foreach(plugin IN LISTS arg_PLUGINS)
    list(APPEND options --plugin "${plugin}")
  endforeach()
  if(base_step)
    list(APPEND options --base "${base_step}")
  endif()
  foreach(library IN LISTS libraries)
    get_target_property(type "${library}" TYPE)
    if(type STREQUAL "SHARED_LIBRARY")
      list(APPEND options --provided "$<TARGET_SONAME_FILE_NAME:${library}>")
    endif()
  endforeach()
  set(${out} ${options} PARENT_SCOPE)
endfunction()

# Third-party shared libraries: found by reading the targets' ELF files.
function(_slipway_add_dependencies_layer targets)
  if(arg_RUNTIME_DEPENDENCIES STREQUAL "NONE" OR targets STREQUAL "")
    return()
  endif()
  if(DEFINED arg_COMPILE_IN)
    _slipway_list_layer(dependencies dependencies/ /)  # its edge: _slipway_add_compile_edges()
    return(PROPAGATE layer_copies layer_inputs layer_names)
  endif()
  _slipway_closure_options(options)
  _slipway_sysroot_option(sysroot)
  list(TRANSFORM targets REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE files)
  _slipway_add_layer(
    dependencies dependencies/ /
    STAGE closure ${files} ${options} ${sysroot} --origins "${folder}/stage/dependencies.origins"
    DEPENDS ${targets} ${base_step}
    COMMENT "third-party libraries")
  return(PROPAGATE layer_copies layer_inputs layer_names)
endfunction()

# A layer of targets, by install rules of the image's own in this directory.
function(_slipway_add_installed_layer layer directory targets)
  if(targets STREQUAL "")
    return()
  endif()
  if(DEFINED arg_COMPILE_IN)
    _slipway_list_compiled_layer(${layer} usr/${directory}/)
    return(PROPAGATE layer_copies layer_inputs layer_names)
  endif()
  set(component "slipway-${name}-${layer}")
  _slipway_make_relocatable(${targets})
  _slipway_install("${component}" ${directory} ${targets})
  _slipway_strip_options(strip)
  list(TRANSFORM targets REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE files)
  _slipway_add_layer(
    ${layer} ${layer}/usr/${directory}/ /usr/${directory}/
    STAGE install --cmake "${CMAKE_COMMAND}" --script "${CMAKE_CURRENT_BINARY_DIR}/cmake_install.cmake" --local-only
          --component "${component}" "--config=$<CONFIG>" --prefix /usr ${strip} --require ${files}
    DEPENDS ${targets}
    COMMENT "${layer}")
  return(PROPAGATE layer_copies layer_inputs layer_names)
endfunction()

# A layer of one of the user's install components, whichever directory has its rules.
function(_slipway_add_component_layer component targets)
  _slipway_component_layer("${component}" layer)
  if(layer IN_LIST layer_names)
    _slipway_fail("${call}" "COMPONENTS has two that would lie in the folder '${layer}'; rename '${component}'")
  endif()
  if(DEFINED arg_COMPILE_IN)
    _slipway_list_compiled_layer("${layer}" "")
    return(PROPAGATE layer_copies layer_inputs layer_names)
  endif()
  _slipway_make_relocatable(${targets})
  _slipway_strip_options(strip)
  _slipway_add_layer(
    ${layer} ${layer}/ /
    STAGE install --cmake "${CMAKE_COMMAND}" --script "${CMAKE_BINARY_DIR}/cmake_install.cmake" --trace
          --component "${component}" "--config=$<CONFIG>" --prefix /usr ${strip}
    DEPENDS ${targets}
    COMMENT "component ${component}")
  return(PROPAGATE layer_copies layer_inputs layer_names)
endfunction()

# The layers of all FILES and DIRECTORY groups.
function(_slipway_add_data_layers)
  foreach(index RANGE 1 ${arg_GROUPS})
    if(arg_GROUPS GREATER 0)
      _slipway_add_data_layer(${index} "${arg_GROUP_${index}_KIND}" "${arg_GROUP_${index}_ITEMS}"
                              "${arg_GROUP_${index}_DESTINATION}")
    endif()
  endforeach()
  return(PROPAGATE layer_copies layer_inputs layer_names)
endfunction()

# A layer of one FILES or DIRECTORY group.
function(_slipway_add_data_layer index kind items destination)
  set(paths "")
  foreach(item IN LISTS items)
    if(NOT item MATCHES "^\\$<")
      # install(DIRECTORY)'s meaning: "dir" goes in as a whole, "dir/" is its content.
      cmake_path(ABSOLUTE_PATH item BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
    endif()
    list(APPEND paths "${item}")
  endforeach()
  set(inputs "")
  set(option --directory)
  if(kind STREQUAL "FILES")
    set(inputs ${paths})
    set(option --files)
  endif()
  string(REGEX REPLACE "([^/])$" "\\1/" destination "${destination}")
  _slipway_add_layer(
    data-${index} data-${index}/ "${destination}"
    STAGE files ${option} ${paths} --destination .
    DEPENDS ${inputs}
    COMMENT "${destination}")
  return(PROPAGATE layer_copies layer_inputs layer_names)
endfunction()

# At the end of the top directory all components are known.
function(_slipway_check_components call components)
  get_cmake_property(known COMPONENTS)
  list(FILTER known EXCLUDE REGEX "^slipway-")
  list(JOIN known ", " listed)
  foreach(component IN LISTS components)
    if(NOT component IN_LIST known)
      _slipway_did_you_mean("${component}" hint ${known})
      _slipway_fail("${call}" "no install() rule has the component '${component}'${hint} (there are: ${listed})")
    endif()
  endforeach()
endfunction()

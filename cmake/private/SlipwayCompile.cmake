# COMPILE_IN: targets that are compiled inside of a toolchain image. As in
# SlipwayImage.cmake, `name`, `call`, `folder` and arg_<KEYWORD> are the caller's.
#
#   context/source/     the project, by `slipway stage sources`
#   context/compile/    ../inside, cache.cmake, and the toolchain's .layer file
#   /slipway/out/       of the compile's layer: a folder a layer of the image
include_guard(GLOBAL)

# The words of the Dockerfile's first stage: value_COMPILE_IN and value_COMPILE.
function(_slipway_compile_words)
  _slipway_docker_quoted("${toolchain_reference}" value_COMPILE_IN)
  _slipway_compile_cache_id(cache)
  string(CONCAT value_COMPILE
                "USER 0\n"
                "RUN --mount=type=bind,source=source,target=/slipway/source \\\n"
                "    --mount=type=bind,source=compile,target=/slipway/compile \\\n"
                "    --mount=type=cache,id=${cache},target=/slipway/build,sharing=locked \\\n"
                "    --mount=type=cache,id=slipway-ccache,target=/slipway/ccache \\\n"
                "    [\"cmake\", \"-P\", \"/slipway/compile/slipway/inside/Compile.cmake\"]\n")
  return(PROPAGATE value_COMPILE_IN value_COMPILE)
endfunction()

# One cache a build tree: two trees have files of one name and other times.
function(_slipway_compile_cache_id out)
  string(SHA256 hash "${CMAKE_BINARY_DIR}")
  string(SUBSTRING "${hash}" 0 12 hash)
  string(REGEX REPLACE "[^A-Za-z0-9_.-]" "_" id "slipway-${name}-${hash}")
  set(${out} "${id}-$<CONFIG>" PARENT_SCOPE)
endfunction()

# How the project is configured inside: an initial cache. Of two entries of one name
# the later one counts.
function(_slipway_write_compile_cache)
  set(inside "/slipway/compile/slipway/inside")
  set(text "# Made by ${call}.\n")
  _slipway_add_cache_entry(CMAKE_BUILD_TYPE "$<CONFIG>")
  _slipway_add_cache_entry(BUILD_TESTING OFF)
  _slipway_project_cache_entries(names)
  # What says how images are made here is no part of a compile, and would run it again.
  list(FILTER names EXCLUDE REGEX "^SLIPWAY_(SBOM|PROVENANCE|GATE|CACHE_FROM|CACHE_TO|REGISTRY_MIRROR)$")
  foreach(entry IN LISTS names)
    get_property(value CACHE "${entry}" PROPERTY VALUE)
    _slipway_add_cache_entry("${entry}" "${value}")
  endforeach()
  foreach(option IN LISTS arg_COMPILE_OPTIONS)
    _slipway_split_pair("${option}" entry value)
    _slipway_add_cache_entry("${entry}" "${value}")
  endforeach()
  _slipway_add_cache_entry(SLIPWAY_COMPILED_IMAGE "${name}")
  _slipway_add_cache_entry(Slipway_DIR "${inside}")
  _slipway_add_cache_entry(FETCHCONTENT_SOURCE_DIR_SLIPWAY "${inside}")
  file(GENERATE OUTPUT "${generated}/cache.cmake" CONTENT "${text}")
endfunction()

# The names of the cache entries that are the project's own words, not what was found
# on this machine.
function(_slipway_project_cache_entries out)
  set(found "")
  get_cmake_property(names CACHE_VARIABLES)
  foreach(entry IN LISTS names)
    get_property(type CACHE "${entry}" PROPERTY TYPE)
    if(type MATCHES "^(BOOL|STRING|UNINITIALIZED)$"
       AND NOT entry MATCHES "^(CMAKE_|FETCHCONTENT_|CPACK_|BUILD_TESTING$|Slipway_)")
      list(APPEND found "${entry}")
    endif()
  endforeach()
  set(${out} ${found} PARENT_SCOPE)
endfunction()

# Append to the caller's `text`; the folders of the project and of Slipway are named
# as they are inside.
function(_slipway_add_cache_entry entry value)
  cmake_path(SET module NORMALIZE "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../..")
  string(REGEX REPLACE "/$" "" module "${module}")
  if(value STREQUAL module OR value STREQUAL "${module}/")
    set(value "${inside}")
  endif()
  string(REPLACE "${CMAKE_SOURCE_DIR}/" "/slipway/source/" value "${value}")
  string(APPEND text "set(${entry} [==[${value}]==] CACHE STRING \"\" FORCE)\n")
  return(PROPAGATE text)
endfunction()

# The last step that the stage `compile` has, and its base's: their .layer files, in
# compile_layer and toolchain_layer.
function(_slipway_find_compile_steps)
  execute_process(
    COMMAND "${tool}" plan --emit json -f "${plan_folder}/skeleton.Dockerfile" --target compile "${folder}/context"
    RESULT_VARIABLE result
    OUTPUT_VARIABLE json
    ERROR_VARIABLE error)
  if(NOT result EQUAL 0)
    _slipway_verbatim("${error}" error)
    _slipway_fail("${call}" "the stage 'compile' cannot be planned\n${error}")
  endif()
  string(JSON count LENGTH "${json}" steps)
  math(EXPR last "${count} - 1")
  string(JSON first_id GET "${json}" steps 0 id)
  string(JSON last_id GET "${json}" steps ${last} id)
  set(toolchain_layer "${folder}/steps/${first_id}.layer")
  set(compile_layer "${folder}/steps/${last_id}.layer")
  return(PROPAGATE compile_layer toolchain_layer)
endfunction()

# A COPY line for what the compile installed of a layer. What is taken apart first comes
# from the context; its edge: _slipway_add_compile_edges().
function(_slipway_list_compiled_layer layer below)
  if(arg_STRIP STREQUAL "split")
    _slipway_list_layer("${layer}" "${layer}/${below}" "/${below}")
    return(PROPAGATE layer_copies layer_inputs layer_names)
  endif()
  set(from "/slipway/out/${layer}/${below}")
  string(APPEND layer_copies "COPY --from=compile ${from} /${below}\n")
  list(APPEND layer_names "${layer}")
  return(PROPAGATE layer_copies layer_names)
endfunction()

# The edges that fill the context's folders, now that the steps have names; the
# stamps of two of them, in source_stamp and compile_stamp.
function(_slipway_add_compile_edges)
  _slipway_find_compile_steps()
  _slipway_write_compile_cache()
  cmake_path(SET module NORMALIZE "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/..")
  set(binary_dir "")
  cmake_path(IS_PREFIX CMAKE_SOURCE_DIR "${CMAKE_BINARY_DIR}" is_inside)
  if(is_inside)
    set(binary_dir --exclude "${CMAKE_BINARY_DIR}")
  endif()
  _slipway_compile_cache_id(cache)
  _slipway_add_staging(
    source
    STAGE sources --directory "${CMAKE_SOURCE_DIR}" ${binary_dir} --cache "${cache}" --read-list slipway-read
    COMMENT "sources")
  set(source_stamp "${stamp}")
  _slipway_add_staging(
    compile
    STAGE files --directory "${module}inside" "${module}private" --destination slipway --files "${generated}/cache.cmake"
          --destination . --files "${toolchain_layer}" --destination toolchain
    DEPENDS "${generated}/cache.cmake" "${toolchain_layer}"
    COMMENT "settings of the compile")
  set(compile_stamp "${stamp}")
  set(compiled_layers ${layer_names})
  list(FILTER compiled_layers INCLUDE REGEX "^(libraries|executables|component-.*)$")
  if("dependencies" IN_LIST layer_names)
    _slipway_add_compiled_dependencies()
  endif()
  if(arg_STRIP STREQUAL "split")
    foreach(layer IN LISTS compiled_layers)
      _slipway_split_compiled("${layer}" to-link "${layer}")
    endforeach()
  endif()
  set_target_properties("${name}" PROPERTIES SLIPWAY_COMPILE_LAYER "${compile_layer}" #
                                             SLIPWAY_COMPILED_LAYERS "${compiled_layers}"
                                             SLIPWAY_TOOLCHAIN_LAYER "${toolchain_layer}")
  return(PROPAGATE source_stamp compile_stamp toolchain_layer)
endfunction()

# The edge that fills the folder of `layer` with a half (to-link, to-debug) of what was
# compiled for layers. The pieces of split DWARF stay in the compile's cache.
function(_slipway_split_compiled layer half)
  list(TRANSFORM ARGN PREPEND /slipway/out/ OUTPUT_VARIABLE folders)
  _slipway_add_staging(
    "${layer}"
    STAGE split ${folders} --of-step "${compile_layer}" --strip ${half} --objcopy "${CMAKE_OBJCOPY}"
    DEPENDS "${compile_layer}"
    COMMENT "${layer}")
endfunction()

# Third-party libraries, out of the toolchain image.
function(_slipway_add_compiled_dependencies)
  _slipway_closure_options(options)
  list(TRANSFORM compiled_layers PREPEND /slipway/out/ OUTPUT_VARIABLE folders)
  _slipway_add_staging(
    dependencies
    STAGE closure ${folders} --of-step "${compile_layer}" ${options} --origins "${folder}/stage/dependencies.origins"
    DEPENDS "${compile_layer}" ${base_step}
    COMMENT "third-party libraries")
endfunction()

# The targets of an image, and what add_container_image() keeps in them for the
# end of the directory. `name`, `call`, `folder` and arg_<KEYWORD>
# are the caller's.
include_guard(GLOBAL)

# Where an image or index is built, a folder a configuration.
function(_slipway_container_folder name out)
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/${name}.container")
  get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(multi_config)
    string(APPEND folder "/$<CONFIG>")
  endif()
  set(${out} "${folder}" PARENT_SCOPE)
endfunction()

# The beginning of an image target: its targets, and what its end needs, which comes
# when the directory ends and all is known of targets and what they link.
function(_slipway_begin_image)
  _slipway_container_folder("${name}" folder)
  _slipway_add_image_targets()
  _slipway_keep_arguments()
  cmake_language(EVAL CODE "cmake_language(DEFER CALL _slipway_finish_image [[${name}]])")
  return(PROPAGATE folder)
endfunction()

function(_slipway_add_image_targets)
  set(layout "${folder}/image")
  set(archive "${folder}/${name}.tar")
  set(all "")
  if(arg_ALL)
    set(all ALL)
  endif()
  set(image_name "")
  if(NOT DEFINED arg_TAGS)
    string(TOLOWER "${name}" repository)
    set(image_name --tag "${repository}")
  endif()
  set(engine docker)
  find_program(docker docker NO_CACHE)
  find_program(podman podman NO_CACHE)
  if(podman AND NOT docker)
    set(engine podman)
  endif()
  set(dockerfile "${folder}/context/Dockerfile")
  set(sources "")
  if(DEFINED arg_DOCKERFILE)
    set(dockerfile "${arg_DOCKERFILE}")
    set(sources SOURCES "${dockerfile}")
  endif()
  _slipway_name_documents()
  add_custom_target("${name}" ${all} DEPENDS "${layout}/index.json" ${sbom_files} ${provenance_file} ${sources})

  add_custom_command(
    OUTPUT "${archive}"
    COMMAND Slipway::slipway save --output "${archive}" ${image_name} "oci:${layout}"
    DEPENDS Slipway::slipway "${layout}/index.json"
    COMMENT "Archiving image ${name}"
    VERBATIM)
  add_custom_target("${name}_archive" DEPENDS "${archive}")
  add_custom_target(
    "${name}_load"
    COMMAND Slipway::slipway load --into ${engine} ${image_name} "oci:${layout}"
    COMMENT "Loading image ${name}"
    VERBATIM USES_TERMINAL)
  add_custom_target(
    "${name}_run"
    COMMAND Slipway::slipway run --rm -i "oci:${layout}"
    COMMENT "Running image ${name}"
    VERBATIM USES_TERMINAL)
  add_custom_target(
    "${name}_push"
    COMMAND Slipway::slipway push --metadata-file "${folder}/push.json" ${attach} "oci:${layout}"
    COMMENT "Pushing image ${name}"
    VERBATIM USES_TERMINAL)
  set(warnings "")
  if(DEFINED arg_VERIFY_WARNINGS AND NOT arg_VERIFY_WARNINGS)
    set(warnings --no-warnings)
  endif()
  add_custom_target(
    "${name}_verify"
    COMMAND Slipway::slipway verify ${warnings} "oci:${layout}"
    COMMENT "Verifying image ${name}"
    VERBATIM USES_TERMINAL)
  # Its words are known when the directory ends.
  set(words "$<TARGET_GENEX_EVAL:${name},$<TARGET_PROPERTY:${name},SLIPWAY_GATE_WORDS>>")
  add_custom_target(
    "${name}_gate"
    COMMAND Slipway::slipway gate --step "${folder}/steps/image.step" "${words}" "oci:${layout}"
    COMMENT "Judging image ${name}"
    COMMAND_EXPAND_LISTS VERBATIM USES_TERMINAL)
  foreach(action load push run verify gate archive)
    add_dependencies("${name}_${action}" "${name}")
    set_target_properties("${name}_${action}" PROPERTIES FOLDER containers)
  endforeach()

  set_target_properties(
    "${name}"
    PROPERTIES FOLDER containers
               CONTAINER_IMAGE_LAYOUT "${layout}"
               CONTAINER_IMAGE_DIGEST_FILE "${folder}/image.digest"
               CONTAINER_IMAGE_PUSH_FILE "${folder}/push.json"
               SLIPWAY_ATTACH "${attach}"
               CONTAINER_SBOM_FILES "${sbom_files}"
               CONTAINER_PROVENANCE_FILE "${provenance_file}"
               CONTAINER_DOCKERFILE "${dockerfile}")
endfunction()

# SLIPWAY_<KEYWORD> for what the call gave, and the rest that its end needs.
function(_slipway_keep_arguments)
  set(keywords GROUPS TARGETS COMPONENTS FROM COMPILE_IN COMPILE_OPTIONS RUNTIME_DEPENDENCIES TEMPLATE ENTRYPOINT CMD ENV
               LABELS ANNOTATIONS EXPOSE VOLUME USER WORKDIR STOPSIGNAL HEALTHCHECK TAGS PLATFORM COMPRESSION FORMAT
               VERIFY VERIFY_WARNINGS GATE DOCUMENTS STRIP DEBUG_VARIANT DEBUG_OF LAYERS PLUGINS DLOPEN RUNTIME_DATA LIBRARIES
               USERS USER_GROUPS DOCKERFILE CONTEXT TARGET_STAGE BUILD_ARGS BUILD_CONTEXTS)
  foreach(index RANGE ${arg_GROUPS})
    list(APPEND keywords GROUP_${index}_KIND GROUP_${index}_ITEMS GROUP_${index}_DESTINATION)
  endforeach()
  foreach(keyword IN LISTS keywords)
    if(DEFINED arg_${keyword})
      set_property(TARGET "${name}" PROPERTY SLIPWAY_${keyword} "${arg_${keyword}}")
    endif()
  endforeach()
  _slipway_find_call(origin)
  set_property(TARGET "${name}" PROPERTY SLIPWAY_KEYWORDS "${keywords}")
  set_property(TARGET "${name}" PROPERTY SLIPWAY_CALL "${call}")
  set_property(TARGET "${name}" PROPERTY SLIPWAY_ORIGIN "${origin}")
  set_property(TARGET "${name}" PROPERTY SLIPWAY_FOLDER "${folder}")
endfunction()

# <file>:<line> of the call. CMake tells a function only the file, so the line is
# looked for; where the name is made up (a loop, a function around the call) it is
# the first call in the file, or the first line.
function(_slipway_find_call out)
  file(READ "${CMAKE_CURRENT_LIST_FILE}" text)
  set(line 1)
  string(REGEX REPLACE "([][+.*()^$?|\\\\])" "\\\\\\1" pattern "${name}")
  foreach(pattern "add_container_image[ \t]*\\([ \t\r\n]*\"?${pattern}[\" \t\r\n)]" "add_container_image[ \t]*\\(")
    string(REGEX MATCH "${pattern}" match "${text}")
    if(match)
      string(FIND "${text}" "${match}" position)
      string(SUBSTRING "${text}" 0 ${position} before)
      string(REGEX REPLACE "[^\n]" "" before "${before}")
      string(LENGTH "${before}" line)
      math(EXPR line "${line} + 1")
      break()
    endif()
  endforeach()
  set(${out} "${CMAKE_CURRENT_LIST_FILE}:${line}" PARENT_SCOPE)
endfunction()

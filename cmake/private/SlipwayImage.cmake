# What becomes of a call at the end of its directory: its layers, its Dockerfile.
#
# The functions here share the scope of _slipway_finish_image(): `name` is the
# target, `call` its call for messages, arg_<KEYWORD> what the call gave. What is
# built lies in `folder`, what CMake writes in `plan_folder`, and where it differs
# by configuration, in `generated`.
include_guard(GLOBAL)

function(_slipway_finish_image name)
  _slipway_forget_arguments()
  get_target_property(call "${name}" SLIPWAY_CALL)
  get_target_property(folder "${name}" SLIPWAY_FOLDER)
  get_target_property(keywords "${name}" SLIPWAY_KEYWORDS)
  set(plan_folder "${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${name}.container")
  string(REPLACE "${CMAKE_CURRENT_BINARY_DIR}/" "${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/" generated "${folder}")
  foreach(keyword IN LISTS keywords)
    # Leaves it undefined where the call did not give it, whatever it is outside.
    get_property(arg_${keyword} TARGET "${name}" PROPERTY SLIPWAY_${keyword})
  endforeach()

  _slipway_tool(tool)
  if(DEFINED arg_DOCKERFILE)
    _slipway_finish_dockerfile_image()
    return()
  endif()
  _slipway_sort_targets("${call}" "${arg_TARGETS}" programs libraries)
  set(roots ${programs} ${libraries})
  if(NOT DEFINED arg_FROM)
    _slipway_choose_base()
  endif()
  _slipway_read_image("${call}" FROM "${arg_FROM}" base)
  if(DEFINED arg_COMPILE_IN)
    _slipway_read_image("${call}" COMPILE_IN "${arg_COMPILE_IN}" toolchain)
  endif()
  _slipway_set_defaults()
  _slipway_choose_template()
  _slipway_add_layers()
  _slipway_config_lines(value_CONFIG)
  _slipway_write_dockerfile()
  _slipway_write_targets()
  if(DEFINED arg_COMPILE_IN)
    _slipway_add_compile_edges()
  endif()
  _slipway_add_edges()
  if(DEFINED arg_DEBUG_OF)
    get_property(toolchain_layer TARGET "${arg_DEBUG_OF}" PROPERTY SLIPWAY_TOOLCHAIN_LAYER)
  endif()
  _slipway_add_document_edges("${roots}")
endfunction()

# What the call leaves out and what follows from the targets and the base.
function(_slipway_set_defaults)
  if(NOT DEFINED arg_ENTRYPOINT)
    list(LENGTH programs count)
    if(count EQUAL 1)
      set(arg_ENTRYPOINT "/usr/bin/$<TARGET_FILE_NAME:${programs}>")
    endif()
  endif()
  if(NOT DEFINED arg_USER)
    _slipway_default_user("${call}" "${tool}" arg_USER)
  endif()
  return(PROPAGATE arg_ENTRYPOINT arg_USER)
endfunction()

# The template, and `base_step`: what the base's edge leaves.
function(_slipway_choose_template)
  if(DEFINED arg_TEMPLATE)
    set(template "${arg_TEMPLATE}")
  else()
    set(shape base)
    if(DEFINED arg_COMPILE_IN)
      set(shape compile)
    elseif(base_kind STREQUAL "scratch")
      set(shape scratch)
    endif()
    cmake_path(SET template NORMALIZE "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../../templates/${shape}/Dockerfile.in")
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${template}")

  set(base_step "")
  if(NOT base_kind STREQUAL "scratch")
    # The last stage is the image; steps are numbered by stage.
    file(STRINGS "${template}" stages REGEX "^[ \t]*[Ff][Rr][Oo][Mm][ \t]")
    list(LENGTH stages stage)
    math(EXPR stage "${stage} - 1")
    set(base_step "${folder}/steps/${stage}-base.layer")
  endif()
  return(PROPAGATE template base_step)
endfunction()

# The layers of contents, of debug information or of a base: arg_LAYERS says which.
function(_slipway_add_layers)
  set(layer_copies "")
  set(layer_inputs "")
  set(layer_names "")
  set(targets ${libraries} ${programs})
  if(NOT DEFINED arg_LAYERS)
    set(arg_LAYERS contents)
  endif()
  cmake_language(CALL _slipway_add_${arg_LAYERS}_layers)
  return(PROPAGATE layer_copies layer_inputs layer_names)
endfunction()

# By rate of change, the slowest first: a layer that changes moves none below it.
function(_slipway_add_contents_layers)
  _slipway_add_runtime_data_layer()
  _slipway_add_dependencies_layer("${targets}")
  if(NOT DEFINED arg_COMPONENTS)
    _slipway_add_installed_layer(libraries lib "${libraries}")
  endif()
  _slipway_add_data_layers()
  foreach(component IN LISTS arg_COMPONENTS)
    _slipway_add_component_layer("${component}" "${targets}")
  endforeach()
  if(NOT DEFINED arg_COMPONENTS)
    _slipway_add_installed_layer(executables bin "${programs}")
  endif()
  return(PROPAGATE layer_copies layer_inputs layer_names)
endfunction()

# The instructions that say how the image runs. WORKDIR makes a layer, so it
# stands before all that a generator expression may leave out.
function(_slipway_config_lines out)
  _slipway_instruction_lines(WORKDIR word "${arg_WORKDIR}" workdir)
  _slipway_instruction_lines(LABEL pair "${arg_LABELS}" labels)
  _slipway_instruction_lines(ENV pair "${arg_ENV}" env)
  _slipway_instruction_lines(EXPOSE word "${arg_EXPOSE}" expose)
  _slipway_instruction_lines(VOLUME paths "${arg_VOLUME}" volume)
  _slipway_instruction_lines(USER word "${arg_USER}" user)
  _slipway_instruction_lines(STOPSIGNAL word "${arg_STOPSIGNAL}" stopsignal)
  _slipway_healthcheck_line("${arg_HEALTHCHECK}" healthcheck)
  _slipway_exec_line(ENTRYPOINT "${arg_ENTRYPOINT}" entrypoint)
  _slipway_exec_line(CMD "${arg_CMD}" cmd)
  string(CONCAT text "${workdir}" "${labels}" "${env}" "${expose}" "${volume}" "${user}" "${stopsignal}"
                "${healthcheck}" "${entrypoint}" "${cmd}")
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# The Dockerfile, and its skeleton: the instructions that make layers, without
# generator expressions, which is all that the edges depend on.
function(_slipway_write_dockerfile)
  get_target_property(origin "${name}" SLIPWAY_ORIGIN)
  set(base_argument "")
  set(compile_placeholders "")
  set(compile_words "")
  if(DEFINED arg_COMPILE_IN)
    set(base_argument " --build-arg TOOLCHAIN=<reference>")
    set(compile_placeholders COMPILE)
    set(compile_words COMPILE_IN)
    _slipway_compile_words()
  endif()
  if(NOT base_kind STREQUAL "scratch")
    string(APPEND base_argument " --build-arg BASE=<reference>")
  endif()
  string(CONCAT value_HEADER
                "# Made by ${call} at ${origin}: change that call, not this file.\n"
                "# Once the target has filled the folders, the same image without Slipway, from here:\n"
                "#   buildah bud -t ${name} .\n"
                "#   docker build -t ${name}${base_argument} .\n")
  _slipway_docker_quoted("${base_reference}" value_BASE)
  set(value_LAYERS "${layer_copies}")
  set(placeholders BLOCKS HEADER LAYERS CONFIG ${compile_placeholders} WORDS BASE ${compile_words} OPTIONAL HEADER)
  _slipway_fill_template("${template}" text ${placeholders})

  # The edges' input is a copy. What CMake generates, only CMake makes again, so
  # that lies among its own files, and the image's folder may be thrown away.
  file(GENERATE OUTPUT "${generated}/Dockerfile" CONTENT "${text}")
  add_custom_command(
    OUTPUT "${folder}/context/Dockerfile"
    COMMAND "${CMAKE_COMMAND}" -E copy "${generated}/Dockerfile" "${folder}/context/Dockerfile"
    DEPENDS "${generated}/Dockerfile"
    COMMENT "Writing the Dockerfile of image ${name}"
    VERBATIM)

  if(text MATCHES "\\$<")
    string(REGEX REPLACE "(COPY [^\n]*[[]\"[^\"\n]*\"), \"[^\n]*\\$<[^\n]*" "\\1, \"/\"]" value_LAYERS "${layer_copies}")
    string(REGEX REPLACE "(COPY [^\n[]* )[^\n [\"]*\\$<[^\n]*" "\\1/" value_LAYERS "${value_LAYERS}")
    string(REPLACE "$<CONFIG>" "genex" value_COMPILE "${value_COMPILE}")
    string(REGEX REPLACE "\\$<.*" "genex" workdir "${arg_WORKDIR}")
    _slipway_instruction_lines(WORKDIR word "${workdir}" value_CONFIG)
    _slipway_fill_template("${template}" text ${placeholders})
  endif()
  file(WRITE "${plan_folder}/skeleton.Dockerfile" "${text}")
endfunction()

# For `slipway why`: each target's name, file and sources, apart by tabs.
function(_slipway_write_targets)
  set(text "")
  foreach(target ${programs} ${libraries})
    get_target_property(directory "${target}" SOURCE_DIR)
    get_target_property(items "${target}" SOURCES)
    set(sources "")
    foreach(source IN LISTS items)
      if(source AND NOT source MATCHES "\\$<")
        cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY "${directory}" NORMALIZE)
        list(APPEND sources "${source}")
      endif()
    endforeach()
    string(APPEND text "${target}\t$<TARGET_FILE:${target}>\t${sources}\n")
  endforeach()
  file(GENERATE OUTPUT "${generated}/targets.txt" CONTENT "${text}")
endfunction()

function(_slipway_add_edges)
  get_target_property(origin "${name}" SLIPWAY_ORIGIN)
  if(NOT base_file STREQUAL "")
    list(APPEND layer_inputs --input "${base_reference}=${base_file}")
  endif()
  if(DEFINED arg_COMPILE_IN)
    list(APPEND layer_inputs --input "source=${source_stamp}" --input "compile=${compile_stamp}")
  endif()
  if(DEFINED arg_COMPILE_IN AND NOT toolchain_file STREQUAL "")
    list(APPEND layer_inputs --input "${toolchain_reference}=${toolchain_file}")
  endif()
  set(also "")
  if(DEFINED arg_COMPILE_IN)
    set(also --also compile)  # where no COPY names it, edges that fill the context do
  endif()
  _slipway_lock_image(-f "${plan_folder}/skeleton.Dockerfile" ${also} "${folder}/context")
  list(APPEND layer_inputs ${lock_options} ${also})
  _slipway_plan_edges(-f "${plan_folder}/skeleton.Dockerfile" --as "${folder}/context/Dockerfile" --origin "${origin}"
                      ${layer_inputs} "${folder}/context")
endfunction()

# Let the tool write the custom commands of the steps and of the image, by the
# words of `slipway plan` that say what is built.
function(_slipway_plan_edges)
  cmake_parse_arguments(PARSE_ARGV 0 plan "" "" "")  # keeps a `;` inside of a word
  set(edges "${plan_folder}/edges.cmake")
  set(options --name "${name}" --platform "${arg_PLATFORM}" --format "${arg_FORMAT}")
  if(DEFINED arg_COMPRESSION)
    list(APPEND options --compression "${arg_COMPRESSION}")
  endif()
  _slipway_add_check_options()
  foreach(tag IN LISTS arg_TAGS)
    list(APPEND options "--tag=${tag}")
  endforeach()
  foreach(annotation IN LISTS arg_ANNOTATIONS)
    string(REPLACE ";" "\\;" annotation "${annotation}")
    list(APPEND options "--annotation=${annotation}")
  endforeach()
  if(SLIPWAY_REGISTRY_MIRROR)
    list(APPEND options "--registry-mirror=${SLIPWAY_REGISTRY_MIRROR}")
  endif()
  foreach(place IN LISTS SLIPWAY_CACHE_FROM)
    list(APPEND options "--cache-from=${place}")
  endforeach()
  foreach(place IN LISTS SLIPWAY_CACHE_TO)
    list(APPEND options "--cache-to=${place}")
  endforeach()
  file(MAKE_DIRECTORY "${plan_folder}")
  execute_process(
    COMMAND "${tool}" plan --emit cmake --dir "${folder}/steps" --layout "${folder}/image" --digest-file
            "${folder}/image.digest" -o "${edges}" ${options} ${plan_UNPARSED_ARGUMENTS}
    RESULT_VARIABLE result
    ERROR_VARIABLE error)
  if(NOT result EQUAL 0)
    _slipway_verbatim("${error}" error)
    _slipway_fail("${call}" "the image cannot be planned\n${error}")
  endif()
  include("${edges}")

  set_property(TARGET "${name}" APPEND PROPERTY ADDITIONAL_CLEAN_FILES "${folder}")
endfunction()

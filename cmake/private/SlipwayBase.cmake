# What FROM names: scratch, an OCI layout or a `.tar` of one, another image target,
# an image of a registry.
include_guard(GLOBAL)

# Ninja knows files of other directories; make needs an order of targets, and without it
# runs an edge twice where two of them need it.
function(_slipway_build_before target needed)
  if(CMAKE_GENERATOR MATCHES "Makefiles" AND TARGET "${target}" AND NOT target STREQUAL needed)
    add_dependencies("${target}" "${needed}")
  endif()
endfunction()

# Read the value of a keyword that names an image. Sets in the caller's scope
#   <prefix>_kind       scratch, layout, image or registry
#   <prefix>_reference  what the Dockerfile says: "scratch", "oci:<dir>[:<tag>]", "oci-archive:<file>[:<tag>]",
#                       "<registry's reference>"
#   <prefix>_file       the file that changes with the image; empty for scratch and registries
function(_slipway_read_image call keyword from prefix)
  set(base_file "")
  if(from STREQUAL "scratch")
    set(base_kind scratch)
    set(base_reference scratch)
  elseif(from MATCHES "^oci(-archive)?:(.+)$")
    set(base_kind layout)
    _slipway_find_layout("${call}" "${keyword} '${from}'" "${CMAKE_MATCH_2}" base_reference base_file)
  elseif(TARGET "${from}")
    set(base_kind image)
    _slipway_layout_of_target("${call}" ${keyword} "${from}" layout)
    set(base_reference "oci:${layout}")
    set(base_file "${layout}/index.json")
    _slipway_build_before("${name}" "${from}")
  elseif(from MATCHES "^(docker://)?[][A-Za-z0-9._:/@-]+$" AND from MATCHES "[/:@]")
    set(base_kind registry)
    set(base_reference "${from}")
  else()
    # A bare word is more likely a target's misspelt name than an image of Docker's registry.
    _slipway_fail("${call}" "${keyword} '${from}': bases are 'scratch', 'oci:<dir>[:<tag>]', an image target or an image \
of a registry with its tag, as 'debian:12'")
  endif()
  foreach(part kind reference file)
    set(${prefix}_${part} "${base_${part}}" PARENT_SCOPE)
  endforeach()
endfunction()

function(_slipway_layout_of_target call keyword target out)
  get_target_property(layout "${target}" CONTAINER_IMAGE_LAYOUT)
  if(NOT layout)
    _slipway_fail("${call}" "${keyword} names target '${target}', which is no container image")
  endif()
  set(${out} "${layout}" PARENT_SCOPE)
endfunction()

# `path` is <dir or tar>[:<tag>], relative to the source directory; `words` is how
# messages name it.
function(_slipway_find_layout call words path reference file)
  set(tag "")
  cmake_path(ABSOLUTE_PATH path BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
  if(NOT EXISTS "${path}" AND path MATCHES "^(.+)(:[^:/]+)$")
    set(path "${CMAKE_MATCH_1}")
    set(tag "${CMAKE_MATCH_2}")
  endif()
  string(REGEX REPLACE "(.)/$" "\\1" path "${path}")
  if(path MATCHES ":")
    _slipway_fail("${call}" "${words}: the path of a layout cannot hold a colon")
  elseif(NOT EXISTS "${path}")
    _slipway_fail("${call}" "${words}: there is no '${path}'")
  elseif(NOT IS_DIRECTORY "${path}")
    set(${reference} "oci-archive:${path}${tag}" PARENT_SCOPE)
    set(${file} "${path}" PARENT_SCOPE)
  elseif(NOT EXISTS "${path}/index.json")
    _slipway_fail("${call}" "${words}: '${path}' is no OCI layout, it has no index.json")
  else()
    set(${reference} "oci:${path}${tag}" PARENT_SCOPE)
    set(${file} "${path}/index.json" PARENT_SCOPE)
  endif()
endfunction()

# The user of an image that says none: not root. A number, because there need not
# be an /etc/passwd, and one that other images without a distribution use too.
# What a base of a registry says is known when the image is built, too late: for
# such an image it is always this one.
function(_slipway_default_user call tool out)
  set(${out} "" PARENT_SCOPE)
  if(base_kind STREQUAL "image")
    get_target_property(dockerfile "${arg_FROM}" SLIPWAY_DOCKERFILE)
    if(NOT dockerfile)
      return()  # its own default has seen to it
    endif()
    file(STRINGS "${dockerfile}" users REGEX "^[ \t]*[Uu][Ss][Ee][Rr][ \t]")
    if(users)
      return()
    endif()
  elseif(base_kind STREQUAL "layout")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${base_file}")
    set(platform "")
    if(DEFINED arg_PLATFORM)
      set(platform --platform "${arg_PLATFORM}")
    endif()
    execute_process(COMMAND "${tool}" inspect ${platform} "${base_reference}" RESULT_VARIABLE result
                    OUTPUT_VARIABLE json ERROR_VARIABLE error)
    if(NOT result EQUAL 0)
      _slipway_verbatim("${error}" error)
      _slipway_fail("${call}" "the base cannot be read\n${error}")
    endif()
    string(JSON user ERROR_VARIABLE no_user GET "${json}" 0 Config User)
    if(NOT no_user AND NOT user STREQUAL "")
      return()
    endif()
  endif()
  set(${out} "65532:65532" PARENT_SCOPE)
endfunction()

# The documents about an image: what is in it (SBOM), and how it was made (PROVENANCE).
# As in SlipwayImage.cmake, `name`, `call`, `folder` and arg_<KEYWORD> are the caller's.
include_guard(GLOBAL)

# What the call or SLIPWAY_SBOM and SLIPWAY_PROVENANCE ask for: a list of kinds, as
# arg_DOCUMENTS in the caller's scope.
function(_slipway_choose_documents)
  set(arg_DOCUMENTS "")
  _slipway_document_switch(SBOM "${arg_SBOM}" "on|off|spdx|cyclonedx" "on, off, spdx or cyclonedx" sbom)
  if(sbom STREQUAL "on")
    list(APPEND arg_DOCUMENTS spdx cyclonedx)
  elseif(NOT sbom STREQUAL "off")
    list(APPEND arg_DOCUMENTS ${sbom})
  endif()
  _slipway_document_switch(PROVENANCE "${arg_PROVENANCE}" "on|off" "on or off" provenance)
  if(provenance STREQUAL "on")
    list(APPEND arg_DOCUMENTS provenance)
  endif()
  return(PROPAGATE arg_DOCUMENTS)
endfunction()

function(_slipway_document_switch keyword value pattern expected out)
  if(NOT DEFINED arg_${keyword})
    set(value "${SLIPWAY_${keyword}}")
  endif()
  string(TOLOWER "${value}" value)
  if(value STREQUAL "" OR value STREQUAL "0" OR value STREQUAL "false")
    set(value off)
  elseif(value STREQUAL "1" OR value STREQUAL "true")
    set(value on)
  elseif(NOT value MATCHES "^(${pattern})$")
    _slipway_fail("${call}" "${keyword} '${value}' is not ${expected}")
  endif()
  set(${out} ${value} PARENT_SCOPE)
endfunction()

function(_slipway_document_file document out)
  set(ending_spdx spdx.json)
  set(ending_cyclonedx cdx.json)
  set(ending_provenance provenance.json)
  set(${out} "${folder}/${name}.${ending_${document}}" PARENT_SCOPE)
endfunction()

# Sets in the caller's scope `sbom_files`, `provenance_file`, and `attach`: words for
# `slipway push` that attach them to the image.
function(_slipway_name_documents)
  set(type_spdx application/spdx+json)
  set(type_cyclonedx application/vnd.cyclonedx+json)
  set(type_provenance application/vnd.in-toto+json)
  set(sbom_files "")
  set(provenance_file "")
  set(attach "")
  foreach(document IN LISTS arg_DOCUMENTS)
    _slipway_document_file(${document} file)
    list(APPEND attach --attach "${file}:${type_${document}}")
    if(document STREQUAL "provenance")
      set(provenance_file "${file}")
    else()
      list(APPEND sbom_files "${file}")
    endif()
  endforeach()
  return(PROPAGATE sbom_files provenance_file attach)
endfunction()

# The edges that write the documents, each after the image. `roots` are the targets of
# this build that are in it.
function(_slipway_add_document_edges roots)
  if(NOT arg_DOCUMENTS)
    return()
  endif()
  set(facts "${generated}/facts.txt")
  _slipway_write_facts("${facts}" "${roots}")
  set(image_name "${name}")
  if(arg_TAGS)
    list(GET arg_TAGS 0 image_name)
  endif()
  set(words "--name=${image_name}" --step "${folder}/steps/image.step" --platform "${arg_PLATFORM}" --facts "${facts}")
  foreach(document IN LISTS arg_DOCUMENTS)
    _slipway_document_file(${document} file)
    set(command sbom --format ${document})
    if(document STREQUAL "provenance")
      set(command provenance)
    endif()
    add_custom_command(
      OUTPUT "${file}"
      COMMAND Slipway::slipway ${command} ${words} --depfile "${file}.d" --output "${file}" "oci:${folder}/image"
      DEPENDS Slipway::slipway "${folder}/image/index.json" "${facts}"
      DEPFILE "${file}.d"
      COMMENT "Writing ${document} of image ${name}"
      VERBATIM)
  endforeach()
endfunction()

# The targets of this build in an image of a Dockerfile: those that are its contexts.
function(_slipway_targets_of_contexts out)
  set(roots "")
  foreach(context IN LISTS arg_BUILD_CONTEXTS)
    _slipway_split_pair("${context}" _ source)
    if(TARGET "${source}")
      get_target_property(layout "${source}" CONTAINER_IMAGE_LAYOUT)
      if(NOT layout)
        _slipway_resolve_alias("${source}" source)
        list(APPEND roots "${source}")
      endif()
    endif()
  endforeach()
  set(${out} "${roots}" PARENT_SCOPE)
endfunction()

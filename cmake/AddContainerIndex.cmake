include_guard(GLOBAL)

#[=======================================================================[.rst:
.. command:: add_container_index

  Join images of several platforms, each from a build of its own with its own
  toolchain, into one index:

  .. code-block:: cmake

    add_container_index(<name> IMAGES <image target|oci:<dir>>... [TAGS <reference>...] [ALL])

  ``IMAGES <image>...``
    Image targets of this build, and OCI layouts that other builds leave; relative
    to the current binary directory. Each is for another platform.

  ``TAGS <reference>...``
    Names of the index.

  ``ALL``
    Builds it by default.

  It adds the targets ``<name>``, the index in an OCI layout, and ``<name>_push``,
  which pushes it with its images under its ``TAGS``, and beside each image its ``SBOM`` and
  ``PROVENANCE``; and the properties
  ``CONTAINER_IMAGE_LAYOUT`` and ``CONTAINER_IMAGE_DIGEST_FILE`` of ``<name>``, as
  images have them.
#]=======================================================================]
function(add_container_index name)
  set(call "add_container_index(${name})")
  cmake_parse_arguments(PARSE_ARGV 1 words "" "" "")
  _slipway_parse("${call}" arg "${words_UNPARSED_ARGUMENTS}" OPTIONS ALL MANY_VALUES IMAGES TAGS)
  if(NOT arg_IMAGES)
    _slipway_fail("${call}" "IMAGES is missing; name image targets, or layouts as 'oci:<dir>'")
  elseif(TARGET "${name}")
    _slipway_fail("${call}" "there is a target of that name already")
  endif()
  set(all "")
  if(arg_ALL)
    set(all ALL)
  endif()

  set(images "")
  set(files "")
  set(targets "")
  set(attach "")
  foreach(image IN LISTS arg_IMAGES)
    if(TARGET "${image}")
      _slipway_layout_of_target("${call}" IMAGES "${image}" layout)
      list(APPEND targets "${image}")
      get_target_property(files_of_image "${image}" SLIPWAY_ATTACH)
      get_target_property(digest_file "${image}" CONTAINER_IMAGE_DIGEST_FILE)
      list(FILTER files_of_image EXCLUDE REGEX "^--attach$|-NOTFOUND$")
      list(TRANSFORM files_of_image APPEND "@${digest_file}")
      list(TRANSFORM files_of_image PREPEND "--attach=")
      list(APPEND attach ${files_of_image})
    elseif(image MATCHES "^oci:(.+)$")
      cmake_path(ABSOLUTE_PATH CMAKE_MATCH_1 BASE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}" NORMALIZE
                 OUTPUT_VARIABLE layout)
    else()
      _slipway_fail("${call}" "IMAGES '${image}' is neither an image target nor 'oci:<dir>'")
    endif()
    list(APPEND images "oci:${layout}")
    list(APPEND files "${layout}/index.json")
  endforeach()

  _slipway_container_folder("${name}" folder)
  set(options "")
  foreach(tag IN LISTS arg_TAGS)
    list(APPEND options "--tag=${tag}")
  endforeach()
  add_custom_command(
    OUTPUT "${folder}/image/index.json"
    COMMAND Slipway::slipway index --layout "${folder}/image" --digest-file "${folder}/image.digest" ${options} ${images}
    DEPENDS Slipway::slipway ${files} ${targets}
    COMMENT "Joining the images of ${name}"
    VERBATIM)
  add_custom_target("${name}" ${all} DEPENDS "${folder}/image/index.json")
  add_custom_target(
    "${name}_push"
    COMMAND Slipway::slipway push --all-platforms ${attach} "oci:${folder}/image"
    COMMENT "Pushing index ${name}"
    VERBATIM USES_TERMINAL)
  add_dependencies("${name}_push" "${name}")
  set_target_properties("${name}" "${name}_push" PROPERTIES FOLDER containers)
  set_target_properties("${name}" PROPERTIES CONTAINER_IMAGE_LAYOUT "${folder}/image" CONTAINER_IMAGE_DIGEST_FILE
                                                                                      "${folder}/image.digest")
endfunction()

include_guard(GLOBAL)

#[=======================================================================[.rst:
.. command:: add_container_index

  Join images of several platforms, each from a build of its own with its own
  toolchain, into one index:

  .. code-block:: cmake

    add_container_index(<name> IMAGES <image target|oci:<dir>>... [TAGS <reference>...] [ALL])

    add_container_index(<name> IMAGE <image target>
      PLATFORMS <os>/<architecture>[/<variant>][=<toolchain file>]...
      [TAGS <reference>...] [ALL])

  ``IMAGES <image>...``
    Image targets of this build, and OCI layouts that other builds leave; relative
    to the current binary directory. Each is for another platform.

  ``IMAGE <image target>``
    One image of this project, for each of ``PLATFORMS``.

  ``PLATFORMS <platform>[=<toolchain file>]...``
    For a platform with a toolchain file (relative to the current source directory)
    the project is configured and built once more, in a build tree below
    ``<name>.container``, with the generator, the build type and the project's own
    cache entries of type ``BOOL`` and ``STRING`` as here; nothing is emulated. The
    platform of this build itself takes no file, and its image as it is.

    .. code-block:: cmake

      add_container_index(server IMAGE server_image
        PLATFORMS linux/amd64 linux/arm64=cmake/aarch64.cmake)

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
  _slipway_parse("${call}" arg "${words_UNPARSED_ARGUMENTS}" OPTIONS ALL ONE_VALUE IMAGE MANY_VALUES IMAGES PLATFORMS
                 TAGS)
  if(NOT arg_IMAGES AND NOT arg_IMAGE)
    _slipway_fail("${call}" "IMAGES is missing; name image targets, or layouts as 'oci:<dir>'")
  elseif(arg_IMAGES AND arg_IMAGE)
    _slipway_fail("${call}" "IMAGE and IMAGES do not go together")
  elseif((arg_IMAGE AND NOT arg_PLATFORMS) OR (arg_PLATFORMS AND NOT arg_IMAGE))
    _slipway_fail("${call}" "IMAGE and PLATFORMS go together: one image, for several platforms")
  elseif(arg_IMAGE AND NOT TARGET "${arg_IMAGE}")
    _slipway_fail("${call}" "IMAGE '${arg_IMAGE}' is no image target")
  elseif(TARGET "${name}")
    _slipway_fail("${call}" "there is a target of that name already")
  endif()
  set(all "")
  if(arg_ALL)
    set(all ALL)
  endif()

  _slipway_container_folder("${name}" folder)
  if(arg_PLATFORMS AND SLIPWAY_IS_PLATFORM_BUILD)
    add_custom_target("${name}")
    add_custom_target("${name}_push")
    return()
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

  foreach(platform IN LISTS arg_PLATFORMS)
    _slipway_add_platform("${platform}")
  endforeach()

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

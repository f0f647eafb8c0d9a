include_guard(GLOBAL)

#[=======================================================================[.rst:
.. command:: container_lock

  Build on the very bases that a lock file names:

  .. code-block:: cmake

    container_lock([FILE <file>])

  ``FILE <file>``
    The lock file, relative to the current source directory. Default:
    ``container.lock``. One that does not exist is made, empty.

  For images whose calls' directories end later: call it at the top. From then on
  each reference of a registry, after ``FROM`` and in Dockerfiles, is what the file
  says, by digest; one that it does not have is an error of the build. A build that
  has its bases in the store asks no registry. Keep the file with the sources.

  It adds the target

  ``container_lock_update``
    Asks the registries what the references mean now, writes that down, and prints
    what changed.
#]=======================================================================]
function(container_lock)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "FILE" "")
  if(arg_UNPARSED_ARGUMENTS OR arg_KEYWORDS_MISSING_VALUES)
    _slipway_fail("container_lock()" "expected [FILE <file>], not '${ARGN}'")
  endif()
  if(TARGET container_lock_update)
    _slipway_fail("container_lock()" "the project has a lock file already")
  endif()
  if(NOT DEFINED arg_FILE)
    set(arg_FILE container.lock)
  endif()
  cmake_path(ABSOLUTE_PATH arg_FILE BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
  if(NOT EXISTS "${arg_FILE}")
    file(WRITE "${arg_FILE}" "{\n  \"version\": 1,\n  \"references\": {}\n}\n")
  endif()
  add_custom_target(container_lock_update)
  set_target_properties(container_lock_update PROPERTIES FOLDER containers SLIPWAY_LOCK_FILE "${arg_FILE}")
endfunction()

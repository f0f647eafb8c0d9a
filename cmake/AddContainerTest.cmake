include_guard(GLOBAL)

#[=======================================================================[.rst:
.. command:: add_container_test

  Run a test inside of an image:

  .. code-block:: cmake

    add_container_test(<name> IMAGE <image target>
      [COMMAND <executable target|word> <word>... | ARGS <word>...]
      [ENV <key>=<value>...] [USER <user>[:<group>]] [WORKDIR <dir>])

  It adds the CTest test ``<name>``, and ``<image target>.build``, which builds the
  image before. Where no sandbox can be had the test is skipped, and says why.

  ``IMAGE <image target>``
    An image of ``add_container_image()``.

  ``COMMAND <executable target|word> <word>...``
    What is run instead of the image's own entrypoint and command. A program of
    this build need not be in the image: the project's source and build
    directories are there under their own names, read-only, and the working
    directory is the current binary directory. So unit tests meet the very
    libraries that the image has.

  ``ARGS <word>...``
    Words for the image's entrypoint, instead of its ``CMD``. Without ``COMMAND``
    and ``ARGS`` the image runs as it is.

  ``ENV <key>=<value>...``, ``USER <user>[:<group>]``, ``WORKDIR <dir>``
    Instead of the image's.

  .. code-block:: cmake

    add_container_test(server_starts IMAGE server_image ARGS --version)
    add_container_test(unit_tests_in_image IMAGE server_image COMMAND unit_tests)
    set_tests_properties(server_starts PROPERTIES PASS_REGULAR_EXPRESSION "^1\\.")

  With ``TARGETS`` instead of a name, every ``add_test()`` of an executable target
  runs inside of the image, those that test frameworks discover
  (``DISCOVERY_MODE PRE_TEST``) among them:

  .. code-block:: cmake

    add_container_test(TARGETS <executable target>... IMAGE <image target>
      [ENV <key>=<value>...] [USER <user>[:<group>]] [WORKDIR <dir>])

  It sets ``TEST_LAUNCHER`` of the targets, before CMake 3.29
  ``CROSSCOMPILING_EMULATOR``. The image has to be built before the tests run.
  Where no sandbox can be had they say why and exit with 77: what
  ``SKIP_RETURN_CODE`` of these tests may name.
#]=======================================================================]
function(add_container_test)
  set(name "${ARGV0}")
  if(ARGC EQUAL 0 OR name STREQUAL "" OR name MATCHES "^(IMAGE|COMMAND|ARGS|ENV|USER|WORKDIR)$")
    _slipway_fail("add_container_test()" "a name is missing, or TARGETS")
  endif()
  set(call "add_container_test(${name})")
  _slipway_take_words()
  if(name STREQUAL "TARGETS")
    _slipway_parse("${call}" arg "TARGETS;${words_UNPARSED_ARGUMENTS}" ONE_VALUE IMAGE USER WORKDIR MANY_VALUES TARGETS ENV)
    _slipway_find_tested_image()
    _slipway_launch_in_image()
    return()
  endif()
  _slipway_parse("${call}" arg "${words_UNPARSED_ARGUMENTS}" ONE_VALUE IMAGE USER WORKDIR MANY_VALUES COMMAND ARGS ENV)
  if(DEFINED arg_COMMAND AND DEFINED arg_ARGS)
    _slipway_fail("${call}" "COMMAND replaces the entrypoint that ARGS are for; give one of them")
  endif()
  _slipway_find_tested_image()
  _slipway_add_test_in_image()
endfunction()

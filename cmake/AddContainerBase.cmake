include_guard(GLOBAL)

#[=======================================================================[.rst:
add_container_base
------------------

.. command:: add_container_base

  Build a base for images out of the system at hand (this machine, or
  ``CMAKE_SYSROOT``), with nothing of a distribution but what programs need:

  .. code-block:: cmake

    add_container_base(<name>
      [LIBRARIES <soname>...|NONE]
      [USERS <name>:<uid>[:<gid>[:<home>[:<shell>]]]...]
      [USER_GROUPS <name>:<gid>[:<member>,...]...]
      [RUNTIME_DATA <ca-certificates|tzdata|locale:<name>>...]
      [FILES <file>... DESTINATION <dir>]...
      [DIRECTORY <dir>... DESTINATION <dir>]...
      [ENV <key>=<value>...] [LABELS <key>=<value>...]
      [ANNOTATIONS <key>=<value>...]
      [USER <user>[:<group>]] [WORKDIR <dir>]
      [TAGS <reference>...] [PLATFORM <os>/<architecture>[/<variant>]]
      [COMPRESSION <none|gzip|zstd>[:<level>]] [FORMAT <oci|docker>]
      [ALL])

  It holds the directories that programs write to (``/tmp`` and ``/var/tmp`` for all,
  a home for each user), ``/etc/passwd`` and ``/etc/group`` with ``root``, ``nonroot``
  (65532) and ``nobody`` (65534), ``/etc/nsswitch.conf``, ``/etc/os-release`` of the
  system at hand, and shared
  libraries with the loader's cache. Equal systems give equal images. Its targets
  and properties are those of :command:`add_container_image`; in ``FROM`` of that:

  .. code-block:: cmake

    add_container_base(base RUNTIME_DATA ca-certificates)
    add_container_image(server_image TARGETS server FROM base)

  ``LIBRARIES <soname>...|NONE``
    Shared libraries, with what they need, and the loader. Default: the C library
    (``libc.so.6``, ``libm.so.6``, ``libresolv.so.2``) and the compiler's
    (``libgcc_s.so.1``, ``libstdc++.so.6`` for C++). With ``NONE`` it is a base for
    static programs.

  ``USERS <name>:<uid>[:<gid>[:<home>[:<shell>]]]...``
    More users. The group is the uid's (and made where it is missing), home
    ``/home/<name>``, shell ``/sbin/nologin``. Homes are their owners' alone.

  ``USER_GROUPS <name>:<gid>[:<member>,...]...``
    More groups.

  ``RUNTIME_DATA <ca-certificates|tzdata|locale:<name>>...``
    As in :command:`add_container_image`.

  ``USER <user>[:<group>]``
    Default: ``65532:65532``.

  The rest is as in :command:`add_container_image`.
#]=======================================================================]
function(add_container_base name)
  set(call "add_container_base(${name})")
  _slipway_take_words()
  set(one_value USER WORKDIR PLATFORM COMPRESSION FORMAT)
  set(many_values LIBRARIES USERS USER_GROUPS RUNTIME_DATA ENV LABELS ANNOTATIONS TAGS)
  _slipway_parse("${call}" arg "${words_UNPARSED_ARGUMENTS}" OPTIONS ALL ONE_VALUE ${one_value} MANY_VALUES
                 ${many_values} GROUPS FILES DIRECTORY)
  _slipway_add_base("${call}")
endfunction()

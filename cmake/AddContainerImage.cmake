include_guard(GLOBAL)

#[=======================================================================[.rst:
add_container_image
-------------------

.. command:: add_container_image

  Build a container image of targets of this project, or of a Dockerfile, as a
  target of this build:

  .. code-block:: cmake

    add_container_image(<name>
      [TARGETS <target>... [COMPONENTS <component>...]]
      [FILES <file>... DESTINATION <dir>]...
      [DIRECTORY <dir>... DESTINATION <dir>]...
      [FROM <scratch|oci:<dir>[:<tag>]|image target|reference>]
      [COMPILE_IN <oci:<dir>[:<tag>]|image target|reference>
       [COMPILE_OPTIONS <name>=<value>...]]
      [RUNTIME_DEPENDENCIES <MISSING|ALL|NONE>]
      [DLOPEN <soname>...] [PLUGINS <file|dir>...]
      [RUNTIME_DATA <ca-certificates|tzdata|locale:<name>>...]
      [STRIP <on|off|split> [DEBUG_VARIANT]]
      [TEMPLATE <file>]
      [ENTRYPOINT <word>...] [CMD <word>...]
      [ENV <key>=<value>...] [LABELS <key>=<value>...]
      [ANNOTATIONS <key>=<value>...]
      [EXPOSE <port>[/<protocol>]...] [VOLUME <dir>...]
      [USER <user>[:<group>]] [WORKDIR <dir>]
      [STOPSIGNAL <signal>] [HEALTHCHECK <word>...]
      [TAGS <reference>...] [PLATFORM <os>/<architecture>[/<variant>]]
      [COMPRESSION <none|gzip|zstd>[:<level>]] [FORMAT <oci|docker>]
      [VERIFY <error|warn|off>] [VERIFY_WARNINGS <ON|OFF>]
      [GATE <rule>=<error|warn|off>...]
      [SBOM <on|off|spdx|cyclonedx>] [PROVENANCE <on|off>]
      [ALL])

    add_container_image(<name>
      DOCKERFILE <file> [CONTEXT <dir>] [TARGET_STAGE <stage>]
      [BUILD_ARGS <name>[=<value>]...]
      [BUILD_CONTEXTS <name>=<source>...]
      [LABELS <key>=<value>...] [ANNOTATIONS <key>=<value>...]
      [TAGS <reference>...] [PLATFORM <os>/<architecture>[/<variant>]]
      [COMPRESSION <none|gzip|zstd>[:<level>]] [FORMAT <oci|docker>]
      [VERIFY <error|warn|off>] [VERIFY_WARNINGS <ON|OFF>]
      [GATE <rule>=<error|warn|off>...]
      [SBOM <on|off|spdx|cyclonedx>] [PROVENANCE <on|off>]
      [ALL])

  It gives the targets

  ``<name>``
    The image, as an OCI image layout. With ``ALL`` it is part of the default
    build.

  ``<name>_load``
    Loads the image into a running Docker, or into Podman where there is no
    ``docker``.

  ``<name>_archive``
    The image as one file for ``docker load`` and ``podman load``, ``<name>.container/<name>.tar`` in the current binary
    directory (``<name>.container/<config>/<name>.tar`` with multi-config
    generators).

  ``<name>_push``
    Pushes it to the registries that ``TAGS`` names, its ``SBOM`` and ``PROVENANCE``
    with it, as referrers (OCI 1.1).

  ``<name>_run``
    Runs the image's program on the terminal.

  ``<name>_verify``
    Checks its programs and libraries, those of its base among them.

  ``<name>_gate``
    Judges what it adds to its base by the rules of ``GATE``; with ``DOCKERFILE`` by
    their own levels where ``GATE`` gives none.

  ``<name>_debug``
    With ``STRIP split``: an image on ``<name>`` with its debug information.

  in the IDE folder ``containers``, and the properties of ``<name>``

  ``CONTAINER_IMAGE_LAYOUT``
    The directory of the OCI image layout.

  ``CONTAINER_IMAGE_DIGEST_FILE``
    A file that holds the digest of the image's manifest, known once it is built.

  ``CONTAINER_IMAGE_PUSH_FILE``
    A JSON file with the digest and the ``references`` (with it) that ``<name>_push``
    pushed, for files that deploy the image.

  ``CONTAINER_DEBUG_DIRECTORY``
    With ``STRIP split``: the folder of debug information, filled when
    ``<name>_debug`` is built: a ``debug-file-directory`` of GDB, a path for
    ``debuginfod -F``.

  ``CONTAINER_SBOM_FILES``, ``CONTAINER_PROVENANCE_FILE``
    The files that ``SBOM`` and ``PROVENANCE`` have written; empty without them.

  ``CONTAINER_DOCKERFILE``
    The Dockerfile that the call stands for. Its folder is a complete build
    context: ``docker build`` and ``buildah bud`` make the same files and
    configuration of it.

  Paths of programs are read as ``$<TARGET_PROPERTY:<name>,CONTAINER_IMAGE_LAYOUT>``
  and so on, because they differ by configuration.

  All values take generator expressions, but for those that shape the build and
  are read when the current directory ends: ``TARGETS``, ``COMPONENTS``,
  ``FROM``, ``COMPILE_IN``, ``RUNTIME_DEPENDENCIES``, ``TEMPLATE``, ``DOCKERFILE``,
  ``CONTEXT``, ``TARGET_STAGE``, ``BUILD_CONTEXTS``, ``VERIFY`` and ``STRIP``. What stands in a value is
  quoted for the Dockerfile; what an expression yields is put in as it is, and so
  must not hold quotes, backslashes or dollar signs. An expression that yields
  nothing leaves no line, and no word.

  What goes in
  ^^^^^^^^^^^^

  ``TARGETS <target>...``
    Executables, shared libraries and modules, from any directory, known when the
    directory of the call ends. They are installed below ``/usr``: programs in
    ``/usr/bin``, libraries and modules in ``/usr/lib``, by ``install()`` rules of
    the image's own, so that ``INSTALL_RPATH``, sonames and permissions come out
    as in an installation. Shared libraries of this project that they link come
    along. ``BUILD_RPATH_USE_ORIGIN`` is switched on for targets that do not set
    it, since the build folder's path would stand in the image otherwise.

  ``COMPONENTS <component>...``
    Instead of rules of the image's own, the project's ``install()`` rules of
    these components, each a layer, with the prefix ``/usr``. ``TARGETS`` names
    what they install of this build.

  ``FILES <file>... DESTINATION <dir>``
    Files, relative to the current source directory, into a directory of the image.

  ``DIRECTORY <dir>... DESTINATION <dir>``
    Directories, as ``install(DIRECTORY)`` reads them: ``share`` goes in as
    ``<destination>/share``, of ``share/`` only the content. Files that are added,
    removed or changed make the layer again, and nothing else.

    Each group of ``FILES`` or ``DIRECTORY`` is a layer.

  ``TEMPLATE <file>``
    A Dockerfile to fill instead of Slipway's own for the shape of image (see
    ``templates/``), with the placeholders ``@HEADER@`` (where it comes from),
    ``@BASE@`` (a reference), ``@LAYERS@`` (the ``COPY`` lines) and ``@CONFIG@``
    (how it runs). All but ``@HEADER@`` are needed. With ``COMPILE_IN`` there are
    also ``@COMPILE_IN@`` (the toolchain image) and ``@COMPILE@`` (the instructions
    that compile), in a stage of the name ``compile``.

  What it stands on
  ^^^^^^^^^^^^^^^^^

  ``FROM <base>``
    ``scratch``, nothing; ``oci:<dir>[:<tag>]``, an image in an OCI layout or in a
    ``.tar`` of one, relative to the current source directory; the name of another
    image target, whose change rebuilds what stands on it; or an image of a registry
    with its tag or digest, ``debian:12`` or ``registry.example.org/base@sha256:...``.
    Registries are asked when the image is built, and once: what a tag was found to
    mean is kept in the store until ``slipway pull`` asks again.

    Without ``FROM``, ``TARGETS`` that are linked statically (``-static``) stand on
    ``scratch``, and others on ``slipway_base``, a base of the project's own: the
    :command:`add_container_base` with the C and C++ libraries of the system at hand.

  ``COMPILE_IN <image>``
    Compile ``TARGETS`` inside of this toolchain image (named as in ``FROM``),
    instead of taking those that this build makes. It needs CMake 3.25 or later, a
    compiler, and Ninja or Make. The whole project is configured there, with
    ``/slipway/source`` as its (read-only) source directory and a build tree that is
    kept between builds: a changed source file compiles again what includes it. A
    source that the compile did not read may change without running it again. What
    links to the same bytes as before ends there.

    The project's own cache entries of type ``BOOL`` and ``STRING`` and the build
    type are as in this build; ``BUILD_TESTING`` is off. ``find_package(Slipway)``,
    ``add_subdirectory()`` and ``FetchContent`` of Slipway work there too.

  ``COMPILE_OPTIONS <name>=<value>...``
    Cache entries for configuring the project in the toolchain image.

  ``RUNTIME_DEPENDENCIES <MISSING|ALL|NONE>``
    The third-party shared libraries that the targets need, found by reading ELF
    files, not by running ``ldd``: what the base lacks (``MISSING``, the default),
    everything (``ALL``) or nothing (``NONE``). With ``COMPILE_IN`` they come out of
    the toolchain image.

  ``DLOPEN <soname>...``
    Libraries that the targets open by name when they run: they come along like
    those that they are linked with.

  ``PLUGINS <file|dir>...``
    Files, or all files of directories, that they open by path: they are put at the
    same absolute path, with the libraries that they need. With ``COMPILE_IN`` they
    come out of the toolchain image.

  ``RUNTIME_DATA <ca-certificates|tzdata|locale:<name>>...``
    What programs read without naming it to a linker, of the system at hand: the
    certificates of public authorities (``/etc/ssl/certs/ca-certificates.crt``, with
    links where TLS libraries look), time zones (``/usr/share/zoneinfo``, and UTC as
    ``/etc/localtime``), locales (``locale:de_DE.UTF-8``; those that the system has not
    compiled take ``localedef``).

  ``STRIP <on|off|split>``
    Symbols and debug information of what is installed: gone (``on``, as by ``cmake
    --install --strip``), kept (``off``, the default), or in an image of their own
    (``split``). That is ``<name>_debug``: the first image and, in
    ``/usr/lib/debug``, debug information by build ID, where debuggers look for it;
    tagged as the first with ``-debug`` at the end. Programs keep a link to it
    (``.gnu_debuglink``), and their build ID is of their code alone: when only debug
    information changes, as by an edited comment, no layer of ``<name>`` does. dwz's
    shared files go along, and ``.dwo`` files of ``-gsplit-dwarf`` as one ``.dwp``. It
    needs the toolchain's ``objcopy``, and for split DWARF ``dwp`` or ``llvm-dwp`` (the
    cache entry ``SLIPWAY_DWP``); those of 2022 cannot read DWARF 5 of GCC. With
    ``COMPILE_IN`` the ``objcopy`` is this machine's, and ``.dwo`` files stay in the
    compile's cache: compile without ``-gsplit-dwarf`` there.

    Paths of sources stand in debug information as the compiler got them;
    ``-ffile-prefix-map`` makes them the same in all build folders.

  ``DEBUG_VARIANT``
    Puts ``gdbserver`` or ``lldb-server`` of the toolchain (or what the cache entry
    ``SLIPWAY_DEBUG_SERVER`` names) into ``<name>_debug``, with the libraries that it
    needs. Without ``STRIP`` it means ``STRIP split``.

  How it runs
  ^^^^^^^^^^^

  ``ENTRYPOINT <word>...``
    The program and its first arguments. Default: ``/usr/bin/<file>`` of the only
    executable in ``TARGETS``; none where there are several.

  ``CMD <word>...``
    Default arguments.

  ``ENV <key>=<value>...``
    Environment variables.

  ``LABELS <key>=<value>...``
    Labels. ``org.opencontainers.image.title``, ``version``, ``description`` and
    ``url`` come from ``project()`` unless they are given.

  ``EXPOSE <port>[/<protocol>]...``, ``VOLUME <dir>...``, ``WORKDIR <dir>``, ``STOPSIGNAL <signal>``
    As in a Dockerfile.

  ``USER <user>[:<group>]``
    Default: ``65532:65532`` where the base says none, so that programs do not run
    as root. Configuring asks no registry, so for a base of a registry that is the
    default whatever the base says.

  ``HEALTHCHECK <word>...``
    The words of the instruction: ``HEALTHCHECK --interval=5s CMD /usr/bin/app
    --check``, or ``NONE``. The command runs without a shell.

  A Dockerfile of one's own
  ^^^^^^^^^^^^^^^^^^^^^^^^^

  ``DOCKERFILE <file>``
    Any Dockerfile, relative to the current source directory, instead of contents
    given here. Each of its steps is an edge of the build. Errors point into it,
    and the build is planned again when it changes.

  ``CONTEXT <dir>``
    What ``COPY`` reads, less what a ``.dockerignore`` names. Default: the
    directory of the Dockerfile.

  ``TARGET_STAGE <stage>``
    The stage to build, by name or number. Default: the last.

  ``BUILD_ARGS <name>[=<value>]...``
    Values for ``ARG``; without one, the environment's.

  ``BUILD_CONTEXTS <name>=<source>...``
    What ``FROM <name>`` and ``COPY --from=<name>`` mean: a directory, relative to
    the current source directory; ``oci-layout://<dir>[:<tag>]``; an image target;
    or an executable, shared library or module of this build. Of these the context
    holds ``usr/bin/<file>`` or ``usr/lib/<file>``, as installed, and the shared
    libraries of this project that it links:

    .. code-block:: cmake

      add_container_image(server_image
        DOCKERFILE Dockerfile       # COPY --from=server /usr/bin/server /usr/bin/
        BUILD_CONTEXTS server=server)

  What comes out
  ^^^^^^^^^^^^^^

  ``TAGS <reference>...``
    Names of the image, in its layout and wherever it is loaded. Without any, it
    is loaded as ``<name>``.

  ``ANNOTATIONS <key>=<value>...``
    Annotations of the manifest.

  ``PLATFORM <os>/<architecture>[/<variant>]``
    Default: what ``CMAKE_SYSTEM_NAME`` and ``CMAKE_SYSTEM_PROCESSOR`` say.

  ``COMPRESSION <none|gzip|zstd>[:<level>]``
    Of the layers. Default: ``gzip``.

  ``FORMAT <oci|docker>``
    The kind of manifest. Default: ``oci``.

  ``VERIFY <error|warn|off>``
    What becomes of an image in which a program or library of this build would not
    find its loader, a shared library, a symbol version or a symbol: as when the
    C library is older than the one that it was linked with. Nothing is run for
    it. Default: ``error``; with ``DOCKERFILE``, ``off``.

  ``VERIFY_WARNINGS <ON|OFF>``
    Whether to tell also of what programs only seem to need, with the evidence:
    libraries for ``dlopen()``, name services, character sets, OpenSSL's providers, CA
    certificates, time zones and locales that the image does not have. Default: ``ON``.

  ``GATE <rule>=<error|warn|off>...``
    How much the rules count that say what should not be shipped, as
    ``build-path-rpath`` or ``setuid-file``; ``all=<level>`` is every rule. They judge
    what the image adds to its base, and what the targets are compiled with.
    ``slipway help gate`` lists them, and ``slipway help gate <rule>`` tells of one.
    With ``DOCKERFILE`` they are off unless ``GATE`` or ``SLIPWAY_GATE`` says something;
    ``GATE default`` switches them on as they are.

  ``SBOM <on|off|spdx|cyclonedx>``
    List what is in the image and what that was made of, in ``<name>.spdx.json``
    (SPDX 2.3) and ``<name>.cdx.json`` (CycloneDX 1.5) beside the layout: with ``on``
    both. The targets and what they link, static and header-only libraries among it;
    what comes from ``FetchContent``, ``ExternalProject``, vcpkg, Conan, or a package
    of the system, with version and licence where they are known; the compilers; the
    base, its packages and its programs. Equal images of equal projects have equal
    files. Default: ``SLIPWAY_SBOM``, else ``off``.

  ``PROVENANCE <on|off>``
    Say how the image was made in ``<name>.provenance.json`` (SLSA provenance v1, an
    in-toto statement). Default: ``SLIPWAY_PROVENANCE``, else ``off``.

  ``SOURCE_DATE_EPOCH`` in the environment of the build is the time of everything
  in the image; without it that is a fixed date.

  .. code-block:: cmake

    add_executable(server server.cpp)
    add_container_image(server_image
      TARGETS server
      DIRECTORY html/ DESTINATION /usr/share/server
      FROM scratch
      CMD --port 8080
      EXPOSE 8080
      TAGS example.org/server:${PROJECT_VERSION})
#]=======================================================================]
function(add_container_image name)
  set(call "add_container_image(${name})")
  _slipway_take_words()
  _slipway_parse_image("${call}" "${words_UNPARSED_ARGUMENTS}")
  if(TARGET "${name}")
    _slipway_fail("${call}" "there is a target of that name already")
  endif()
  _slipway_check_image_arguments("${call}")
  _slipway_choose_documents()

  _slipway_begin_image()
  if(arg_STRIP STREQUAL "split")
    _slipway_add_debug_image()
  endif()
  if(DEFINED arg_COMPONENTS)
    cmake_language(
      EVAL CODE "cmake_language(DEFER DIRECTORY [[${CMAKE_SOURCE_DIR}]] CALL
                                _slipway_check_components [[${call}]] [[${arg_COMPONENTS}]])")
  endif()
endfunction()

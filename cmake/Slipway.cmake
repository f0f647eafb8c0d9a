# Slipway's module: one public function a file, the rest in private/.
include_guard(GLOBAL)

#[=======================================================================[.rst:
Using the module
----------------

Installed, with the program ``slipway``:

.. code-block:: cmake

  find_package(Slipway REQUIRED)

Or as a part of the project, by ``add_subdirectory()`` or ``FetchContent``:

.. code-block:: cmake

  include(FetchContent)
  FetchContent_Declare(Slipway GIT_REPOSITORY <url> GIT_TAG <commit>)
  FetchContent_MakeAvailable(Slipway)

The program is needed when the project is configured. As a part of the project
it is built then, once, for the machine that configures, in ``slipway-tool`` in
the build tree, whatever the project itself is compiled for. The generator, the
compiler launcher and ``CMAKE_BUILD_PARALLEL_LEVEL`` are taken over from the
project; flags, toolchain file and sysroot are not. Either way it is the target
``Slipway::slipway``.

``Slipway_EXECUTABLE``
  A program ``slipway`` to use instead, e.g. one for all build trees of a machine.
  Nothing is built then. When cross-compiling with an installed package that is
  found below ``CMAKE_FIND_ROOT_PATH``, this names the one that runs here.

``SLIPWAY_CACHE_FROM``, ``SLIPWAY_CACHE_TO``
  Places that the builds of several machines share, as ``slipway build`` has them
  in ``--cache-from`` and ``--cache-to``:
  ``type=registry,ref=registry.example.org/team/cache,mode=max``, or
  ``type=local,src=/net/cache`` and ``type=local,dest=/net/cache,mode=max``. A layer
  or ``RUN`` that another machine has made is taken from there. With
  ``cache-mounts=true`` in both, the folders of ``RUN --mount=type=cache`` travel, too:
  a machine that has none begins with what the last one left.

``SLIPWAY_GATE``
  Rules and levels for the files of all images, as in ``GATE`` of
  ``add_container_image()``, which has the last word.

``SLIPWAY_REGISTRY_MIRROR``
  A host, or several with commas, where images of docker.io are tried first.

``SLIPWAY_SBOM``, ``SLIPWAY_PROVENANCE``
  ``SBOM`` and ``PROVENANCE`` of the images that do not say. A CI's builds set them
  where the builds of every day do without.

CMake 3.25 or later, with Ninja, Ninja Multi-Config or Unix Makefiles. No
options, variables or targets but those named here reach the project.
#]=======================================================================]

cmake_policy(VERSION 3.25) # whatever the including project asks for

include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayArguments.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayBase.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayChecks.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayCompile.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayDebug.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayDockerfile.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayFacts.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayImage.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayImageArguments.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayImageKeywords.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayImageTargets.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayLock.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayOwnBase.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayPlatform.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayPlatformBuilds.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwaySbom.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayStage.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayTargets.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayTemplate.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayTest.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayTool.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/AddContainerBase.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/AddContainerImage.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/AddContainerIndex.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/AddContainerTest.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/ContainerLock.cmake")

# Where the program `slipway` comes from: Slipway_EXECUTABLE, the installed
# package, or a helper build of tool/ for the machine that configures.
include_guard(GLOBAL)

# Set `out` to the path of the tool, and make the target Slipway::slipway for it.
function(_slipway_tool out)
  if(Slipway_EXECUTABLE)
    if(NOT EXISTS "${Slipway_EXECUTABLE}" OR IS_DIRECTORY "${Slipway_EXECUTABLE}")
      message(FATAL_ERROR "Slipway_EXECUTABLE: there is no program '${Slipway_EXECUTABLE}'")
    endif()
    set(tool "${Slipway_EXECUTABLE}")
  elseif(TARGET Slipway::slipway)
    get_target_property(tool Slipway::slipway IMPORTED_LOCATION)
  else()
    _slipway_build_tool(tool)
  endif()
  if(NOT TARGET Slipway::slipway)
    add_executable(Slipway::slipway IMPORTED GLOBAL)
    set_target_properties(Slipway::slipway PROPERTIES IMPORTED_LOCATION "${tool}")
  endif()
  set(${out} "${tool}" PARENT_SCOPE)
endfunction()

# Build tool/ in the build tree of the project: at the first configuration, and
# again where its sources changed.
#
# It runs on this machine, so nothing of the project's target may reach it: no
# toolchain file, sysroot or flags, neither by variables nor by the environment.
# What says how to build fast is taken over: generator, launcher, parallelism.
function(_slipway_build_tool out)
  cmake_path(SET source NORMALIZE "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../../tool")
  set(build "${CMAKE_BINARY_DIR}/slipway-tool")
  set(tool "${build}/slipway${CMAKE_HOST_EXECUTABLE_SUFFIX}")

  file(GLOB_RECURSE sources "${source}/*.cpp" "${source}/*.hpp" "${source}/CMakeLists.txt"
       "${source}/../cmake/dev/*.cmake")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${sources})
  set(stale FALSE)
  foreach(file IN LISTS sources)
    if("${file}" IS_NEWER_THAN "${tool}")
      set(stale TRUE)
      break()
    endif()
  endforeach()
  if(NOT stale)
    set(${out} "${tool}" PARENT_SCOPE)
    return()
  endif()

  message(CHECK_START "Building the container tool (once)")
  string(TIMESTAMP start "%s")
  _slipway_tool_options(options)
  _slipway_tool_environment(environment)
  cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
  set(parallel "")
  if(NOT DEFINED ENV{CMAKE_BUILD_PARALLEL_LEVEL} AND CMAKE_GENERATOR MATCHES "Makefiles")
    set(parallel --parallel ${cores})  # make alone would take one
  endif()
  _slipway_run_quietly("${environment};${CMAKE_COMMAND};--fresh;-S;${source};-B;${build};${options}")
  _slipway_run_quietly("${environment};${CMAKE_COMMAND};--build;${build};--target;slipway;${parallel}")
  file(TOUCH "${tool}")  # a source may be newer and yet give the same program
  string(TIMESTAMP end "%s")
  math(EXPR seconds "${end} - ${start}")
  message(CHECK_PASS "done in ${seconds} s")
  set(${out} "${tool}" PARENT_SCOPE)
endfunction()

# Run a command of the helper build; its output is shown when it fails.
function(_slipway_run_quietly command)
  execute_process(COMMAND ${command} RESULT_VARIABLE result OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(CHECK_FAIL "failed")
    _slipway_verbatim("${output}" output)
    message(FATAL_ERROR "Slipway's tool could not be built; install what is missing, or name an existing one"
                        " in Slipway_EXECUTABLE\n${output}")
  endif()
endfunction()

function(_slipway_tool_options out)
  set(generator "${CMAKE_GENERATOR}")
  if(generator STREQUAL "Ninja Multi-Config")
    set(generator "Ninja")
  endif()
  # -O1: what takes time at run time is in libraries, and the first configure
  # waits for the compiler (two thirds of the time at -O3).
  set(options "-G;${generator};-DCMAKE_BUILD_TYPE=Release;-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG"
              -DSLIPWAY_QUICK_COMPILE=ON)
  foreach(variable CMAKE_MAKE_PROGRAM CMAKE_CXX_COMPILER_LAUNCHER)
    if(${variable})
      string(REPLACE ";" "\\;" value "${${variable}}")
      list(APPEND options "-D${variable}=${value}")
    endif()
  endforeach()
  if(CMAKE_CXX_COMPILER AND NOT CMAKE_CROSSCOMPILING AND NOT CMAKE_TOOLCHAIN_FILE)
    list(APPEND options "-DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}")
  endif()
  set(${out} "${options}" PARENT_SCOPE)
endfunction()

# The prefix of a command that hides from it what belongs to the project's target.
function(_slipway_tool_environment out)
  set(hidden CFLAGS CXXFLAGS CPPFLAGS LDFLAGS DESTDIR MAKEFLAGS MAKELEVEL VERBOSE CMAKE_TOOLCHAIN_FILE
             CMAKE_GENERATOR CMAKE_BUILD_TYPE)
  if(CMAKE_CROSSCOMPILING OR CMAKE_TOOLCHAIN_FILE)
    list(APPEND hidden CC CXX PKG_CONFIG_PATH PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR)
  endif()
  list(TRANSFORM hidden PREPEND "--unset=")
  set(${out} "${CMAKE_COMMAND};-E;env;${hidden}" PARENT_SCOPE)
endfunction()

# The words of add_container_image(), which the module has twice: for the build that
# makes images, and for a compile inside of one (../inside).
include_guard(GLOBAL)

# Set arg_<KEYWORD> in the caller's scope from the words of a call.
function(_slipway_parse_image call words)
  set(one_value DOCKERFILE CONTEXT TARGET_STAGE FROM COMPILE_IN TEMPLATE RUNTIME_DEPENDENCIES USER WORKDIR STOPSIGNAL
                PLATFORM COMPRESSION FORMAT VERIFY VERIFY_WARNINGS STRIP SBOM PROVENANCE)
  set(many_values TARGETS COMPONENTS PLUGINS DLOPEN RUNTIME_DATA COMPILE_OPTIONS ENTRYPOINT CMD ENV
                  LABELS ANNOTATIONS EXPOSE VOLUME HEALTHCHECK TAGS BUILD_ARGS BUILD_CONTEXTS GATE)
  _slipway_parse("${call}" arg "${words}" OPTIONS ALL DEBUG_VARIANT ONE_VALUE ${one_value} MANY_VALUES ${many_values} GROUPS FILES
                 DIRECTORY)
  set(names ALL DEBUG_VARIANT GROUPS ${one_value} ${many_values})
  foreach(n RANGE ${arg_GROUPS})
    list(APPEND names GROUP_${n}_KIND GROUP_${n}_ITEMS GROUP_${n}_DESTINATION)
  endforeach()
  foreach(name IN LISTS names)
    if(DEFINED arg_${name})
      set(arg_${name} "${arg_${name}}" PARENT_SCOPE)
    else()
      unset(arg_${name} PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

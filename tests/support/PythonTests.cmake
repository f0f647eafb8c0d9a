include_guard(GLOBAL)

# slipway_python_tests(<file>): one CTest entry for each test method of a unittest
# file, "<prefix>.<file>.<method>", so that they run in parallel and by name. The
# tool comes in $SLIPWAY; a test that cannot run here prints why and is skipped.
function(slipway_python_tests prefix file)
  cmake_path(ABSOLUTE_PATH file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  get_filename_component(name ${file} NAME_WE)
  string(REGEX REPLACE "^test_" "" name ${name})
  set(class "")
  file(STRINGS ${file} lines REGEX "^class |^    def test_")
  foreach(line IN LISTS lines)
    if(line MATCHES "^class ([A-Za-z]+)")
      set(class ${CMAKE_MATCH_1})
    elseif(line MATCHES "def test_([a-z0-9_]+)")
      set(test ${prefix}.${name}.${CMAKE_MATCH_1})
      add_test(NAME ${test} COMMAND Python3::Interpreter -B ${file}
                                    ${class}.test_${CMAKE_MATCH_1})
      set_tests_properties(
        ${test} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300 LABELS ${prefix}
        ENVIRONMENT "SLIPWAY=${SLIPWAY_TEST_BUILD}/tool/slipway;PYTHONPATH=${PROJECT_SOURCE_DIR}/tests/support")
    endif()
  endforeach()
endfunction()

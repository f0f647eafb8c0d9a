# The same by find_package().
include("${CMAKE_CURRENT_LIST_DIR}/Slipway.cmake")

container_lock(FILE "${CMAKE_CURRENT_BINARY_DIR}/a.lock")
if(NOT EXISTS "${CMAKE_CURRENT_BINARY_DIR}/a.lock" OR NOT TARGET container_lock_update)
  message(FATAL_ERROR "neither file nor target")
endif()

container_lock(FILE "${CMAKE_CURRENT_BINARY_DIR}/a.lock")
container_lock(FILE "${CMAKE_CURRENT_BINARY_DIR}/b.lock")

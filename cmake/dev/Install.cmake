# What `cmake --install` puts on a machine so that find_package(Slipway) works:
# the tool, and the module with its templates in the layout that they have here.
include(CMakePackageConfigHelpers)

set(config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/Slipway")
set(module_dir "${CMAKE_INSTALL_DATADIR}/slipway")
configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/SlipwayConfig.cmake.in" "${PROJECT_BINARY_DIR}/SlipwayConfig.cmake"
  INSTALL_DESTINATION "${config_dir}"
  PATH_VARS CMAKE_INSTALL_BINDIR module_dir)
# The tool runs where the build runs: the target's word size says nothing.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/SlipwayConfigVersion.cmake" COMPATIBILITY SameMinorVersion
                                 ARCH_INDEPENDENT)

install(TARGETS slipway RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(FILES "${PROJECT_BINARY_DIR}/SlipwayConfig.cmake" "${PROJECT_BINARY_DIR}/SlipwayConfigVersion.cmake"
        DESTINATION "${config_dir}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/cmake/" DESTINATION "${module_dir}/cmake"
        FILES_MATCHING PATTERN "*.cmake" PATTERN "CMakeLists.txt" PATTERN "dev" EXCLUDE)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/templates" DESTINATION "${module_dir}")

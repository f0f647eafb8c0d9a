# Slipway's module: one public function a file, the rest in private/.
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)  # whatever the including project asks for

include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayArguments.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayBase.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayImage.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayImageArguments.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayImageTargets.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayPlatform.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayStage.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayTargets.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayTemplate.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/SlipwayTool.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/AddContainerImage.cmake")

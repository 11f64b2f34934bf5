# find_package(WeirSDK 0.1 CONFIG REQUIRED): weir::sdk, weir::testing, weir_add_plugin().
include(CMakeFindDependencyMacro)
find_dependency(nlohmann_json)
find_dependency(simdjson)
include(${CMAKE_CURRENT_LIST_DIR}/WeirSDKTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/WeirAddPlugin.cmake)

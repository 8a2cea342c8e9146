# find_package(udf-plugin): the target udf-plugin::udf-plugin and the function udf_add_plugin.
include("${CMAKE_CURRENT_LIST_DIR}/udf-pluginTargets.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/udf_add_plugin.cmake")

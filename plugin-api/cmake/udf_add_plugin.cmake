# udf_add_plugin(name sources...)
#
# Builds the plugin name.so from C or C++ sources: a module that exports udf_plugin_v1 and nothing
# else, and that fails to link where a symbol is missing, rather than to load. For C++ it asks for
# C++20. Link further libraries with target_link_libraries(name PRIVATE ...) as usual.
set(UDF_PLUGIN_VERSION_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/udf_plugin.map")

function(udf_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE udf-plugin::udf-plugin)
  target_link_options(${name} PRIVATE
    -Wl,-z,defs "-Wl,--version-script=${UDF_PLUGIN_VERSION_SCRIPT}")
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so" POSITION_INDEPENDENT_CODE ON
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS "${UDF_PLUGIN_VERSION_SCRIPT}")
  get_target_property(sources ${name} SOURCES)
  if(sources MATCHES "\\.(cpp|cc|cxx)")
    target_compile_features(${name} PRIVATE cxx_std_20)
  endif()
endfunction()

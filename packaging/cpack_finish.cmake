# Run by cpack once the packages are made.
foreach(package IN LISTS CPACK_PACKAGE_FILES)
  execute_process(COMMAND sh ${CMAKE_CURRENT_LIST_DIR}/debian/finish ${package} COMMAND_ERROR_IS_FATAL ANY)
endforeach()

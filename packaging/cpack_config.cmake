# Read by cpack for each generator: what can be known only then, as the version that it was told to give the packages.
file(READ ${CMAKE_CURRENT_LIST_DIR}/debian/changelog changelog)
if(NOT changelog MATCHES "^udf-host \\(([^)]*)-[^-)]*\\) ")
  message(FATAL_ERROR "packaging/debian/changelog does not begin with 'udf-host (VERSION-REVISION)'")
elseif(NOT CMAKE_MATCH_1 STREQUAL CPACK_PACKAGE_VERSION)
  message(FATAL_ERROR "packaging/debian/changelog is of version ${CMAKE_MATCH_1}, this is ${CPACK_PACKAGE_VERSION}: "
    "say there what is new")
endif()

# Files have the time of the changelog, whenever they were built.
if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
  string(REGEX MATCH "\n -- [^\n]*>  ([^\n]*)" signed "${changelog}")
  execute_process(COMMAND date -u -d ${CMAKE_MATCH_1} +%s OUTPUT_VARIABLE epoch OUTPUT_STRIP_TRAILING_WHITESPACE
    COMMAND_ERROR_IS_FATAL ANY)
  set(ENV{SOURCE_DATE_EPOCH} ${epoch})
endif()

set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package has its own
set(exactly "(= ${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")
set(CPACK_DEBIAN_HOST_PACKAGE_RECOMMENDS "udf-host-plugins ${exactly}")
set(CPACK_DEBIAN_HOST_PACKAGE_SUGGESTS "kapacitor, udf-plugin-dev ${exactly}")
set(CPACK_DEBIAN_PLUGINS_PACKAGE_DEPENDS "udf-host ${exactly}")
set(CPACK_DEBIAN_DEV_PACKAGE_RECOMMENDS "udf-host ${exactly}, g++ | c++-compiler")

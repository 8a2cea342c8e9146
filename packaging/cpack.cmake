# The Debian packages. What install() names belongs to one by its component:
#   host     udf-host: the program, its manual and completions, its modules, the service, its configuration
#   plugins  udf-host-plugins: the reference algorithms
#   dev      udf-plugin-dev: what authors build against
# `cmake --install` leaves out what is for packages only. One command makes them: packaging/packages.
set(UDF_HOST_MAINTAINER "The udf-host authors <authors@udf-host.invalid>" CACHE STRING "Maintainer of the packages")
set(debian ${CMAKE_CURRENT_LIST_DIR}/debian)
set(made ${CMAKE_BINARY_DIR}/packaging)
find_program(GZIP gzip)

# In a unity build the compiler sees other things as worth inlining: these have the data path, and are as in a release.
if(UDF_HOST_PACKAGES)
  set_target_properties(udf_wire udf_guard udf_agent udf_supervisor PROPERTIES UNITY_BUILD OFF)
endif()

# ---- What packages have beside what is installed anyway ----

# for_package(COMPONENT install's words...): only in packages.
macro(for_package component)
  install(${ARGN} COMPONENT ${component} EXCLUDE_FROM_ALL)
endmacro()

# compressed(TARGET RESULT FILE): with TARGET, RESULT is made of FILE, the same bytes whenever that is.
function(compressed target result file)
  add_custom_command(OUTPUT ${made}/${result} DEPENDS ${file} VERBATIM
    COMMAND sh -c "\"$1\" -9n <\"$2\" >\"$3\"" sh ${GZIP} ${file} ${made}/${result})
  add_custom_target(${target} DEPENDS ${made}/${result})
  if(UDF_HOST_PACKAGES)
    set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL OFF)
  endif()
endfunction()

file(MAKE_DIRECTORY ${made})
file(READ ${PROJECT_SOURCE_DIR}/LICENSE license)
set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/LICENSE
  ${debian}/changelog)
string(REGEX MATCH "Copyright \\(c\\) ([^\n]*)" line "${license}")
set(COPYRIGHT_HOLDERS ${CMAKE_MATCH_1})
string(REGEX REPLACE "^.*${CMAKE_MATCH_1}\n+" "" LICENSE_TEXT "${license}")
string(STRIP "${LICENSE_TEXT}" LICENSE_TEXT)
string(REPLACE "\n\n" "\n.\n" LICENSE_TEXT "${LICENSE_TEXT}")
string(REPLACE "\n" "\n " LICENSE_TEXT " ${LICENSE_TEXT}")
configure_file(${debian}/copyright.in ${made}/copyright @ONLY)
configure_file(${CMAKE_CURRENT_LIST_DIR}/udf-host.toml ${made}/udf-host.toml @ONLY)

compressed(changes_of_packages changelog.Debian.gz ${debian}/changelog)
compressed(changes changelog.gz ${PROJECT_SOURCE_DIR}/CHANGELOG.md)
foreach(package IN ITEMS host=udf-host plugins=udf-host-plugins dev=udf-plugin-dev)
  string(REGEX MATCH "(.*)=(.*)" all ${package})
  set(component ${CMAKE_MATCH_1})
  set(doc ${CMAKE_INSTALL_DATADIR}/doc/${CMAKE_MATCH_2})
  for_package(${component} FILES ${made}/copyright ${made}/changelog.Debian.gz ${made}/changelog.gz DESTINATION ${doc})
  if(EXISTS ${debian}/${CMAKE_MATCH_2}.lintian-overrides)
    for_package(${component} FILES ${debian}/${CMAKE_MATCH_2}.lintian-overrides RENAME ${CMAKE_MATCH_2}
      DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides)
  endif()
endforeach()

if(NOT CMAKE_CROSSCOMPILING)
  compressed(manual udf-host.1.gz ${CMAKE_BINARY_DIR}/host/printed/udf-host.1)
  add_dependencies(manual printed_by_host)
  for_package(host FILES ${made}/udf-host.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()
set(systemd ${CMAKE_CURRENT_LIST_DIR}/systemd)
for_package(host FILES ${systemd}/udf-host.service ${systemd}/udf-host.socket DESTINATION lib/systemd/system)
for_package(host FILES ${systemd}/sysusers.conf RENAME udf-host.conf DESTINATION lib/sysusers.d)
for_package(host FILES ${systemd}/tmpfiles.conf RENAME udf-host.conf DESTINATION lib/tmpfiles.d)
for_package(host FILES ${made}/udf-host.toml DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/udf-host)
file(GLOB manual CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.md)
set(doc ${CMAKE_INSTALL_DATADIR}/doc)
for_package(host FILES ${manual} DESTINATION ${doc}/udf-host)
foreach(examples IN ITEMS kapacitor containers grafana prometheus telegraf)
  if(IS_DIRECTORY ${CMAKE_CURRENT_LIST_DIR}/${examples})
    for_package(host DIRECTORY ${CMAKE_CURRENT_LIST_DIR}/${examples} DESTINATION ${doc}/udf-host/examples)
  endif()
endforeach()

file(GLOB algorithms CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/plugins/*.tick)
for_package(plugins FILES ${PROJECT_SOURCE_DIR}/plugins/README.md DESTINATION ${doc}/udf-host-plugins)
for_package(plugins FILES ${algorithms} DESTINATION ${doc}/udf-host-plugins/examples)
file(GLOB guide CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/plugin-api/guide/*.md)
file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/plugins/*.c ${PROJECT_SOURCE_DIR}/plugins/*.cpp)
for_package(dev FILES ${PROJECT_SOURCE_DIR}/plugin-api/README.md DESTINATION ${doc}/udf-plugin-dev)
for_package(dev FILES ${guide} DESTINATION ${doc}/udf-plugin-dev/guide)
for_package(dev FILES ${sources} DESTINATION ${doc}/udf-plugin-dev/examples)

get_cmake_property(components COMPONENTS)
if(Unspecified IN_LIST components)
  message(FATAL_ERROR "An install() names no COMPONENT: what it installs would be in no package")
endif()

# ---- The packages ----

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME udf-host)
set(CPACK_PACKAGE_CONTACT ${UDF_HOST_MAINTAINER})
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_CURRENT_LIST_DIR}/cpack_config.cmake)
set(CPACK_POST_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/cpack_finish.cmake)
set(CPACK_COMPONENTS_ALL host plugins dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SOURCE udf-host)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_COMPRESSION_TYPE none)  # they are packed again
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_DEBUGINFO_PACKAGE ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_HOST_PACKAGE_NAME udf-host)
set(CPACK_DEBIAN_HOST_PACKAGE_SECTION net)
# systemd itself is not needed, as in a container: what makes users and directories is.
set(CPACK_DEBIAN_HOST_PACKAGE_DEPENDS
  "systemd | systemd-standalone-sysusers | systemd-sysusers, systemd | systemd-standalone-tmpfiles | systemd-tmpfiles")
set(CPACK_DEBIAN_HOST_PACKAGE_CONTROL_EXTRA
  ${debian}/conffiles ${debian}/postinst ${debian}/prerm ${debian}/postrm)
set(CPACK_COMPONENT_HOST_DESCRIPTION
"host for user-defined functions of Kapacitor written as plugins
Kapacitor hands points and batches of time series to user-defined functions
(UDFs), processes that speak a protocol of its own. udf-host speaks it for
them: a function is one shared object, which it loads and calls through a
stable C interface.

A function that crashes or hangs is started again with its state, without its
task in Kapacitor noticing; what it emits is checked before it can harm
Kapacitor. Functions can be added and replaced while tasks run.

This package has the program, which Kapacitor starts by itself or reaches
through sockets, and a service that serves all the functions of a directory.")

set(CPACK_DEBIAN_PLUGINS_PACKAGE_NAME udf-host-plugins)
set(CPACK_DEBIAN_PLUGINS_PACKAGE_SECTION net)
set(CPACK_COMPONENT_PLUGINS_DESCRIPTION
"algorithms for Kapacitor that run in udf-host
A moving average, outliers of a batch by their quartiles, fields and tags set
to constants always or where they are absent, and mirrors to try a set-up
with. Each is a plugin of udf-host, a host for user-defined functions of
Kapacitor, and has an example of a TICKscript.")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME udf-plugin-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "cmake, pkg-config, cargo, golang-go")
set(CPACK_COMPONENT_DEV_DESCRIPTION
"interface for plugins of udf-host (development files)
udf-host runs user-defined functions of Kapacitor that are written as small
plugins. They are compiled against this interface: headers for C and C++, a
crate for Rust and a package for Go, and the files by which CMake and
pkg-config find them.

The author's guide is in /usr/share/doc/udf-plugin-dev.")
include(CPack)

# SPDX-License-Identifier: MIT
# with_cmake.sh DIR: an author's project, found through find_package, built in DIR.
set -eu
. "$(dirname "$0")/plugin.sh"
rm -rf "$1/with_cmake" && mkdir -p "$1/with_cmake" && cd "$1/with_cmake"
write_plugin outside.cpp
write_c_plugin outside_c.c
cat > CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.20)
project(outside LANGUAGES C CXX)
find_package(udf-plugin REQUIRED)
udf_add_plugin(outside outside.cpp)
udf_add_plugin(outside_c outside_c.c)
END
"$CMAKE" -S . -B build
"$CMAKE" --build build
check_plugin build/outside.so outside
check_plugin build/outside_c.so outside_c

# A symbol that is missing is an error of the link, not of the load.
echo 'void nowhere(); static const int x = (nowhere(), 0);' >> outside.cpp
if "$CMAKE" --build build > link.log 2>&1; then
    echo "a plugin with a symbol missing was linked" >&2
    exit 1
fi
grep -q nowhere link.log

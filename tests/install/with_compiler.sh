# SPDX-License-Identifier: MIT
# with_compiler.sh DIR: a plugin from one bare line each, for every compiler that is here, in DIR.
set -eu
. "$(dirname "$0")/plugin.sh"
rm -rf "$1/with_compiler" && mkdir -p "$1/with_compiler" && cd "$1/with_compiler"
write_plugin outside.cpp
write_c_plugin outside_c.c
for compiler in "$CXX" g++ clang++; do
    command -v "$compiler" > /dev/null || continue
    "$compiler" -std=c++20 -O2 outside.cpp -o outside.so $(pkg-config --cflags --libs udf-plugin)
    check_plugin outside.so outside
done
for compiler in "$CC" gcc clang; do
    command -v "$compiler" > /dev/null || continue
    "$compiler" -O2 outside_c.c -o outside_c.so $(pkg-config --cflags --libs udf-plugin)
    check_plugin outside_c.so outside_c
done
test -f "$(pkg-config --variable=plugindir udf-plugin)/mirror.so"
test -f "$(pkg-config --variable=rustdir udf-plugin)/Cargo.toml"
test -f "$(pkg-config --variable=godir udf-plugin)/go.mod"

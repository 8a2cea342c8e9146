#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# layout_bites.sh RELEASED: layout.sh finds what breaks plugins in headers that are broken on purpose, and nothing where
# a table has grown at its end. Exit status as layout.sh.
set -euo pipefail
here=$(dirname "$0") released=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
grown='s/^\} udf_(algorithm|plugin);/    int (*later)(void* self);\n&/; s/(ABI_MINOR) 0u/\1 1u/'
grown+='; s/^    void \(\*log\).*/&\n    int (*later)(void);/'

# edited SED-SCRIPT: the released header, without its own checks, and otherwise as the script makes it.
edited() {
    sed '/^UDF_CHECK/d' "$released/udf_plugin.h" >"$work/before"
    sed -E "$1" "$work/before" >"$work/udf_plugin.h"
    ! cmp -s "$work/before" "$work/udf_plugin.h" || { echo "changes nothing: $1" && exit 1; }
    "$here/layout.sh" "$released" "$work" >"$work/log" 2>&1
}
passes() {
    local status=0
    edited "$2" || status=$?
    ((status != 77)) || { cat "$work/log" && exit 77; }
    ((status == 0)) || { echo "$1 is refused:" && cat "$work/log" && exit 1; }
}
bites() { # bites WHAT SED-SCRIPT WORDS: the script is flagged, in words that match WORDS
    if edited "$2"; then echo "$1 is not noticed" && exit 1; fi
    grep -qE -- "$3" "$work/log" || { echo "$1 is not told:" && cat "$work/log" && exit 1; }
}

passes 'a member at the end of each table' "$grown"
bites 'a member moved' 's/wants, provides;/provides, wants;/' place_of_udf_algorithm_wants
bites 'a member moved where a table has grown' "$grown; s/wants, provides;/provides, wants;/" \
    place_of_udf_algorithm_wants
bites 'a member in the middle' 's/^    int \(\*stop\).*/    int (*added)(void);\n&/' place_of_udf_algorithm_stop
bites 'a member at the end of a frozen struct' 's/^\} udf_arg;/    int added;\n&/' udf_arg
bites 'another type' 's/^    uint32_t option_count;/    int32_t option_count;/' value_of_udf_algorithm_option_count
bites 'another type in a union' 's/^        int64_t i; /        int32_t i; /' udf_value
bites 'another parameter' 's/(\*points\)\(void\* self, const udf_point\* points,) size_t/\1 uint32_t/' \
    value_of_udf_algorithm_points
bites 'another result' 's/void \(\*log\)/int (*log)/' value_of_udf_host_log
bites 'another value' 's/UDF_DURATION = 4/UDF_DURATION = 5/' value_of_UDF_DURATION
bites 'a member renamed' 's/algorithm_count;/number;/' algorithm_count
bites 'a member gone' 's/^    int \(\*stop\).*//' stop
bites 'the entry renamed' 's/udf_plugin_v1\(void\)/udf_plugin_one(void)/' 'Removed function|udf_plugin_v1'
bites 'the entry looked up by another name' 's/"udf_plugin_v1"/"udf_plugin_one"/' UDF_PLUGIN_ENTRY

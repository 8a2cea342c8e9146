#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# layout.sh RELEASED TODAY: fails where udf_plugin.h in the directory TODAY breaks a plugin or a host that was built
# with the one in RELEASED, and says what. Members at the end of a table (host, algorithm, plugin) are no such thing.
# Exit status 1: it breaks; 77: abidiff is not installed.
set -euo pipefail
released=$1/udf_plugin.h today=$2/udf_plugin.h
command -v abidiff >/dev/null || { echo "left out: abidiff is not installed (package abigail-tools)" && exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A library from whose symbols everything in the released header can be reached: each frozen type, the type and the
# offset of each member, each constant; numbers become sizes of arrays. abidiff can be told to allow members at the end
# of a type, but is then silent on members that changed their places too, so tables are compared member by member.
# The entry is exported only as far as the header declares it.
tables='^udf_(host|algorithm|plugin)$'
exported() { echo "extern \"C\" UDF_EXPORT $1; $1;"; }
{
    echo '#include <udf_plugin.h>'
    sed -nE 's/^UDF_CHECK\(sizeof\((udf_[a-z]+)\) == .*/\1/p' "$released" | grep -vE "$tables" | while read -r type; do
        exported "$type all_of_$type"
    done
    sed -nE 's/^UDF_CHECK\(sizeof\((udf_[a-z]+)\) == ([0-9]+)\);/static_assert(sizeof(\1) >= \2, "less");/p' \
        "$released"
    sed -nE 's/^UDF_CHECK_AT\((.*), (.*), .*, .*\);/\1 \2/p' "$released" | while read -r type member; do
        echo "using type_of_${type}_$member = decltype($type::$member);"
        exported "type_of_${type}_$member value_of_${type}_$member"
        exported "char place_of_${type}_$member[offsetof($type, $member) + 1]"
    done
    sed -nE 's/^enum \{(.*)/\1/p' "$released" | grep -oE 'UDF_[A-Z_]+ =' | while read -r name _; do
        exported "char value_of_$name[$name + 1]"
    done
    echo 'static_assert(__builtin_strcmp(UDF_PLUGIN_ENTRY, "udf_plugin_v1") == 0, "UDF_PLUGIN_ENTRY");'
    echo 'extern "C" const udf_plugin* udf_plugin_v1(void) { return nullptr; }'
} >"$work/all.cpp"

library() { # library DIRECTORY NAME
    "${CXX:-g++}" -std=c++17 -g -O0 -gdwarf-4 -fPIC -shared -fvisibility=hidden -I"$1" "$work/all.cpp" -o "$work/$2.so"
}

printf '[suppress_type]\n  name_regexp = %s\n' "$tables" >"$work/allowed"
library "$(dirname "$released")" released
library "$(dirname "$today")" today || { echo "$today: what was there before does not compile any more" && exit 1; }
abidiff --suppressions "$work/allowed" "$work/released.so" "$work/today.so" || exit 1

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# template.sh LANGUAGE EDGE NAME DIR: `udf-host new NAME` in DIR, which is made anew; then what it says, each line as
# it is: it must build without a warning, export the entry alone, make of its test.lp what EDGE.lp says, and pass
# `udf-host check`. For a stream, then whatever else its README says. Needs an installed udf-host in PATH.
# Exit status: 0 all of it, 1 not so, 77 no tool for this language here.
set -euo pipefail
language=$1 edge=$2 name=$3
expected=$(realpath "$(dirname "$0")")/$edge.lp
case $language in
    rust) tool=cargo ;;
    go) tool=go ;;
    *) tool=cmake ;;
esac
command -v "$tool" >/dev/null || { echo "left out: no $tool here" && exit 77; }
rm -rf "$4" && mkdir -p "$4" && cd "$4"

udf-host new "$name" --lang "$language" --edge "$edge" 2>next
cat next
paste_lines() { # those of `next` that `grep ARGUMENTS` finds, in the folder
    bash -euo pipefail -c "$(sed -n 1p next; sed 1d next | grep "$@")"
}
paste_lines -v '^udf-host ' 2>&1 | tee build.log
if grep -i 'warning' build.log; then exit 1; fi

cd "$name" && plugin=$(grep -o -- '--plugin [^ ]*' ../next | cut -d ' ' -f 2) && plugin=$PWD/$plugin && cd ..
exports=$("$NM" -D --defined-only "$plugin" | awk '{ print $NF }')
[[ $exports == udf_plugin_v1 ]] || { echo "$plugin exports: $exports" && exit 1; }

paste_lines '^udf-host run ' >printed
diff -u --label expected <(sed "s/NAME/$name/" "$expected") --label printed printed

paste_lines '^udf-host check '

[[ $edge == stream ]] || exit 0 # the README is the same
cd "$name"
awk '/^```sh/ { inside = ++n > 1; next } /^```/ { inside = 0 } inside' README.md >../other_blocks
echo '--- the other commands of README.md' && cat ../other_blocks
bash -euo pipefail ../other_blocks

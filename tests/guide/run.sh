#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# run.sh GUIDE DIR: does in DIR what the guide says. In order of the text: code blocks whose first
# line names a file become that file, sh blocks are run, and an output block must be what the block
# before it printed. Then every plugin of the guide is built, without a warning, and run.
set -euo pipefail
guide=$(realpath "$1")
rm -rf "$2" && mkdir -p "$2" && cd "$2"

# Each block into blocks/NN.KIND.
mkdir blocks
awk '
    /^```/ && !inside { inside = 1; kind = substr($0, 4); file = sprintf("blocks/%02d.%s", ++n, kind); printf "" > file; next }
    /^```/ { inside = 0; close(file); next }
    inside { print > file }
' "$guide"

for block in blocks/*; do
    case $block in
        *.cpp | *.c | *.cmake)
            name=$(head -n 1 "$block" | sed -nE 's#^(//|/\*|\#) ([A-Za-z_]+\.[a-z]+).*#\2#p')
            test -n "$name" || { echo "$block does not name its file in its first line" >&2; exit 1; }
            cp "$block" "$name"
            ;;
        *.sh)
            echo "--- $block" && cat "$block"
            bash -euo pipefail "$block" > printed || { cat printed; echo "failed: $block" >&2; exit 1; }
            cat printed
            ;;
        *.output)
            diff -u --label "the guide says" "$block" --label "it printed" printed
            ;;
    esac
done

# The first plugin of the guide is what it promises to be.
lines=$(grep -c . blocks/01.cpp)
test "$lines" -lt 15 || { echo "the first plugin has $lines lines" >&2; exit 1; }

for source in *.cpp; do
    "$CXX" -std=c++20 -O2 -Wall -Wextra -Wpedantic -Werror "$source" -o "${source%.cpp}.so" \
        $(pkg-config --cflags --libs udf-plugin)
    udf-host info "./${source%.cpp}.so" | grep -w "${source%.cpp}"
done

# expect LINES COMMAND...: COMMAND prints LINES.
expect() {
    local expected=$1
    shift
    diff -u --label expected <(echo "$expected") --label printed <("$@")
}
expect 'cpu,host=a n=1i 1000
cpu,host=b n=1i 2000
cpu,host=a n=2i 3000' udf-host run --plugin ./nth.so --group-by host <<'END'
cpu,host=a usage=50 1000
cpu,host=b usage=81i 2000
cpu,host=a usage=50 3000
END
expect 'cpu,host=a usage=60 2000000000
cpu,host=a usage=70 11000000000' udf-host run --plugin ./largest.so --option field=usage --window 10s <<'END'
cpu,host=a usage=50 1000000000
cpu,host=a usage=60 2000000000
cpu,host=a usage=40 3000000000
cpu,host=a usage=70 11000000000
END

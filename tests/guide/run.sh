#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# run.sh GUIDE DIR: does in DIR, which is made anew, what the text GUIDE says, block after block. Needs an
# installed udf-host in PATH and its pkg-config file; CC, CXX and PYTHON3 where they are not cc, c++ and python3.
#
#   cpp, c, go, rust   Name their file in a comment on the first line, as `// half.cpp`, and become it. It is
#   python             compiled, C and C++ without a warning, a header on its own. A file that makes a plugin must be
#                      run by an sh block, and its .so must have an algorithm of the file's name.
#   cmake              names its file too; an sh block must configure it
#   ld                 a version script: names its file too, in /* */; an sh block must use it
#   sh                 is run by bash in DIR, from first to last, and must succeed
#   output             is what the sh block before it printed on standard output; `...` in it stands for anything
#   toml, javascript   parsed; a TICKscript (javascript) for quotes and brackets that close
#
# There is no other kind of block, and no block outside ``` at the left margin. At least one output is shown. The
# first plugin of README.md has less than 15 lines.
# Exit status: 0 all is as the guide says, 1 something is not, 77 it is, but something was left out: the last line says
# what and why.
set -euo pipefail
guide=$(realpath "$1")
rm -rf "$2" && mkdir -p "$2" && cd "$2"
here=$PWD
export LC_ALL=C.UTF-8 # as `ls` sorts
: "${CC:=cc}" "${CXX:=c++}" "${PYTHON3:=python3}"
warnings=(-Wall -Wextra -Wpedantic -Werror)
steadily=() # sanitizers of older compilers cannot place their shadow where addresses are very random
! setarch -R true 2>/dev/null || steadily=(setarch -R)
left_out=''

fail() {
    printf '%s: %s\n' "$guide" "$*" >&2
    exit 1
}
leave_out() { left_out+="${left_out:+; }$*"; }

# have TOOL WHAT: false where there is no such tool, and WHAT is left out.
have() {
    command -v "$1" >/dev/null || { leave_out "$2: no $1 here" && return 1; }
}

# Each block into blocks/NN.KIND.
mkdir blocks
awk '
    function bad(why) { printf "%s:%d: %s\n", FILENAME, FNR, why > "/dev/stderr"; failed = 1; exit 1 }
    /^```/ && !inside {
        kind = substr($0, 4)
        if (kind !~ /^[a-z]+$/) bad("a block of no kind, or of more than one word")
        inside = 1; file = sprintf("blocks/%02d.%s", ++n, kind); printf "" > file; next
    }
    /^```$/ { inside = 0; close(file); next }
    inside { print > file; next }
    /^[ \t>*-]+(```|~~~)|^~~~|^(    |\t)|<pre/ { bad("a block that is not between ``` at the left margin") }
    END { if (inside && !failed) bad("a block that does not end") }
' "$guide"

# named_file BLOCK: the file that the block is to be.
named_file() {
    local name
    name=$(head -n 1 "$1" | sed -nE 's#^(//|/\*|\#) ([A-Za-z0-9_/]+\.[a-z]+)( \*/)?$#\2#p')
    [[ -n $name && $name != /* ]] || fail "$1 does not name its file in its first line"
    printf '%s\n' "$name"
}

flags=$(pkg-config --cflags udf-plugin)
plugins=()
compile() {
    case $1 in
        *.cpp) "$CXX" -std=c++20 "${warnings[@]}" $flags -fsyntax-only "$1" ;;
        *.c) "$CC" -std=c11 "${warnings[@]}" $flags -fsyntax-only "$1" ;;
        *.hpp) "$CXX" -std=c++20 "${warnings[@]}" $flags -fsyntax-only -x c++ -include "./$1" /dev/null ;;
        *.h) "$CC" -std=c11 "${warnings[@]}" $flags -fsyntax-only -x c -include "./$1" /dev/null ;;
        *.py) ! have "$PYTHON3" "$1" || "$PYTHON3" -m py_compile "$1" ;;
        *.go) ! have go "$1" || go build -o compiled.o "$1" ;;
        *.rs) ! have rustc "$1" || rustc --edition 2021 --crate-type lib --emit metadata -o compiled.o "$1" ;;
        *) fail "$1: nobody compiles such a file" ;;
    esac || fail "$1 does not compile"
    ! grep -qE '^UDF_PLUGIN\(|udf_plugin_v1\(void\)' "$1" || plugins+=("$1")
}

parse_toml() {
    "$PYTHON3" -c 'import tomllib' 2>/dev/null || { leave_out "$1: no $PYTHON3 with tomllib here" && return; }
    "$PYTHON3" -c 'import sys, tomllib; tomllib.load(open(sys.argv[1], "rb"))' "$1" || fail "$1 is no TOML"
}

# Strings and comments are taken out first, then pairs of brackets from the inside.
parse_tickscript() {
    local left
    left=$(sed -E "s#'(\\\\.|[^'\\\\])*'##g; s#\"[^\"]*\"##g; s#//.*##" "$1" | tr -cd "][(){}'\"" |
        sed -E ':pair; s/\(\)|\[\]|\{\}//; t pair')
    [[ -z $left ]] || fail "$1: what does not close: $left"
}

# printed_as OUTPUT: whether the file `printed` is what the block shows.
printed_as() {
    local pattern
    pattern=$(sed -E 's/[][*?\\]/\\&/g; s/\.\.\./*/g' "$1")
    # shellcheck disable=SC2053 # it is a pattern
    [[ $(<printed) == $pattern ]] ||
        fail "$(diff -u --label "the guide says" "$1" --label "it printed" printed)"
}

blocks=$(ls blocks)
ran=''
outputs=0
for block in $blocks; do
    block=blocks/$block
    [[ $block == *.output ]] || ran=''
    case $block in
        *.cpp | *.c | *.python | *.go | *.rust | *.cmake | *.ld)
            file=$(named_file "$block")
            mkdir -p "$(dirname "$file")"
            cp "$block" "$file"
            case $block in *.cmake | *.ld) ;; *) compile "$file" ;; esac
            ;;
        *.sh)
            printf -- '--- %s\n' "$block" && cat "$block"
            "${steadily[@]}" bash -euo pipefail "$block" >printed </dev/null || { cat printed; fail "failed: $block"; }
            cat printed
            ran=$block
            ;;
        *.output)
            outputs=$((outputs + 1))
            [[ -n $ran ]] || fail "$block: there is no sh block right before it"
            printed_as "$block"
            ;;
        *.toml) parse_toml "$block" ;;
        *.javascript) parse_tickscript "$block" ;;
        *) fail "$block: a kind of block that nobody checks" ;;
    esac
done
((outputs > 0)) || fail "it shows no output"
[[ $guide != */README.md || $(grep -c . blocks/01.cpp) -lt 15 ]] || fail "the first plugin has 15 lines or more"

for source in "${plugins[@]}"; do
    name=$(basename "${source%.*}")
    grep -qE "udf-host run.* --plugin [^ ]*\b$name(\.so)? " blocks/*.sh || fail "$source is never run"
    while read -r built; do
        udf-host info "$built" | grep -w "$name"
    done < <(find . -name "$name.so")
done
for block in $(find blocks -name '*.ld'); do
    grep -qF "$(named_file "$block")" blocks/*.sh || fail "$block is never used"
done
for block in $(find blocks -name '*.cmake'); do
    folder=$here/$(dirname "$(named_file "$block")")
    grep -rqx --include CMakeCache.txt "CMAKE_HOME_DIRECTORY:INTERNAL=$(realpath "$folder")" . ||
        fail "$block is never configured"
done

[[ -z $left_out ]] || { printf 'left out: %s\n' "$left_out" && exit 77; }

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# hardened.sh PACKAGES BUILD: every program and plugin in the packages is hardened, stripped, and silent of where it was
# built: BUILD is a directory above that.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/packages.sh" "$1"
source_tree=$2
command -v readelf >/dev/null || skip 'there is no readelf here'
export LC_ALL=C

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for package in "${packages[@]}"; do dpkg-deb -x "$(file_of "$package")" "$scratch"; done

looked_at=0
while read -r file; do
    [[ $(head -c 4 "$file" | tail -c 3 | tr -d '\0') = ELF ]] || continue
    looked_at=$((looked_at + 1))
    name=${file#"$scratch"}
    headers=$(readelf -hldSW "$file" 2>/dev/null)
    is() { grep -qE -- "$1" <<<"$headers" || fail "$name: $2"; }
    is_not() { ! grep -qE -- "$1" <<<"$headers" || fail "$name: $2"; }
    is 'Type: +DYN' 'loads at a fixed address'
    is 'GNU_RELRO' 'its relocations stay writable'
    is 'FLAGS.*BIND_NOW|FLAGS_1.* NOW' 'binds symbols when they are first called'
    is 'GNU_STACK.* RW ' 'its stack is executable'
    is_not '\(TEXTREL\)' 'its code is written to'
    is_not '\((RPATH|RUNPATH)\)' 'looks for libraries in places of its own'
    is_not '\] \.symtab ' 'is not stripped'
    is '\] \.note\.gnu\.build-id ' 'has no build id to find its symbols by'
    [[ $name != */bin/* ]] || is 'FLAGS_1.* PIE' 'is no position-independent executable'
    ! grep -qaF -e "$source_tree" -e "$(hostname)/" "$file" || fail "$name: says where it was built"

    symbols=$(readelf -sW --dyn-syms "$file")
    case $name in
        *.so) ;;  # a small one has no array to guard
        *) grep -q '__stack_chk_fail' <<<"$symbols" && grep -qE '__[a-z]+_chk@' <<<"$symbols" ||
            fail "$name: stack and buffers are not guarded" ;;
    esac
    # endbr64, where a call may land. Files are marked as wholes only where the compiler's own objects are, as not in
    # Debian 12.
    [[ $(uname -m) != x86_64 || $(grep -caP '\xf3\x0f\x1e\xfa' "$file") -gt 0 ]] || fail "$name: its calls can be led anywhere"
done < <(find "$scratch" -type f)
((looked_at >= 7)) || fail "only $looked_at files of machine code in the packages"
echo "$looked_at files of machine code are hardened"

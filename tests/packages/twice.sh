#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# twice.sh TREE: two copies of the source tree TREE, in different directories, of different times, under different
# umasks, zones and languages, make the same bytes of udf-host-plugins and udf-plugin-dev. They are what compiles in
# seconds; udf-host is compiled and packed by the same rules, and tests/packages/hardened.sh looks for traces in it.
set -euo pipefail
tree=$1
for tool in cpack dpkg-deb dpkg-shlibdeps file; do
    command -v "$tool" >/dev/null || { echo "Skipped: there is no $tool here" && exit 77; }
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# make WHERE LOG: copies, builds and packs there.
make() {
    mkdir -p "$1"
    (cd "$tree" && tar -c --exclude=./build --exclude=./.git --exclude=target .) | tar -xm --no-same-permissions -C "$1"
    (
        cd "$1"
        cmake --preset package
        cmake --build build/package --target plugins/all changes changes_of_packages
        cpack --config build/package/CPackConfig.cmake -B "$PWD/packages" -D 'CPACK_COMPONENTS_ALL=plugins;dev'
    ) >"$2" 2>&1 || { tail -n 40 "$2" >&2 && exit 1; }
}
(umask 022 && export TZ=UTC LC_ALL=C && make "$scratch/one" "$scratch/one.log") &
first=$!
(umask 077 && export TZ=Asia/Kathmandu LC_ALL=C.UTF-8 CCACHE_DISABLE=1 && make "$scratch/another/place" "$scratch/two.log")
wait "$first"

inside() { # inside DEB: its files, and what they are
    local unpacked
    unpacked=$(mktemp -d "$scratch/unpacked.XXXX")
    dpkg-deb -c "$1"
    dpkg-deb -R "$1" "$unpacked"
    (cd "$unpacked" && find . -type f -exec sha256sum {} + | sort -k 2 && cat DEBIAN/control)
}
status=0
for package in udf-host-plugins udf-plugin-dev; do
    one=("$scratch/one/packages/$package"_*.deb)
    another=$scratch/another/place/packages/${one[0]##*/}
    cmp "${one[0]}" "$another" && continue
    status=1
    diff <(inside "${one[0]}") <(inside "$another") || true
done
exit $status

# SPDX-License-Identifier: MIT
# Sourced with the directory that packages are in: what the tests of packages share. Skips the test where there is none.
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
debs=$1
packages=(udf-host udf-host-plugins udf-plugin-dev)

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}
skip() {
    printf 'Skipped: %s\n' "$1"
    exit 77
}
command -v dpkg-deb >/dev/null || skip 'there is no dpkg here'
[[ -n $(find "$debs" -name '*.deb' 2>/dev/null) ]] || skip 'no packages are built; packaging/packages does that'

# file_of PACKAGE
file_of() {
    local found=("$debs/$1"_*.deb)
    [[ ${#found[@]} = 1 && -e ${found[0]} ]] || fail "not one file of $1 in $debs: ${found[*]}"
    printf '%s\n' "${found[0]}"
}
# control PACKAGE FILE: that file of its control archive
control() { dpkg-deb --ctrl-tarfile "$(file_of "$1")" | tar -xO "./$2"; }
# field PACKAGE NAME
field() { dpkg-deb -f "$(file_of "$1")" "$2"; }

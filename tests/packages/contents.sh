#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# contents.sh PACKAGES: the three packages in the directory PACKAGES hold what lists/ says, with its modes, all of root's,
# at one time; none overwrites another's.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/packages.sh" "$1"

# What changes from version to version, and what each architecture calls otherwise. Of a directory that holds what is
# written for people, or in another language, the name alone is listed.
listed() {
    dpkg-deb -c "$1" | awk '
        { print $1, $2 == "root/root" ? $6 : $6 " of " $2 }' |
        sed -E "s|/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)/|/lib/TRIPLET/|g
                s|/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)/\$|/lib/TRIPLET/|" |
        grep -vE ' \./usr/share/doc/[^/]+/(examples|guide)/.| \./usr/share/udf-plugin/(go|rust)/.' |
        grep -vE '\./usr/share/doc/udf-host/[^/]*\.md$' | sort -k2
}
for package in "${packages[@]}"; do
    deb=$(file_of "$package")
    listed "$deb" | diff -u "$here/lists/$package" - ||
        fail "$package holds something else than tests/packages/lists/$package says (+: it has, -: it has not)"
    [[ $(dpkg-deb -c "$deb" | awk '{ print $4, $5 }' | sort -u | wc -l) = 1 ]] || fail "$package: files of several times"
done

contains() { dpkg-deb -c "$(file_of "$1")" | grep " \\./$2\$" >/dev/null || fail "$1 has no /$2"; }
contains udf-plugin-dev usr/share/udf-plugin/rust/Cargo.toml
contains udf-plugin-dev usr/share/udf-plugin/go/go.mod
contains udf-plugin-dev usr/share/udf-plugin/go/udf_plugin.h
contains udf-plugin-dev usr/share/doc/udf-plugin-dev/guide/first-algorithm.md
contains udf-plugin-dev usr/share/doc/udf-plugin-dev/examples/moving_avg.cpp
contains udf-host-plugins usr/share/doc/udf-host-plugins/examples/moving_avg.tick
contains udf-host usr/share/doc/udf-host/guard.md

twice=$(for package in "${packages[@]}"; do dpkg-deb -c "$(file_of "$package")"; done |
    awk '!/\/$/ { print $6 }' | sort | uniq -d)
[[ -z $twice ]] || fail "in two packages: $twice"

[[ $(control udf-host conffiles) = /etc/udf-host/udf-host.toml ]] || fail 'the configuration is not a conffile'
for package in "${packages[@]}"; do  # what dpkg --verify holds against
    scratch=$(mktemp -d)
    dpkg-deb -x "$(file_of "$package")" "$scratch"
    control "$package" md5sums | (cd "$scratch" && md5sum --quiet -c) || fail "$package: its checksums are of other files"
    rm -rf "$scratch"
done

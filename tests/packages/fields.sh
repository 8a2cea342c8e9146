#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# fields.sh PACKAGES VERSION: what apt reads of the three packages. VERSION is udf-host's own.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/packages.sh" "$1"

version=$(field udf-host Version)
[[ $version = "$2"-* ]] || fail "the packages are of version $version, udf-host is of $2"
is() { # is PACKAGE FIELD VALUE
    [[ $(field "$1" "$2") = "$3" ]] || fail "$1: $2 is '$(field "$1" "$2")' and not '$3'"
}
has() { # has PACKAGE FIELD VALUE: one of several
    field "$1" "$2" | tr ',' '\n' | sed 's/^ *//' | grep -xF -- "$3" >/dev/null || fail "$1: '$3' is not in $2: $(field "$1" "$2")"
}
for package in "${packages[@]}"; do
    is "$package" Source udf-host
    is "$package" Version "$version"
    is "$package" Priority optional
    is "$package" Architecture "$(dpkg --print-architecture)"
    [[ $(field "$package" Maintainer) =~ ^[^\<]+\ \<[^\>]+\>$ ]] || fail "$package: maintainer $(field "$package" Maintainer)"
    description=$(field "$package" Description)
    [[ ${#description} -gt 100 && ${description%%$'\n'*} =~ ^[a-z].{20,78}[^.]$ ]] || fail "$package: $description"
    [[ $(field "$package" Installed-Size) -gt 0 ]] || fail "$package: no size"
done
is udf-host Section net
is udf-host-plugins Section net
is udf-plugin-dev Section libdevel

# The libraries come from the files themselves; what one must not have without the other, from one build.
has udf-host Depends 'systemd | systemd-standalone-sysusers | systemd-sysusers'
has udf-host Recommends "udf-host-plugins (= $version)"
has udf-host Suggests kapacitor
has udf-host-plugins Depends "udf-host (= $version)"
has udf-plugin-dev Recommends "udf-host (= $version)"
for package in udf-host udf-host-plugins; do
    field "$package" Depends | grep -E '(^|, )libc6 \(>= [0-9.]+\)' >/dev/null || fail "$package: no libc6 among $(field "$package" Depends)"
    field "$package" Depends | grep -E '(^|, )libstdc\+\+6 \(>= ' >/dev/null || fail "$package: no libstdc++6"
done
field udf-host Depends | grep -q protobuf && fail 'udf-host needs a protobuf: its own is not linked in'
[[ -z $(field udf-plugin-dev Depends) ]] || fail "udf-plugin-dev needs something: $(field udf-plugin-dev Depends)"
for script in postinst prerm postrm; do control udf-host "$script" | sh -n || fail "$script is no shell script"; done

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# units.sh UDF_HOST PACKAGING: systemd finds nothing wrong with the units, says that the sandbox is tight, and makes the
# users and directories as they are meant. Ends with 77 where its tools are missing.
set -euo pipefail

udf_host=$1 packaging=$2
for tool in systemd-analyze systemd-sysusers systemd-tmpfiles; do
    command -v "$tool" >/dev/null || { echo "there is no $tool here" && exit 77; }
done
root=$(mktemp -d)
mkdir "$root/etc"
trap 'rm -rf --one-file-system "$root"' EXIT

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# As installed, but for where the executable is.
for unit in service socket; do
    sed "s|/usr/bin/udf-host |$udf_host |" "$packaging/systemd/udf-host.$unit" >"$root/udf-host.$unit"
done
said=$(systemd-analyze verify --man=no "$root/udf-host.service" "$root/udf-host.socket" 2>&1) || fail 'verify:' "$said"
# Units of this machine that others wrote are not ours to mend.
said=$(grep -F 'udf-host' <<<"$said" || true)
[[ -z $said ]] || fail 'verify:' "$said"

said=$(systemd-analyze security --no-pager --offline=true --threshold=20 "$root/udf-host.service" 2>&1) ||
    fail 'the sandbox has an exposure of more than 2.0:' "$said"
grep -q 'Overall exposure level' <<<"$said" || fail 'no exposure level:' "$said"

# Users as they are after the installation, and once more: nothing is done twice.
for _ in 1 2; do
    systemd-sysusers --root="$root" - <"$packaging/systemd/sysusers.conf" >"$root/said" 2>&1 || fail "sysusers: $(<"$root/said")"
done
for user in udf-host kapacitor; do
    [[ $(grep -c "^$user:" "$root/etc/passwd") = 1 ]] || fail "sysusers made no user $user"
done
grep -q '^kapacitor:.*[:,]udf-host$' "$root/etc/group" || fail 'udf-host is not in the group kapacitor'

if ((EUID == 0)); then
    systemd-tmpfiles --root="$root" --create - <"$packaging/systemd/tmpfiles.conf" || fail 'tmpfiles failed'
    id_of() { grep "^$2:" "$root/etc/$1" | cut -d: -f3; }
    owners="$(id_of passwd udf-host):$(id_of group kapacitor)"
    [[ $(stat -c '%a %u:%g' "$root/run/udf-host") = "755 $owners" ]] || fail 'the mode or owner of /run/udf-host is wrong'
    [[ $(stat -c '%a %u:%g' "$root/run/udf-host/control") = "2770 $owners" ]] ||
        fail 'the mode or owner of /run/udf-host/control is wrong'
fi

# What the unit starts with.
said=$("$udf_host" check-config "$packaging/udf-host.toml" 2>&1) || fail 'the configuration as installed is refused:' "$said"

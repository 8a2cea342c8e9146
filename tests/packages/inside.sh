#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# inside.sh: as root in a fresh root with the packages in /packages, and newer ones in /packages/newer: installed, used,
# upgraded, removed, purged. Says "passed: " for each.
set -euo pipefail
cd /packages
fail() {
    printf 'failed: %s\n' "$1" >&2
    exit 1
}
apt() { DEBIAN_FRONTEND=noninteractive apt-get -qy --no-install-recommends -o APT::Keep-Downloaded-Packages=true "$@"; }
passed() { printf 'passed: %s (%d s)\n' "$1" "$SECONDS"; }
all_files() {
    find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /root -o -path /packages \
        -o -path /var/cache -o -path /var/log -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/backups \) \
        -prune -o -print | sort
}

apt update
# What the packages ask for by name, and nothing more; and what an author has.
for deb in *.deb; do
    [[ $deb = *dbgsym* ]] || dpkg-deb -f "$deb" Depends | tr ',' '\n' | grep -v '^ *udf-' || true
done | paste -sd, >needed
apt satisfy "$(<needed)"
apt install man-db g++ cmake make pkg-config
apt install -f
all_files >before
passed 'what they depend on is there'

# ---- Installed ----

apt install ./udf-host_*.deb ./udf-host-plugins_*.deb ./udf-plugin-dev_*.deb | tee log
grep -q '^0 upgraded, 3 newly installed, 0 to remove' log || fail 'the packages need more than they say'
version=$(dpkg-deb -f udf-host_*.deb Version)
[[ $(udf-host --version) = *"${version%-*}"* ]] || fail "it is version $(udf-host --version)"
for name in mirror mirror_batch set_field default moving_avg outliers; do
    udf-host list | grep -qw "$name" || fail "udf-host list does not know $name"
done
man udf-host 2>man.err | grep -q 'udf-host' || fail 'there is no manual'
[[ ! -s man.err ]] || fail "the manual: $(<man.err)"
completed=$(bash -c 'source /usr/share/bash-completion/completions/udf-host
    COMP_WORDS=(udf-host run --plugin moving) COMP_CWORD=3
    _udf_host udf-host || true
    echo "${COMPREPLY[*]}"' 2>/dev/null)
[[ $completed = moving_avg ]] || fail "bash completes 'moving' to '$completed'"
dpkg --verify udf-host udf-host-plugins udf-plugin-dev
getent passwd udf-host >/dev/null || fail 'there is no user udf-host'
id -nG udf-host | grep -qw kapacitor || fail 'the user udf-host is not of the group kapacitor'
[[ $(stat -c '%U %G %a' /run/udf-host/control) = 'udf-host kapacitor 2770' ]] ||
    fail "the directory of the control sockets: $(stat -c '%U %G %a' /run/udf-host/control)"
for unit in multi-user.target.wants/udf-host.service sockets.target.wants/udf-host.socket; do
    [[ -L /etc/systemd/system/$unit ]] || fail "not enabled: $unit"
done
udf-host check-config /etc/udf-host/udf-host.toml
passed 'installed: program, plugins, manual, completion, users, units, without a systemd that runs'

# ---- Plugins built against it ----

export NM=nm
. ./plugin.sh
mkdir author && cd author
write_plugin outside.cpp
write_c_plugin outside_c.c
# shellcheck disable=SC2046 # words
g++ -std=c++20 -O2 outside.cpp -o outside.so $(pkg-config --cflags --libs udf-plugin)
# shellcheck disable=SC2046
gcc -O2 outside_c.c -o outside_c.so $(pkg-config --cflags --libs udf-plugin)
check_plugin outside.so outside
check_plugin outside_c.so outside_c
passed 'a plugin by pkg-config'
udf-host new half
cmake -S half -B half/build >/dev/null
cmake --build half/build
udf-host check "$(find half/build -name '*.so')"
passed 'a plugin by udf-host new and CMake'
cd ..

# ---- Upgraded, by a systemd that notes what it is told ----

mkdir -p /run/systemd/system
for tool in systemctl deb-systemd-invoke; do
    mv "/usr/bin/$tool" "/usr/bin/$tool.real"
    printf '#!/bin/sh\necho "%s $*" >>/packages/told\n' "$tool" >"/usr/bin/$tool"
    chmod +x "/usr/bin/$tool"
done
sed -i 's/^socket-group/# mine\nsocket-group/' /etc/udf-host/udf-host.toml

setpriv --reuid udf-host --regid kapacitor --clear-groups udf-host serve --config /etc/udf-host/udf-host.toml 2>serve.log &
server=$!
for ((i = 0; i < 300; i++)); do [[ ! -S /run/udf-host/mirror.sock ]] || break; sleep 0.1; done
perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "$!"; print "connected\n"; $| = 1;
    close STDOUT; sysread STDIN, $_, 1;' /run/udf-host/mirror.sock < <(exec sleep 600) >connected &
task=$!
for ((i = 0; i < 300; i++)); do [[ ! -s connected ]] || break; sleep 0.1; done
[[ -s connected ]] || fail "nobody serves: $(<serve.log)"
mkfifo stdin
udf-host --plugin mirror <stdin >/dev/null 2>stdio.log &
function=$!
exec 9>stdin  # after the others were started: who has it keeps the function going

apt install ./newer/udf-host_*.deb ./newer/udf-host-plugins_*.deb ./newer/udf-plugin-dev_*.deb | tee log
grep -q '^3 upgraded, 0 newly installed' log || fail 'they were not upgraded'
[[ $(dpkg-query -W -f '${Version}' udf-host) = *-99 ]] || fail 'the newer one is not there'
grep -q '^# mine' /etc/udf-host/udf-host.toml || fail 'what an administrator configured is gone'
[[ ! -e /etc/udf-host/udf-host.toml.dpkg-new ]] || fail 'a configuration that nobody changed was asked about'
grep -q 'daemon-reload' told || fail 'systemd was not told of the units'
! grep -q ' restart ' told || fail 'a task was connected, and the service restarted'
grep -q "the service goes on as the version before" log || fail 'nobody says that the service is the old one'
kill -0 "$server" "$function" "$task" || fail 'an upgrade ended what runs'
passed 'upgraded: the configuration kept, tasks and functions on stdin and stdout go on'

kill "$task"
wait "$task" || true
for ((i = 0; i < 300; i++)); do
    awk '$6 == "03" && $8 ~ "^/run/udf-host/[^/]*$"' /proc/net/unix | grep -q . || break
    sleep 0.1
done
: >told
apt install --reinstall ./newer/udf-host_*.deb | tee log
grep -q '^deb-systemd-invoke restart udf-host.service' told || fail 'nobody was connected, and the service is the old one'
exec 9>&-
wait "$function" || fail "a function whose Kapacitor is gone did not end well: $(<stdio.log)"
kill "$server"
wait "$server" || fail "the server did not end well: $(<serve.log)"
passed 'upgraded: a service that nobody uses is restarted'

# ---- Removed and purged ----

: >told
apt remove udf-host udf-host-plugins udf-plugin-dev
grep -q '^deb-systemd-invoke stop .*udf-host.service' told || fail 'a removed service is not stopped'
[[ ! -e /usr/bin/udf-host ]] || fail 'removed, and still there'
grep -q '^# mine' /etc/udf-host/udf-host.toml || fail 'the configuration went with the program'
mkdir -p /var/lib/udf-host /run/udf-host
touch /var/lib/udf-host/moving_avg.dead /run/udf-host/mirror.sock /etc/udf-host/udf-host.toml~
apt purge udf-host udf-host-plugins udf-plugin-dev
for tool in systemctl deb-systemd-invoke; do mv "/usr/bin/$tool.real" "/usr/bin/$tool"; done
rm -r /run/systemd/system
rmdir /run/systemd 2>/dev/null || true
all_files >after
diff before after >left || true
grep -vE '^[0-9,]+[acd][0-9,]+$| /etc/((passwd|group|g?shadow)-|\.pwd\.lock)$| /run/systemd$' left >unexpected || true
[[ ! -s unexpected ]] || fail "left behind (>) or taken away (<): $(<unexpected)"
getent passwd kapacitor >/dev/null || fail 'the user kapacitor went with udf-host'
passed 'removed and purged: nothing is left, and the users stay'

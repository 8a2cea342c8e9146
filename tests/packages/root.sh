#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# root.sh PACKAGES BUILD SCRATCH: the packages in the directory PACKAGES, made in the build directory BUILD, from apt's
# point of view: in a fresh root of this machine's distribution, see inside.sh. What was downloaded stays in SCRATCH for
# the next time. Everything is mounted in a name space of its own and goes with it, and so does what runs there.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/packages.sh" "$1"
build=$2 scratch=$3

if [[ ${4-} = --mounted ]]; then # by ourselves, below; the rest are what they were there
    root=$5 site=$6 codename=$7
    mkdir -p "$scratch/archives"
    mount -t proc proc /proc  # of the processes in here
    debootstrap --variant=minbase --cache-dir="$scratch/archives" "$codename" "$root" "$site"
    mount -t proc proc "$root/proc"
    mount -t tmpfs tmpfs "$root/dev/shm"
    mount -t devpts devpts "$root/dev/pts"
    mount --bind "$scratch/archives" "$root/var/cache/apt/archives"
    for file in /etc/apt/{sources.list,sources.list.d,apt.conf.d,trusted.gpg.d,keyrings,auth.conf.d} /usr/share/keyrings; do
        [[ ! -e $file ]] || cp -a --no-target-directory "$file" "$root$file"
    done
    rm -f "$root"/etc/apt/apt.conf.d/*docker*  # it would empty the cache
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    mkdir "$root/packages" "$root/packages/newer"
    cp "$debs"/*.deb "$root/packages"
    (umask 022 && cpack --config "$build/CPackConfig.cmake" -B "$scratch/newer" -D CPACK_DEBIAN_PACKAGE_RELEASE=99)
    mv "$scratch"/newer/*.deb "$root/packages/newer"
    rm -rf "$scratch/newer"
    cp "$here/inside.sh" "$here/../install/plugin.sh" "$root/packages"
    exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C \
        chroot "$root" bash /packages/inside.sh
fi

[[ -n ${PACKAGES_ROOT-} ]] || skip 'takes minutes and the network: PACKAGES_ROOT=1 runs it'
((EUID == 0)) || skip 'only root can make a root to install into'
command -v debootstrap >/dev/null || skip 'there is no debootstrap here'
unshare -m --propagation private --pid --fork true 2>/dev/null || skip 'nothing may be mounted here'
codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
[[ -e /usr/share/debootstrap/scripts/$codename ]] || skip "debootstrap does not know $codename"
# shellcheck disable=SC2016 # for apt-get
site=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
    awk -v release="$codename" '$2 == release { print $1; exit }')
[[ -n $site ]] || skip "apt has no source of $codename"
free=$(df --output=avail -k /tmp | tail -n 1)
((free > 4 * 1024 * 1024)) || skip 'less than 4 GiB are free in /tmp'

mkdir -p "$scratch"
root=$(mktemp -d /tmp/fresh.XXXX)
trap 'rm -rf --one-file-system "$root"' EXIT
chmod 755 "$root"
if ! timeout 1500 unshare -m --propagation private --pid --fork --kill-child bash "${BASH_SOURCE[0]}" "$debs" "$build" "$scratch" \
    --mounted "$root" "$site" "$codename" >"$scratch/root.log" 2>&1 </dev/null; then
    tail -n 60 "$scratch/root.log" >&2
    tail -n 20 "$root/debootstrap/debootstrap.log" >&2 2>/dev/null || true
    fail "see above, or the whole of $scratch/root.log"
fi
grep '^passed: ' "$scratch/root.log"

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# console.sh FILE ROOT: runs in ROOT what the console blocks of FILE show after "$ ", and checks that
# it prints what they show.
set -euo pipefail
file=$(realpath "$1")
cd "$2"
shown=$(awk '/^```console/ { inside = 1; next } /^```/ { inside = 0 } inside && NF' "$file")
printed=$(grep '^\$ ' <<<"$shown" | cut -c 3- | while read -r command; do
    printf '$ %s\n' "$command"
    bash -c "$command" || true # `head` ends a pipe early
done)
test -n "$shown"
diff -u --label "$1 says" <(echo "$shown") --label 'it printed' <(echo "$printed")

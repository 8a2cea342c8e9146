#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# promtool.sh RULES TESTS: Prometheus' own tool takes the alerts, and they fire when the tests say.
set -euo pipefail
if ! command -v promtool >/dev/null; then
    echo 'Skipped: there is no promtool here (of the package prometheus)'
    exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp "$1" "$2" "$scratch" # the tests name the rules beside them
promtool check rules "$scratch/${1##*/}"
promtool test rules "$scratch/${2##*/}"

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# lintian.sh PACKAGES: what Debian's checker of packages finds in them, errors above all.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/packages.sh" "$1"
command -v lintian >/dev/null || skip 'there is no lintian here'
as_root=()
((EUID)) || as_root=(--allow-root)
lintian "${as_root[@]}" --no-cfg --tag-display-limit 0 --fail-on error,warning \
    "$(file_of udf-host)" "$(file_of udf-host-plugins)" "$(file_of udf-plugin-dev)"

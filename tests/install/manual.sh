#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# manual.sh MANDIR DATADIR: what is installed there is what the installed udf-host prints, and bash completes with it.
set -euo pipefail
man=$1 data=$2
same() { # same FILE WORDS...: the file is what `udf-host WORDS...` prints
    udf-host "${@:2}" | cmp - "$1"
}
same "$man/man1/udf-host.1" man
same "$data/bash-completion/completions/udf-host" completion bash
same "$data/zsh/vendor-completions/_udf-host" completion zsh
same "$data/fish/vendor_completions.d/udf-host.fish" completion fish

source "$data/bash-completion/completions/udf-host"
COMP_WORDS=(udf-host run --plugin moving) COMP_CWORD=3
_udf_host udf-host || true # outside of a completion there is none to be told that file names may follow
[[ ${COMPREPLY[*]} == moving_avg ]] || { echo "bash completes 'moving' to '${COMPREPLY[*]}'" && exit 1; }

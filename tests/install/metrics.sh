#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# metrics.sh MODULE: the installed udf-host finds the installed module for Prometheus, says what is wrong where there is
# none, and one that exports nothing but its entry.
set -euo pipefail
module=$1
if [[ ! -e $module ]]; then
    echo 'Skipped: there was no prometheus-cpp to build the module with'
    exit 77
fi
scratch=$(mktemp -d)
host=
end() {
    if [[ -n $host ]]; then kill "$host" 2>/dev/null || true; fi
    if [[ -e $scratch/module ]]; then mv "$scratch/module" "$module"; fi
    rm -rf "$scratch"
}
trap end EXIT
serve=(udf-host serve --plugins-dir "$scratch" --socket-dir "$scratch/sockets" --metrics 127.0.0.1:0)

if [[ -z ${SANITIZED-} ]]; then # a sanitizer exports symbols of its own
    symbols=$("$NM" -D --defined-only "$module" | awk '{print $NF}' | grep -v @)
    [[ $symbols == udf_host_prometheus ]] || { echo "it exports: $symbols" && exit 1; }
fi

mv "$module" "$scratch/module"
status=0
"${serve[@]}" 2>"$scratch/said" || status=$?
mv "$scratch/module" "$module"
[[ $status == 1 ]] && grep -qF "there is no $(realpath "$module"); install udf-host with it" "$scratch/said" ||
    { echo "status $status without the module:" && cat "$scratch/said" && exit 1; }

mkfifo "$scratch/lines"
"${serve[@]}" 2>"$scratch/lines" &
host=$!
exec 3<"$scratch/lines"
while read -r -t 60 line <&3; do
    case $line in *'Prometheus is answered url=http://127.0.0.1:'*) found=yes && break ;; esac
done
kill "$host"
while read -r -t 60 line <&3; do :; done
wait "$host"
host=
[[ -n ${found-} ]] || { echo 'it does not say where it answers' && exit 1; }

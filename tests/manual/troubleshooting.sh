#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# troubleshooting.sh UDF_HOST PLUGINS BUILT_TESTS SOURCE: does what each row of the last table of packaging/README.md is
# about, and looks for its text. A row that is not tried here must be in a test of the rooms below.
set -euo pipefail

udf_host=$1 plugins=$2 built=$3 source=$4
manual=$source/packaging/README.md
work=$(mktemp -d)
trap 'jobs -p | xargs -r kill 2>/dev/null; wait; rm -rf --one-file-system "$work"' EXIT
chmod 755 "$work"
export XDG_RUNTIME_DIR=$work/runtime
mkdir -m 700 "$XDG_RUNTIME_DIR"
cp "$udf_host" "$work/udf-host"
udf_host=$work/udf-host
cd "$work"

failures=0
declare -A tried

# says TEXT COMMAND...: the command says so, within some seconds; then it is ended. Whatever else it does, and says.
says() {
    local text=$1 said=$work/said
    shift
    tried[$text]=1
    : >"$said"
    "$@" </dev/null >"$said" 2>&1 &
    local pid=$! looks=0
    until grep -qF -- "$text" "$said"; do
        if ! kill -0 "$pid" 2>/dev/null || ((++looks > 400)); then
            grep -qF -- "$text" "$said" && break
            printf 'not said: %s\n  by: %s\n  but: %s\n' "$text" "$*" "$(head -c 600 "$said")" >&2
            failures=$((failures + 1))
            break
        fi
        sleep 0.05
    done
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
}

# plugin NAME [AS]: one of the plugins that work, alone in a new directory ./d.
alone() {
    rm -rf d
    mkdir d
    cp "$plugins/$1.so" "d/${2:-$1}.so"
}
list() { "$udf_host" list --plugins-dir "$work/d"; }
# Kapacitor's place is taken by `run`, which feeds a supervised algorithm. tries PLUGIN ALGORITHM OPTIONS... < points
fed() {
    "$udf_host" run --input "$work/points" -- "$udf_host" --plugin "$1" --algorithm "$2" "${@:3}"
}
as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups -- "$@"; }

printf 'cpu value=%d,poison=1 %d\n' 1 1 2 2 3 3 >points

alone mirror
chmod o+w d/mirror.so
says 'can be written by everybody' list
alone mirror
head -c 9000 "$plugins/mirror.so" >d/mirror.so
says 'is cut short or damaged' list
printf 'no plugin\n' >d/mirror.so
says 'is not an ELF file' list
cp "$built/test_plugins/no_entry.so" d/mirror.so
says 'exports no function udf_plugin_v1' list
cp "$built/test_plugins/newer_minor.so" d/mirror.so
says 'needs plugin interface' list
printf 'int nobody(void) { return 0; }\n' | cc -shared -fPIC -x c - -o libnobody.so
printf 'int nobody(void); int udf_plugin_v1(void) { return nobody(); }\n' |
    cc -shared -fPIC -x c - -o d/mirror.so -L. -lnobody
rm libnobody.so
says 'cannot open shared object file' list
alone mirror
cp d/mirror.so d/second.so
says 'has one of that name and was there before' "$udf_host" serve --plugins-dir d --socket-dir s
rm d/*
ln -s nowhere.so d/mirror.so
says 'there is no such file' list

alone mirror
"$udf_host" --plugin d/mirror.so --socket "$work/taken.sock" 2>/dev/null &
until [[ -S taken.sock ]]; do sleep 0.05; done
says 'another process is listening there' "$udf_host" --plugin d/mirror.so --socket "$work/taken.sock"
long=$work/$(printf 'x%.0s' {1..120})
says 'the path has' "$udf_host" --plugin d/mirror.so --socket "$long"
says 'to make sockets in' "$udf_host" serve --plugins-dir d --socket-dir /proc/s
says 'there is no group' "$udf_host" --plugin d/mirror.so --socket s.sock --socket-group no_such_group
says 'it is looked at again' "$udf_host" serve --plugins-dir "$work/nowhere" --socket-dir s
printf 'socket-dirr = "s"\n' >c.toml
says 'unknown; did you mean' "$udf_host" check-config c.toml
says 'start what listens there' "$udf_host" supervise --connect "unix:$work/nowhere.sock"
says 'no metrics for Prometheus' "$udf_host" serve --plugins-dir d --socket-dir s --metrics 192.0.2.1:1
says 'metrics cannot be sent' fed d/mirror.so mirror --metrics-to "unixgram:$work/nowhere" --metrics-interval 0.1

hostile=$built/hostile
says 'the worker died' fed "$hostile/crashes.so" crash_segv
says 'that killed the worker again and again' fed "$hostile/crashes.so" crash_segv
says 'the limit is' fed "$hostile/crashes.so" crash_out_of_memory --memory-limit 64
says 'the guard mended output' fed "$hostile/output.so" not_finite
# many OPTION... -- HOST'S...: more than a journal of 1 MiB holds.
many() { seq -f 'cpu value=%.0f' 60000 | "$udf_host" run "$@" --journal-limit 1; }
says 'the journal is full' many --option seconds=5 -- "$udf_host" --plugin "$hostile/slow.so" --journal-full drop-oldest
says 'no snapshot for long' many -- "$udf_host" --plugin "$hostile/lifecycle.so" --algorithm huge_state
says 'the handler hangs' fed "$hostile/lifecycle.so" hangs_in_points --handler-timeout 0.2

if ((EUID == 0)); then
    alone mirror
    chown 65534 d/mirror.so
    says 'not to root or to user' list
    alone mirror
    says 'bind: Permission denied' as_nobody "$udf_host" --plugin "$work/d/mirror.so" --socket "$work/mine.sock"
    says 'needs the right to write to it' as_nobody "$udf_host" supervise --connect "unix:$work/taken.sock"
else
    printf 'not tried, for want of root: who may write and own\n'
    tried['not to root or to user']=1 tried['bind: Permission denied']=1 tried['needs the right to write to it']=1
fi

# The rows of the table.
rows=0
while IFS= read -r text; do
    rows=$((rows + 1))
    [[ -n ${tried[$text]-} ]] && continue
    grep -rqF -- "$text" "$source/tests/system" "$source/tests/supervisor" "$source/tests/agent" && continue
    printf 'a text of the manual that nothing tries: %s\n' "$text" >&2
    failures=$((failures + 1))
done < <(sed -n '/^### udf-host says/,$p' "$manual" | sed -nE 's/^\| `([^`]*)`.*/\1/p')
((rows >= 20)) || { printf 'the table has %d rows only: is it where it was?\n' "$rows" >&2 && exit 1; }
((failures == 0))

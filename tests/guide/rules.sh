#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# rules.sh DIR: run.sh takes a guide whose blocks are right, whatever their kind, and refuses each of those that are
# not, for the reason that is expected. Environment as of run.sh.
set -euo pipefail
run=$(realpath "$(dirname "$0")")/run.sh
rm -rf "$1" && mkdir -p "$1" && cd "$1"
wrong=0

# try STATUS SAYS: gives the guide on stdin to run.sh, which must end with one of these and say that.
try() {
    local status=0
    cat >sample.md
    bash "$run" sample.md sample >said 2>&1 || status=$?
    [[ " $1 " == *" $status "* ]] && grep -qF -- "$2" said && return
    wrong=1
    printf 'expected %s and "%s", got %s and:\n' "$1" "$2" "$status"
    cat said
    printf 'for this guide:\n'
    cat sample.md
}

# shown BLOCK...: a guide that is right but for what it is given.
shown() {
    printf '%s\n' "$@" '```sh' 'echo shown' '```' '```output' 'shown' '```'
}

# Every kind, right. Where a tool is not here, that is left out and said.
try '0 77' shown < <(shown '```c' '// header.h' '#include <stdint.h>' 'int64_t f(void);' '```' \
    '```c' '/* source.c */' '#include "header.h"' 'int64_t f(void) { return 1; }' '```' \
    '```cpp' '// header.hpp' '#include <string>' 'std::string g();' '```' \
    '```python' '# script.py' 'print("printed")' '```' \
    '```go' '// program.go' 'package main' 'func main() {}' '```' \
    '```rust' '// library.rs' 'pub fn one() -> i32 {' '    1' '}' '```' \
    '```toml' '[udf.functions.x]' 'timeout = "10s"' '```' \
    '```javascript' "stream|from().where(lambda: \"a\" == 'it\\'s (') // (" '```')
try '0' shown < <(shown '```sh' 'printf "a\n1 ns\nb\n"' '```' '```output' 'a' '... ns' 'b' '```')

# Blocks that nobody would check.
try 1 'a kind of block that nobody checks' < <(shown '```yaml' 'a: b' '```')
try 1 'a block of no kind' < <(shown '```' 'text' '```')
try 1 'a block of no kind' < <(shown '```cpp title' '// a.cpp' '```')
try 1 'not between ``` at the left margin' < <(shown '- ```sh' '  true' '  ```')
try 1 'not between ``` at the left margin' < <(shown '' '    int x;')
try 1 'not between ``` at the left margin' < <(shown '~~~sh' 'true' '~~~')
try 1 'a block that does not end' < <(shown '```sh' 'true' '```'; printf '```sh\ntrue\n')
try 1 'does not name its file' < <(shown '```cpp' 'int x;' '```')
try 1 'it shows no output' < <(printf '```sh\ntrue\n```\n')
try 1 'no sh block right before it' < <(shown '```toml' '```' '```output' '```')

# Blocks that are wrong.
try 1 'does not compile' < <(shown '```cpp' '// a.cpp' 'int f(int unused) { return 1; }' '```')
try 1 'does not compile' < <(shown '```c' '/* a.c */' 'int f(void) { return x; }' '```')
try 1 'does not compile' < <(shown '```cpp' '// a.hpp' 'std::string f();' '```')
try 1 'failed: blocks/01.sh' < <(shown '```sh' 'false' 'true' '```')
try 1 '+shown' < <(printf '```sh\necho shown\n```\n```output\nsaid\n```\n')
try 1 'what does not close' < <(shown '```javascript' "stream|from().measurement('cpu'" '```')
try 1 'what does not close' < <(shown '```javascript' "@f().field('usage)" '```')
try 1 'is never configured' < <(shown '```cmake' '# CMakeLists.txt' 'project(x)' '```')
try 1 'is never used' < <(shown '```ld' '/* a.map */' '{ local: *; };' '```')
try 1 'is never run' < <(shown '```cpp' '// a.cpp' '#include <udf_plugin.hpp>' 'struct A {' \
    '    static constexpr udf::Info info{.name = "a", .wants = UDF_STREAM, .provides = UDF_STREAM};' \
    '    A(udf::Host, const udf::Args&) {}' '    void point(const udf::Point&) {}' '};' 'UDF_PLUGIN(A)' '```')
if command -v "${PYTHON3:-python3}" >/dev/null; then
    try 1 'does not compile' < <(shown '```python' '# a.py' 'def' '```')
fi
exit $wrong

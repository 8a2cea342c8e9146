# SPDX-License-Identifier: MIT
# A plugin with a protobuf or a fmt of its own must not meet the host's. What udf-host copies from a
# shared library (as std::cout) carries that library's version after an @ and is not its own.
set -eu
symbols=$("$NM" -D --defined-only "$(command -v udf-host)" | awk '{print $NF}' | grep -v @ || true)
if [ -n "$symbols" ]; then
    echo "udf-host exports:" $symbols >&2
    exit 1
fi

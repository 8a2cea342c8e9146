# SPDX-License-Identifier: MIT
# The reference algorithms are found by name from the place of the installed udf-host alone.
set -eu
unset UDF_HOST_PLUGINS
cd /
udf-host list
for name in mirror mirror_batch set_field default moving_avg outliers; do
    udf-host list | grep -w "$name" > /dev/null
    udf-host info "$name" | grep -w "$name" > /dev/null
done

/* SPDX-License-Identifier: MIT */
#include "minimal.h"

const udf_plugin* udf_plugin_v1(void) {
    static udf_plugin newer;
    newer = minimal;
    newer.abi_minor = UDF_ABI_MINOR + 7;
    return &newer;
}

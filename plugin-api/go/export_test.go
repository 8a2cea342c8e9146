// SPDX-License-Identifier: MIT

package udf

import "unsafe"

// Table is what udf_plugin_v1 returns.
func Table() unsafe.Pointer { return unsafe.Pointer(udfgo_plugin()) }

// Forget drops what was registered last.
func Forget() { registered = registered[:len(registered)-1] }

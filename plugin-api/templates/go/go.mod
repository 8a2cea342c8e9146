module plugin_@NAME@  // the name alone might be one that Go has: sort, hash, all

go 1.19

require udf-host/udf v0.0.0

replace udf-host/udf => @LANG_DIR@

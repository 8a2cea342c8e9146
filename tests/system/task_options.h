// SPDX-License-Identifier: MIT
//
// The options of the reference algorithms, as a task gives them.
#pragma once

#include <udf.pb.h>

#include <cstdint>
#include <vector>

inline kapacitor::udf::Option field_option() {
    kapacitor::udf::Option option;
    option.set_name("field");
    option.add_values()->set_type(kapacitor::udf::STRING);
    option.mutable_values(0)->set_stringvalue("value");
    return option;
}

inline std::vector<kapacitor::udf::Option> moving_average_of(int64_t size) {
    std::vector<kapacitor::udf::Option> options(2, field_option());
    options[1].set_name("size");
    options[1].mutable_values(0)->set_type(kapacitor::udf::INT);
    options[1].mutable_values(0)->set_intvalue(size);
    return options;
}

inline std::vector<kapacitor::udf::Option> outliers_of_field() { return {field_option()}; }

// SPDX-License-Identifier: MIT
//
// Options from the command line to what Kapacitor would send for them in a TICKscript, typed by
// what the function declares:
//
//     option = name [ "=" value *("," value) ]
//     value  = text without a comma | "'" text, commas too, with \' for a quote "'"
//
// A name without "=" sets an option that takes no values.
#pragma once

#include <string>
#include <vector>

#include "udf.pb.h"

namespace client {

namespace pb = kapacitor::udf;

// In the given order; an option given twice appears twice. Throws std::invalid_argument naming the
// option, what came and what is expected; for an unknown one, those that exist.
std::vector<pb::Option> parse_options(const std::vector<std::string>& texts, const pb::InfoResponse& info);

}  // namespace client

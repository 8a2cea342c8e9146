// SPDX-License-Identifier: MIT
//
// The universal function: one entry of Kapacitor's configuration that reaches every algorithm. Kapacitor asks which
// options a function has only when it boots; so this one has options that carry those of any algorithm:
//
//     @native().algorithm('moving_avg').text('field', 'usage_idle').integer('size', 10)
//
//     task  = { "algorithm" NAME | value }           algorithm once
//     value = ( "text" | "integer" | "number" | "flag" | "duration" ) OPTION VALUE
//
// An option of the algorithm with several values is given by as many calls with its name, one right after another. One
// without values is set by .flag('it', TRUE), and left out by FALSE. The order stays.
//
// Where the algorithm comes from is the business of whoever calls this.
#pragma once

#include <udf.pb.h>
#include <udf_plugin.h>

#include <string>

namespace agent {

// What Info is answered with, by edges (UDF_STREAM or UDF_BATCH). There can be no handler of it.
const udf_algorithm& universal_function(uint32_t wants, uint32_t provides);

// The name of the algorithm that a task wants; empty where it says none. Throws BadOptions where the options are not
// those of the universal function.
std::string wanted_algorithm(const kapacitor::udf::InitRequest& request);

// What the task would ask of `algorithm` itself; `request` is one that wanted_algorithm() has let pass. Whether the
// options fit the algorithm is for Options to say.
kapacitor::udf::InitRequest request_for(const udf_algorithm& algorithm, const kapacitor::udf::InitRequest& request);

}  // namespace agent

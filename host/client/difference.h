// SPDX-License-Identifier: MIT
//
// In what two responses differ in meaning, that is, to Kapacitor and what comes after it in a task. The order of tags
// and fields does not count, nor does the size that a batch announces, a hint; a NaN is a NaN. Of a field that has
// several types the one counts that Kapacitor takes. Snapshots are only told apart by whether there is one: what is in
// them is the function's own affair.
#pragma once

#include <string>
#include <vector>

#include "udf.pb.h"

namespace client {

namespace pb = kapacitor::udf;

// A line for each member that differs, like `field avg: 52.37, now 52.5`; none where they mean the same.
std::vector<std::string> differences(const pb::Response& recorded, const pb::Response& now);

}  // namespace client

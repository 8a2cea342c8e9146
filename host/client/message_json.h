// SPDX-License-Identifier: MIT
//
// Messages of the protocol as JSON: an object with one member, which has the name of the message and holds all that the
// message does, under the names of proto/udf.proto. The fields of a point are one object whatever their types; of a
// snapshot there is the number of bytes. What JSON has no number for is "NaN", "inf" or "-inf".
#pragma once

#include <nlohmann/json.hpp>

#include "udf.pb.h"

namespace client {

namespace pb = kapacitor::udf;

nlohmann::ordered_json json_of(const pb::Request& request);
nlohmann::ordered_json json_of(const pb::Response& response);

}  // namespace client

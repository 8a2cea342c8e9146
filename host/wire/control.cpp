// SPDX-License-Identifier: MIT
#include "wire/control.h"

#include <fmt/format.h>

#include <stdexcept>

#include "wire/frame.h"
#include "wire/frame_reader.h"

namespace wire {

pb::Request parse_request(std::string_view body) {
    pb::Request request;
    if (!request.ParseFromArray(body.data(), static_cast<int>(body.size())))
        throw ProtocolError(fmt::format("a frame of {} bytes is not a request", body.size()));
    return request;
}

void append_response(Buffer& out, const pb::Response& response) {
    if (response.message_case() == pb::Response::MESSAGE_NOT_SET) throw std::logic_error("an empty response");
    std::string frame;
    append_frame(frame, response);
    out.append(frame);
}

}  // namespace wire

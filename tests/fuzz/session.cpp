// SPDX-License-Identifier: MIT
//
// A whole agent on arbitrary requests: it comes to an end, all that it writes is response frames,
// an error is the last of them, and an algorithm that hands everything back loses, changes or
// reorders nothing of a session that ends well.
#include <google/protobuf/stubs/logging.h>

#include <cstdint>
#include <string>
#include <udf_plugin.hpp>
#include <vector>

#include "agent/agent.h"
#include "fuzz/check.h"
#include "fuzz/meaning.h"
#include "log/log.h"
#include "support/memory_channel.h"
#include "wire/decode.h"
#include "wire/frame.h"

using fuzz::Meaning;
using fuzz::parsed;
using wire::Kind;
using wire::pb::Response;

namespace {

struct State {
    void snapshot(udf::Sink sink) const { sink.write(state); }
    void restore(uint32_t, std::string_view bytes) { state = bytes; }
    std::string state = "fresh";
};

// Those of the recorded sessions.
constexpr udf::Option kOptions[] = {
    {"field", {UDF_STRING}},
    {"size", {UDF_INT}},
    {"scale", {UDF_DOUBLE}},
    {"as", {UDF_STRING}},
    {"flag", {UDF_BOOL}, "", udf::repeatable},
    {"count", {UDF_INT}},
    {"ratio", {UDF_DOUBLE}},
    {"label", {UDF_STRING}},
    {"every", {UDF_DURATION}},
    {"multi", {UDF_STRING, UDF_INT, UDF_DOUBLE, UDF_BOOL, UDF_DURATION}},
    {"pair", {UDF_STRING, UDF_STRING}, "", udf::repeatable},
    {"none", {}},
};

struct StreamMirror : State {
    static constexpr udf::Info info{.name = "fuzzed", .wants = UDF_STREAM, .provides = UDF_STREAM, .options = kOptions};
    StreamMirror(udf::Host h, const udf::Args&) : host(h) {}
    void points(std::span<const udf::Point> points) { host.emit(points); }
    udf::Host host;
};

struct BatchMirror : State {
    static constexpr udf::Info info{.name = "fuzzed", .wants = UDF_BATCH, .provides = UDF_BATCH, .options = kOptions};
    BatchMirror(udf::Host h, const udf::Args&) : host(h) {}
    void batch(const udf::Batch& batch) { host.emit(batch); }
    udf::Host host;
};

// Whole points of a batch, one by one and built anew.
struct BatchToStream : State {
    static constexpr udf::Info info{.name = "fuzzed", .wants = UDF_BATCH, .provides = UDF_STREAM, .options = kOptions};
    BatchToStream(udf::Host h, const udf::Args&) : host(h) {}
    void begin_batch(const udf::Batch&) {}
    void points(std::span<const udf::Point> points) {
        for (udf::Point point : points) {
            point.origin = nullptr;
            host.emit(point);
        }
    }
    void end_batch(const udf::Batch&) {}
    udf::Host host;
};

const udf_algorithm& algorithm(unsigned which) {
    if (which == 0) return *udf::detail::algorithm<StreamMirror>();
    if (which == 1) return *udf::detail::algorithm<BatchMirror>();
    return *udf::detail::algorithm<BatchToStream>();
}

// The points in frames; all frames must be whole and known where they are responses.
std::vector<Meaning> points_of(std::string_view bytes, bool responses) {
    std::vector<Meaning> points;
    while (!bytes.empty()) {
        const wire::Split split = wire::split_frame(bytes);
        if (split.status != wire::Split::whole) break;
        bytes.remove_prefix(split.frame.size());
        const wire::Message message = wire::open_message(split.body);
        if (message.kind == Kind::point) {
            const auto point = parsed<fuzz::raw::Point>(message.body);
            FUZZ_CHECK(point || !responses);
            if (point) points.emplace_back(*point);
        } else if (!responses) {
            const auto request = parsed<wire::pb::Request>(split.body);
            if (request && request->has_point())
                points.emplace_back(*parsed<fuzz::raw::Point>(request->point().SerializeAsString()));
        } else if (message.kind == Kind::begin) {
            FUZZ_CHECK(parsed<fuzz::raw::Begin>(message.body));
        } else if (message.kind == Kind::end) {
            FUZZ_CHECK(parsed<fuzz::raw::End>(message.body));
        } else {
            const auto response = parsed<Response>(split.body);
            FUZZ_CHECK(response && response->message_case() != Response::MESSAGE_NOT_SET);
            FUZZ_CHECK(!response->has_error() || bytes.empty());
            FUZZ_CHECK(response->error().error().find("cannot be told apart") == std::string::npos);  // said of nothing
        }
    }
    FUZZ_CHECK(bytes.empty() || !responses);
    return points;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const google::protobuf::LogSilencer quiet;
    logging::set_level(logging::Level::off);
    FuzzedDataProvider input(data, size);
    const auto which = input.ConsumeIntegralInRange<unsigned>(0, 2);
    const size_t piece = input.ConsumeIntegralInRange<size_t>(1, 2000);
    const std::string requests = input.ConsumeRemainingBytesAsString();

    support::MemoryChannel channel(requests, piece);
    agent::Agent agent(algorithm(which), "fuzz.so", channel);
    const bool clean = agent.serve();
    const std::vector<Meaning> got = points_of(channel.written(), true);
    if (!clean || which == 2) return 0;
    const std::vector<Meaning> expected = points_of(requests, false);
    FUZZ_CHECK(which == 0 ? got == expected : got.size() <= expected.size());
    return 0;
}

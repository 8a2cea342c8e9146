// SPDX-License-Identifier: MIT
#include "metrics/json.h"

#include <cmath>
#include <stdexcept>
#include <utility>

#include "metrics/percentile.h"
#include "text/rfc3339.h"

namespace metrics {
namespace {

using nlohmann::ordered_json;
using std::chrono::system_clock;

double seconds(uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

uint64_t nanoseconds(const ordered_json& seconds) {
    const double value = seconds.get<double>();
    return value > 0 && value < 1e10 ? static_cast<uint64_t>(std::llround(value * 1e9)) : 0;
}

system_clock::time_point time_of(const ordered_json& text) {
    if (const auto time = text::parse_rfc3339(text.get<std::string>())) return *time;
    throw std::invalid_argument("no time in RFC 3339");
}

ordered_json to_json(const Flow& flow) {
    return {{"points", flow.points}, {"batches", flow.batches}, {"bytes", flow.bytes}};
}

Flow flow_of(const ordered_json& json) {
    return {json.at("points").get<uint64_t>(), json.at("batches").get<uint64_t>(), json.at("bytes").get<uint64_t>()};
}

ordered_json to_json(const Histogram& calls) {
    return {{"calls", calls.count()},
            {"seconds", seconds(calls.nanoseconds)},
            {"p50", percentile(calls, 0.5)},
            {"p99", percentile(calls, 0.99)},
            {"buckets", calls.counts}};  // up to 1 us, 2 us, 4 us, ...
}

Histogram histogram_of(const ordered_json& json) {
    Histogram histogram;
    histogram.counts = json.at("buckets").get<decltype(histogram.counts)>();
    histogram.nanoseconds = nanoseconds(json.at("seconds"));
    return histogram;
}

}  // namespace

ordered_json to_json(const Session& session) {
    ordered_json json{{"id", session.id},
                      {"algorithm", session.algorithm},
                      {"task", session.task},
                      {"node", session.node},
                      {"state", session.state},
                      {"worker", session.worker},
                      {"since", text::rfc3339(session.since)},
                      {"received", to_json(session.in)},
                      {"sent", to_json(session.out)},
                      {"handler", to_json(session.handler)},
                      {"output_blocked_seconds", seconds(session.blocked_nanoseconds)}};
    ordered_json& guard = json["guard"] = ordered_json::object();
    for (const auto& [rule, count] : session.guard) guard[rule] = count;
    ordered_json& restarts = json["restarts"] = ordered_json::object();
    for (size_t i = 0; i < kCauses.size(); ++i) restarts[kCauses[i]] = session.restarts[i];
    json["upgrades"] = session.upgrades;
    json["checkpoint"] = nullptr;
    if (session.checkpoint)
        json["checkpoint"] = {{"taken", text::rfc3339(session.checkpoint->taken)},
                              {"bytes", session.checkpoint->bytes}};
    json["journal"] = {{"bytes", session.journal_bytes}, {"frames", session.journal_frames}};
    json["quarantined"] = session.quarantined;
    json["dropped"] = session.dropped;
    json["last_error"] = nullptr;
    if (!session.last_error.empty())
        json["last_error"] = {{"text", session.last_error}, {"at", text::rfc3339(session.last_error_at)}};
    return json;
}

Session session_of(const ordered_json& json) {
    Session session;
    session.id = json.at("id").get<uint64_t>();
    for (auto [name, to] : {std::pair("algorithm", &session.algorithm),
                            {"task", &session.task},
                            {"node", &session.node},
                            {"state", &session.state}})
        *to = json.at(name).get<std::string>();
    session.worker = json.at("worker").get<int>();
    session.since = time_of(json.at("since"));
    session.in = flow_of(json.at("received"));
    session.out = flow_of(json.at("sent"));
    session.handler = histogram_of(json.at("handler"));
    session.blocked_nanoseconds = nanoseconds(json.at("output_blocked_seconds"));
    for (const auto& [rule, count] : json.at("guard").items()) session.guard.emplace_back(rule, count.get<uint64_t>());
    for (size_t i = 0; i < kCauses.size(); ++i)
        session.restarts[i] = json.at("restarts").value(kCauses[i], uint64_t{0});
    session.upgrades = json.at("upgrades").get<uint64_t>();
    if (const auto& checkpoint = json.at("checkpoint"); !checkpoint.is_null())
        session.checkpoint = {time_of(checkpoint.at("taken")), checkpoint.at("bytes").get<uint64_t>()};
    session.journal_bytes = json.at("journal").at("bytes").get<uint64_t>();
    session.journal_frames = json.at("journal").at("frames").get<uint64_t>();
    session.quarantined = json.at("quarantined").get<uint64_t>();
    session.dropped = json.at("dropped").get<uint64_t>();
    if (const auto& error = json.at("last_error"); !error.is_null()) {
        session.last_error = error.at("text").get<std::string>();
        session.last_error_at = time_of(error.at("at"));
    }
    return session;
}

}  // namespace metrics

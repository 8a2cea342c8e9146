// SPDX-License-Identifier: MIT
#include "server/metrics_sender.h"

#include <doctest/doctest.h>

#include <atomic>

#include "metrics/line_protocol.h"
#include "metrics/session.h"
#include "plugin/contains.h"
#include "plugin/temporary_directory.h"
#include "server/receiver.h"

using server::MetricsSender;

namespace {

constexpr std::chrono::milliseconds kAtOnce{1};
constexpr std::chrono::hours kNever{24};

metrics::Totals one_task() {
    metrics::Session session;
    session.algorithm = "avg";
    session.task = "cpu";
    return metrics::totals({session});
}

}  // namespace

TEST_CASE("metrics are sent every interval") {
    const TemporaryDirectory directory;
    const Receiver receiver(directory / "t.sock");
    const MetricsSender sender({.path = directory / "t.sock"}, kAtOnce, one_task);
    for (int i = 0; i < 3; ++i) CHECK(receiver.take() == Contains("udf_host,algorithm=avg,task=cpu,"));
}

TEST_CASE("metrics are sent once more at the end, and not read after it") {
    const TemporaryDirectory directory;
    const Receiver receiver(directory / "t.sock");
    std::atomic<int> reads = 0;
    MetricsSender sender({.path = directory / "t.sock"}, kNever, [&] {
        ++reads;
        return one_task();
    });
    sender.finish();
    CHECK(receiver.take() == Contains("task=cpu"));
    sender.finish();
    CHECK(receiver.take(0) == "");
    CHECK(reads == 1);
}

TEST_CASE("by UDP no datagram is so long that a network would split it") {
    const Receiver receiver(0);
    MetricsSender sender({.host = "127.0.0.1", .port = receiver.port()}, kNever, [] {
        std::vector<metrics::Session> sessions(20);
        for (size_t i = 0; i < sessions.size(); ++i) sessions[i].task = std::to_string(i);
        return metrics::totals(sessions);
    });
    sender.finish();
    std::string all;
    for (std::string datagram; !(datagram = receiver.take(0)).empty(); all += datagram)
        CHECK(datagram.size() <= metrics::kMostOfUdp);
    for (int i = 0; i < 20; ++i) CHECK(all == Contains(",task=" + std::to_string(i) + ","));
}

TEST_CASE("without a receiver the end comes all the same, and at once") {
    MetricsSender sender({.path = "/nowhere/t.sock"}, kNever, one_task);
    const auto began = std::chrono::steady_clock::now();
    sender.finish();
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(10));
}

// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/responses.h"
#include "bench/stream.h"
#include "client/interrupt.h"
#include "load/load_host.h"
#include "wire/frame.h"

namespace {

constexpr uint64_t kDay = 24 * 60 * 60, kSeries = 300;

bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
}

std::string init_of(const std::vector<pb::Option>& options) {
    pb::Request request;
    request.mutable_init()->set_taskid("task");
    request.mutable_init()->set_nodeid("node");
    request.mutable_init()->mutable_options()->Assign(options.begin(), options.end());
    std::string bytes;
    wire::append_frame(bytes, request);
    return bytes;
}

// Points until there are enough of them, in whole pieces; then the end. How many those were.
uint64_t send_points(int fd, const bench::Stream& stream, uint64_t least) {
    uint64_t points = 0;
    while (points < least) {
        size_t begin = 0;
        for (const bench::Stream::Piece& piece : stream.pieces) {
            if (!send_all(fd, std::string_view(stream.bytes).substr(begin, piece.end - begin))) return points;
            points += piece.points;
            begin = piece.end;
            if (points >= least) break;
        }
    }
    ::shutdown(fd, SHUT_WR);
    return points;
}

// `kept_kib` of the input are kept where it is read faster than the output.
void check_flow(LoadHost& host, uint64_t points, size_t kept_kib) {
    const bench::Stream stream = bench::make_stream({.groups = kSeries});
    std::vector<pb::Option> options = moving_average_of(60);
    options[0].mutable_values(0)->set_stringvalue(bench::kField);

    std::array<size_t, 4> most{};  // resident in each quarter, in KiB, workers included
    uint64_t sent = 0;
    {
        const wire::unique_fd socket = try_to_connect(host.path);
        REQUIRE(send_all(socket.get(), init_of(options)));
        client::Interrupt interrupt;
        bench::Responses responses(socket.get(), interrupt);
        std::thread sender([&] { sent = send_points(socket.get(), stream, points); });
        try {
            for (uint64_t next = 0; responses.read();) {
                if (responses.points() < next) continue;
                next = responses.points() + points / 400;
                size_t& quarter = most[std::min<uint64_t>(responses.points() * 4 / points, 3)];
                quarter = std::max(quarter, host.resident_kib_of_all());
            }
        } catch (const std::exception& e) {
            FAIL_CHECK(e.what());
            ::shutdown(socket.get(), SHUT_RDWR);
        }
        sender.join();
        CHECK(sent >= points);
        CHECK(responses.points() == sent);
    }
    MESSAGE("resident, in KiB, by quarters: ", most[0], " ", most[1], " ", most[2], " ", most[3]);
    if (kFullLoad) CHECK(most[3] < most[0] + kept_kib + 4096);
    CHECK(host.is_as_before());
    host.check_stop();
}

}  // namespace

TEST_CASE("the points of a day are answered, all of them, in memory that does not grow") {
    LoadHost host("moving_avg", Isolation::none);
    check_flow(host, kSeries * kDay / (kFullLoad ? 1 : 20), 0);
}

TEST_CASE("the points of half a day pass a supervisor, all of them, in memory that does not grow") {
    constexpr size_t kJournal = 8;  // MiB
    LoadHost host("moving_avg", Isolation::process, {"--journal-limit", std::to_string(kJournal)});
    check_flow(host, kSeries * kDay / (kFullLoad ? 2 : 40), kJournal << 10);
}

// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "load/load_host.h"
#include "wire/frame.h"

namespace {

// Each has a window of its own, which the mean of its values shows.
void check_many_tasks(const std::string& path, size_t count, const std::function<void()>& while_all_are_there) {
    std::vector<std::unique_ptr<Task>> tasks;
    for (size_t i = 0; i < count; ++i) {
        tasks.push_back(std::make_unique<Task>(path));
        tasks.back()->session.init(moving_average_of(2), "task " + std::to_string(i), "node");
    }
    while_all_are_there();
    for (int64_t round = 0; round < 3; ++round)
        for (size_t i = 0; i < count; ++i)
            tasks[i]->session.send(point(round, static_cast<double>(i) + 2.0 * static_cast<double>(round)));
    for (size_t i = 0; i < count; ++i) {
        CAPTURE(i);
        tasks[i]->session.finish();
        REQUIRE(tasks[i]->emitted.size() == 3);
        CHECK(tasks[i]->emitted[2].point().fieldsdouble().at("avg") == static_cast<double>(i) + 3.0);
    }
}

// Connects, asks what it is, hears it and the end. What was heard, or empty.
std::string asked(const std::string& path, const std::string& question) {
    const wire::unique_fd socket = try_to_connect(path);
    if (::send(socket.get(), question.data(), question.size(), MSG_NOSIGNAL) < 0) return {};
    ::shutdown(socket.get(), SHUT_WR);
    return read_all(socket.get());
}

void check_many_questions(const LoadHost& host, size_t count) {
    pb::Request info;
    info.mutable_info();
    std::string question;
    wire::append_frame(question, info);
    const std::string answer = asked(host.path, question);
    REQUIRE(answer.find("size") != answer.npos);

    size_t early = 0, not_answered = 0;
    std::vector<std::chrono::steady_clock::duration> took;
    for (size_t i = 0; i < count; ++i) {
        const auto began = std::chrono::steady_clock::now();
        if (asked(host.path, question).size() != answer.size()) ++not_answered;  // options in any order
        took.push_back(std::chrono::steady_clock::now() - began);
        if (i == count / 10) early = host.resident_kib();
    }
    const size_t late = host.resident_kib();
    CHECK(not_answered == 0);
    CHECK(host.is_as_before());
    MESSAGE("resident, in KiB: ", early, " after a tenth, ", late, " after all");
    if (!kFullLoad) return;
    CHECK(late < early + 4096);
    std::ranges::sort(took);
    CHECK(took[count / 2] < std::chrono::milliseconds(40));  // they do not wait for a clock
}

}  // namespace

TEST_CASE("a thousand connections at once have a handler each, and leave nothing behind") {
    constexpr size_t kCount = kFullLoad ? 1000 : 200;
    LoadHost host("moving_avg", Isolation::none);
    size_t most_threads = 0;
    check_many_tasks(host.path, kCount, [&] { most_threads = host.threads(); });
    CHECK(most_threads >= kCount);
    CHECK(host.is_as_before());

    // The memory of the first ones serves the next.
    const size_t first = host.resident_kib();
    size_t most = 0;
    for (int again = 0; again < 2; ++again)
        check_many_tasks(host.path, kCount, [&] { most = std::max(most, host.resident_kib()); });
    CHECK(host.is_as_before());
    MESSAGE("resident, in KiB: ", first, " after the first, at most ", most, " with all, ", host.resident_kib(),
            " after the last");
    host.check_stop();
}

TEST_CASE("two hundred supervised connections at once have a worker each, and leave nothing behind") {
    constexpr size_t kCount = kFullLoad ? 200 : 40;
    LoadHost host("moving_avg", Isolation::process);
    size_t most_workers = 0;
    check_many_tasks(host.path, kCount, [&] { most_workers = host.workers(); });
    CHECK(most_workers == kCount);
    CHECK(host.is_as_before());

    // The memory of the first ones serves the next.
    const size_t first = host.resident_kib();
    size_t most = 0;
    for (int again = 0; again < 2; ++again)
        check_many_tasks(host.path, kCount, [&] { most = std::max(most, host.resident_kib()); });
    CHECK(host.is_as_before());
    const size_t last = host.resident_kib();
    MESSAGE("resident without workers, in KiB: ", first, " after the first, at most ", most, " with all, ", last,
            " after the last");
    if (kFullLoad) CHECK(last < first + 4096);
    host.check_stop();
}

TEST_CASE("ten thousand connections after each other are answered, and leave nothing behind") {
    LoadHost host("moving_avg", Isolation::none);
    check_many_questions(host, kFullLoad ? 10'000 : 1000);
    host.check_stop();
}

TEST_CASE("five hundred supervised connections after each other are answered, and leave nothing behind") {
    LoadHost host("moving_avg", Isolation::process);
    check_many_questions(host, kFullLoad ? 500 : 50);
    host.check_stop();
}

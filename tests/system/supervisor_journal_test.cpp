// SPDX-License-Identifier: MIT
//
// The journal is full: Kapacitor waits, or the oldest is dropped and counted.
#include <poll.h>

#include <atomic>
#include <future>
#include <thread>

#include "support/full_load.h"
#include "system/disturbance.h"
#include "system/task_options.h"

namespace {

using namespace std::chrono_literals;

constexpr const char *kPatient = "30", *kImpatient = "1";  // s, to get on when the input has ended

Arguments small_journal(const char* plugin, const Arguments& more = {}, const char* drain = kPatient) {
    Arguments arguments{"--plugins-dir",     PLUGINS_DIR, "--plugin",        plugin, "--journal-limit", "1",
                        "--handler-timeout", "0",         "--drain-timeout", drain};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

const Arguments kDropOldest{"--journal-full", "drop-oldest"};

// The last number that was told; none where nothing was dropped.
size_t dropped_of(SupervisedTask& task) {
    const std::string said = task.said();
    constexpr std::string_view kCount = " units=";
    const size_t at = said.find(kCount, said.find("input was dropped in all"));
    return at == said.npos ? 0 : std::stoull(said.substr(at + kCount.size()));
}

// Points that pass through unchanged and in order, but for some that are missing.
bool is_part_of(const std::vector<uint64_t>& all, const std::vector<uint64_t>& part) {
    auto at = all.begin();
    for (const uint64_t one : part) {
        at = std::find(at, all.end(), one);
        if (at == all.end()) return false;
        ++at;
    }
    return true;
}

bool takes_no_more(SupervisedTask& task) {
    int full = 0;
    return eventually([&] {
        pollfd writable{task.process.to_stdin.get(), POLLOUT, 0};
        full = ::poll(&writable, 1, 0) == 0 ? full + 1 : 0;
        return full == 100;  // in a row
    });
}

}  // namespace

TEST_CASE("while a worker is stopped, drop-oldest takes all that comes, and what comes out and was dropped is all") {
    for (const bool goes_on : {true, false}) {
        CAPTURE(goes_on);
        const PrebuiltLoad load = prebuilt_load({.units = kFullLoad ? 200'000u : 50'000u});
        SupervisedTask task(small_journal("mirror", kDropOldest));
        task.init();
        task.feed(load.of(0, 100));
        task.wait_for_units(100);
        task.keepalive(-7);  // all is done
        const pid_t worker = task.hit_worker(SIGSTOP);
        task.feed(load.of(100, load.units()));
        task.keepalive(7);  // Kapacitor's side is not blocked
        ::kill(worker, goes_on ? SIGCONT : SIGKILL);
        CHECK(task.finish() == 0);
        const size_t dropped = dropped_of(task);
        CHECK(dropped > 0);
        CHECK(task.output().size() + dropped == load.units());
        CHECK(is_part_of(passed_through(load), task.output()));
    }
}

TEST_CASE("without a worker that could be had, drop-oldest takes all that comes") {
    const PrebuiltLoad load = prebuilt_load({.units = 50'000});
    SupervisedTask task(small_journal("mirror", {"--journal-full", "drop-oldest", "--max-restarts", "1000/1m"}));
    task.init();
    task.feed(load.of(0, 100));
    task.wait_for_units(100);
    {
        // Each is killed as soon as it is there: they come later and later.
        Helper killing([&] {
            for (int i = 0; i < 6; ++i) task.hit_worker(SIGKILL);
        });
        task.feed(load.of(100, load.units()));
        killing.join();
    }
    task.keepalive(7);
    CHECK(task.finish() == 0);
    CHECK(is_part_of(passed_through(load), task.output()));
}

TEST_CASE("a worker that is stopped in the middle of a batch, again and again, leaves whole batches with drop-oldest") {
    const PrebuiltLoad load = prebuilt_load({.units = 300, .batch_size = 2000});
    SupervisedTask task(small_journal("mirror_batch", kDropOldest));
    Random random;
    task.init();
    const size_t rounds = 6;
    for (size_t i = 0; i < rounds; ++i) {
        const size_t begin = load.units() * i / rounds, end = load.units() * (i + 1) / rounds;
        task.feed(load.of(begin, begin + 5));
        random.spin_up_to(std::chrono::milliseconds(5));
        const pid_t worker = task.worker();
        ::kill(worker, SIGSTOP);
        task.feed(load.of(begin + 5, end));
        ::kill(worker, SIGCONT);
        task.keepalive(-static_cast<int64_t>(i) - 1);
    }
    CHECK(task.finish() == 0);
    CHECK(task.times_said("died") == 0);
    CHECK(task.units() + dropped_of(task) == load.units());
    CHECK(is_part_of(passed_through(load), task.output()));
}

TEST_CASE("by default Kapacitor waits while a worker is stopped, and then all comes through") {
    const PrebuiltLoad load = prebuilt_load({.units = 50'000});
    SupervisedTask task(small_journal("mirror"));
    task.init();
    task.feed(load.of(0, 100));
    task.wait_for_units(100);
    const pid_t worker = task.hit_worker(SIGSTOP);
    Helper feeding([&] { task.feed(load.of(100, load.units())); });
    CHECK(takes_no_more(task));
    CHECK(!feeding.is_done());
    ::kill(worker, SIGCONT);
    feeding.join();
    CHECK(task.finish() == 0);
    CHECK(first_difference(passed_through(load), task.output()) == "");
}

TEST_CASE("a batch larger than the journal passes, also where its worker is killed") {
    const PrebuiltLoad load = prebuilt_load({.units = 4, .batch_size = 20'000});
    for (const bool is_killed : {false, true}) {
        SupervisedTask task(small_journal("mirror_batch", is_killed ? Arguments{} : kDropOldest));
        task.init();
        Helper feeding([&] { task.feed(load.bytes); });
        task.wait_for_units(1);
        if (is_killed) task.hit_worker(SIGKILL);
        feeding.join();
        CHECK(task.finish() == 0);
        // A machine that stands still for a second is a worker that does not get on.
        CHECK(task.units() + dropped_of(task) == load.units());
        CHECK(is_part_of(passed_through(load), task.output()));
        if (is_killed) CHECK(task.units() == load.units());
    }
}

TEST_CASE("with the smallest journal a state that is asked for again and again goes on through kills") {
    const PrebuiltLoad load = prebuilt_load({.units = 50'000});
    const std::vector<pb::Option> options = moving_average_of(60);
    SupervisedTask task(small_journal("moving_avg", {"--max-restarts", "1000/1m"}));
    Random random;
    task.init(options);
    feed_disturbed(task, load, 10, random, [&](size_t) {
        task.begin_snapshot();
        task.hit_worker(SIGKILL);
    });
    task.wait_for_units(load.units());
    CHECK(task.finish() == 0);
    CHECK(first_difference(undisturbed({"--plugins-dir", PLUGINS_DIR, "--plugin", "moving_avg"}, options, load),
                           task.output()) == "");
}

// The worker does a long backlog, at whose end the snapshot is due.
TEST_CASE("while the snapshot that Kapacitor waits for is far, others are taken, and little is to be given again") {
    const PrebuiltLoad load = prebuilt_load({.units = 200'000});
    const size_t half = load.units() / 2;
    std::promise<void> told;
    std::atomic<size_t> seen{0};
    SupervisedTask task({"--plugins-dir", PLUGINS_DIR, "--plugin", "moving_avg"},
                        [&, is_told = told.get_future().share()](const udf::Point&) {
                            if (++seen == half) is_told.wait_for(kDeadline);
                        });
    task.init(moving_average_of(10));
    const pid_t worker = task.hit_worker(SIGSTOP);
    task.feed(load.bytes);
    task.begin_snapshot();
    task.keepalive(7);  // it has been read
    ::kill(worker, SIGCONT);
    CHECK(eventually([&] { return seen >= half; }));
    task.process.signal(SIGUSR1);
    CHECK(eventually([&] { return task.times_said(" journal_bytes=") == 1; }));
    told.set_value();
    const std::string said = task.said();
    const size_t in_journal = std::stoull(said.substr(said.find(" journal_bytes=") + 15));
    const size_t most_done = 4u << 20;  // bytes since the last checkpoint
    CHECK(in_journal > 0);
    CHECK(in_journal < load.of(half, load.units()).size() + most_done);
    CHECK(task.finish() == 0);
    CHECK(task.units() == load.units());
}

TEST_CASE("Kapacitor may leave while it waits for a full journal") {
    const PrebuiltLoad load = prebuilt_load({.units = 50'000});
    SupervisedTask task(small_journal("mirror", {}, kImpatient));
    task.init();
    task.hit_worker(SIGSTOP);
    Helper feeding([&] { task.feed(load.bytes); });
    CHECK(takes_no_more(task));
    task.close_input();
    feeding.join();
    const auto began = std::chrono::steady_clock::now();
    task.process.status();
    CHECK(std::chrono::steady_clock::now() - began < 10s);
    CHECK(task.processes().empty());
}

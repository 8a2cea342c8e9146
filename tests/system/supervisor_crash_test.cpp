// SPDX-License-Identifier: MIT
//
// Algorithms that die of some points (tests/hostile/crashes.cpp): those are put aside, and the task lives.
#include "plugin/contains.h"
#include "plugin/temporary_directory.h"
#include "support/full_load.h"
#include "system/disturbance.h"
#include "system/hostile_task.h"
#include "system/supervised_task.h"

namespace {

const std::vector<size_t> kPoison{0, 700, 701, 1999};  // the first, the last, two in a row

// `cause` is what is said of the death.
void check_poison(const std::string& algorithm, const std::string& cause, const LoadSpec& spec,
                  const Arguments& more = {}) {
    CAPTURE(algorithm);
    const TemporaryDirectory directory;
    const std::string file = HOSTILE_PLUGINS "/crashes.so";
    Arguments arguments{"--plugin", file, "--algorithm", algorithm, "--dead-letter", directory / "dead_letter"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    SupervisedTask task(arguments);
    task.init();
    const PrebuiltLoad load = prebuilt_load(spec), rest = load.without(spec.poison);
    task.feed(load.bytes);
    task.wait_for_units(rest.units());
    task.keepalive(1'700'000'000'000'000'001);
    CHECK(task.finish() == 0);
    CHECK(task.error() == "");
    CHECK(first_difference(passed_through(rest), task.output()) == "");
    const std::string dead_letter = process_table::text_of(directory / "dead_letter");
    CHECK_MESSAGE(!dead_letter.empty(), task.said());
    if (kAddressSanitizer) return;  // it ends the worker in its own way
    CHECK(dead_letter == Contains(cause));
    CHECK(task.said() == Contains(cause));
}

const LoadSpec kPoints{.units = 2000, .poison = kPoison};

}  // namespace

TEST_CASE("a point of which the algorithm crashes is put aside, and all others come through") {
    check_poison("crash_segv", "SIGSEGV", kPoints);
    check_poison("crash_abort", "SIGABRT", kPoints);
    check_poison("crash_stack_overflow", "SIGSEGV", kPoints);
}

TEST_CASE("a point at which the algorithm ends the process is put aside, also where it says that all is well") {
    check_poison("crash_exit_0", "exit", kPoints);  // the worker itself makes a failure of it, and says so
    check_poison("crash_exit_3", "exit", kPoints);
    check_poison("crash_exit_at_once_0", "exited with status 0", kPoints);
    check_poison("crash_exit_at_once_3", "exited with status 3", kPoints);
}

TEST_CASE("a point at which the algorithm loops for ever is put aside") {
    check_poison("crash_busy_loop", "hang", {.units = 2000, .poison = {0, 1999}},
                 {"--handler-timeout", "1", "--drain-timeout", "10"});
}

TEST_CASE("a point at which the algorithm takes all the memory is put aside" * doctest::skip(kAddressSanitizer)) {
    check_poison("crash_out_of_memory", "memory", {.units = 2000, .poison = {700}}, {"--memory-limit", "200"});
}

TEST_CASE("a batch of which the algorithm crashes is put aside, and all others come through") {
    check_poison("crash_batch_segv", "SIGSEGV", {.units = 200, .batch_size = 10, .poison = {0, 70, 71, 199}});
}

TEST_CASE("a plugin that ends the process while it is loaded is told with its exit status") {
    for (const bool at_init : {false, true}) {
        CAPTURE(at_init);
        HostileTask task("exits_on_load", "never", {"--max-restarts", "2/1m"}, kSupervised);
        try {
            at_init ? task.init() : static_cast<void>(task.session.info());
            FAIL("it started");
        } catch (const client::UdfError& e) {
            CHECK(std::string(e.what()) == Contains("exited with status 5"));
            CHECK(std::string(e.what()) == Contains("exits_on_load.so"));
        }
        task.hang_up();
        CHECK(time_to_end(task) < 10s);
    }
}

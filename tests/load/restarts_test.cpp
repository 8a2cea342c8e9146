// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdlib>
#include <string>

#include "support/full_load.h"
#include "system/prebuilt_load.h"
#include "system/process_table.h"
#include "system/supervised_task.h"
#include "system/task_options.h"

namespace {

constexpr size_t kPerRestart = 20;  // points

size_t zombies_of(pid_t parent) {
    const std::vector<pid_t> children = process_table::children(parent);
    return static_cast<size_t>(
        std::ranges::count_if(children, [](pid_t child) { return process_table::state(child) == 'Z'; }));
}

}  // namespace

// With UDF_TEST_LONG in the environment there are ten thousand, which takes longer than ctest allows.
TEST_CASE("restarts leave no zombie, no descriptor and no memory behind, however many") {
    const size_t restarts = std::getenv("UDF_TEST_LONG") != nullptr ? 10'000 : kFullLoad ? 300 : 50;
    const PrebuiltLoad load = prebuilt_load({.units = (restarts + 1) * kPerRestart});
    SupervisedTask task({"--plugins-dir", PLUGINS_DIR, "--plugin", "moving_avg", "--max-restarts", "100000/1m",
                         "--checkpoint-interval", "1"});
    const pid_t supervisor = task.process.pid();
    const auto send_some = [&](size_t round) {
        task.feed(load.of(round * kPerRestart, (round + 1) * kPerRestart));
        task.wait_for_units((round + 1) * kPerRestart);
    };
    task.init(moving_average_of(60));
    size_t descriptors = 0, resident = 0;
    for (size_t round = 0; round < restarts; ++round) {
        send_some(round);
        if (round == restarts / 10) {
            descriptors = process_table::entries(supervisor, "fd");
            resident = process_table::resident_kib(supervisor);
        }
        task.hit_worker(SIGKILL);
    }
    send_some(restarts);
    ::kill(supervisor, SIGUSR1);  // most of the deaths are only counted in the log
    CHECK(eventually([&] { return task.times_said(" restarts=" + std::to_string(restarts) + " ") == 1; }));
    CHECK(eventually([&] { return zombies_of(supervisor) == 0; }));
    CHECK(process_table::children(supervisor).size() == 1);
    CHECK(eventually([&] { return process_table::entries(supervisor, "fd") <= descriptors; }));
    const size_t resident_now = process_table::resident_kib(supervisor);
    MESSAGE("resident, in KiB: ", resident, " after a tenth of the restarts, ", resident_now, " after all");
    if (kFullLoad) CHECK(resident_now < resident + 2048);
    CHECK(task.processes().size() == 2);
    CHECK(task.finish() == 0);
}

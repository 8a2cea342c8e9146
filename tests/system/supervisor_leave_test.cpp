// SPDX-License-Identifier: MIT
//
// Kapacitor goes away, or the supervisor does, at any moment: no process is left behind.
#include <chrono>
#include <optional>

#include "support/full_load.h"
#include "system/disturbance.h"
#include "system/task_options.h"

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds kDrain = 1s, kSlack = kFullLoad ? 1s : 5s;

// A task at work, or not.
class Scene {
public:
    explicit Scene(bool under_load) {
        task.init(moving_average_of(60));
        task.feed(load_.of(0, 1000));
        task.wait_for_units(1000);
        if (!under_load) return;
        feed_.emplace(task, load_);
        task.wait_for_units(5000);
    }

private:
    const PrebuiltLoad load_ = prebuilt_load({.units = 20'000});

public:
    SupervisedTask task{{"--plugins-dir", PLUGINS_DIR, "--plugin", "moving_avg", "--drain-timeout", "1"}};

private:
    std::optional<EndlessFeed> feed_;
};

void check_gone_within(SupervisedTask& task, milliseconds most) {
    const auto gone = [&] { return task.process.has_exited() && task.processes().empty(); };
    const auto until = std::chrono::steady_clock::now() + most;
    bool in_time = gone();
    while (!in_time && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(5ms);
        in_time = gone();
    }
    const size_t left = task.processes().size();
    CHECK_MESSAGE(in_time, "after ", most.count(), " ms there are still ", left, " processes; it has said:\n",
                  task.said());
}

// Brings the scene about, and then leaves it in each of the ways that there are.
template <class Prepare>
void check_leaving(bool under_load, Prepare&& prepare) {
    SUBCASE("Kapacitor dies: all its pipes close") {
        Scene scene(under_load);
        prepare(scene.task);
        scene.task.close_output();
        scene.task.close_input();
        check_gone_within(scene.task, kDrain + kSlack);
    }
    SUBCASE("Kapacitor stops the task: the input ends") {
        Scene scene(under_load);
        prepare(scene.task);
        scene.task.close_input();
        check_gone_within(scene.task, kDrain + kSlack);
    }
    SUBCASE("Kapacitor aborts the task: it reads no more, then the input ends") {
        Scene scene(under_load);
        prepare(scene.task);
        scene.task.pause_reading();
        scene.task.close_input();
        check_gone_within(scene.task, kDrain + kSlack);
    }
}

}  // namespace

TEST_CASE("Kapacitor may leave an idle task") {
    check_leaving(false, [](SupervisedTask&) {});
}

TEST_CASE("Kapacitor may leave under load") {
    check_leaving(true, [](SupervisedTask&) {});
}

TEST_CASE("Kapacitor may leave when everything is full") {
    check_leaving(true, [](SupervisedTask& task) {
        task.pause_reading();
        CHECK(eventually([&] { return task.output_is_full(); }));
    });
}

TEST_CASE("Kapacitor may leave when the worker has just been killed") {
    check_leaving(true, [](SupervisedTask& task) { task.hit_worker(SIGKILL); });
}

TEST_CASE("Kapacitor may leave when the worker hangs") {
    check_leaving(true, [](SupervisedTask& task) { task.hit_worker(SIGSTOP); });
}

TEST_CASE("Kapacitor may leave in the middle of a restart") {
    check_leaving(true, [](SupervisedTask& task) {
        task.hit_worker(SIGKILL);
        task.worker();  // there is another one, just started
    });
}

TEST_CASE("a worker does not outlive its supervisor, whatever either is at") {
    const auto check = [](bool under_load, auto&& prepare) {
        Scene scene(under_load);
        scene.task.allow_torn_output();
        scene.task.worker();
        prepare(scene.task);
        scene.task.process.signal(SIGKILL);
        check_gone_within(scene.task, kSlack);
    };
    SUBCASE("idle") {
        check(false, [](SupervisedTask&) {});
    }
    SUBCASE("under load") {
        check(true, [](SupervisedTask&) {});
    }
    SUBCASE("a worker that hangs") {
        check(true, [](SupervisedTask& task) { task.hit_worker(SIGSTOP); });
    }
    SUBCASE("a worker just started") {
        check(true, [](SupervisedTask& task) {
            task.hit_worker(SIGKILL);
            task.worker();
        });
    }
}

// Neither its input nor its output tells it that it is alone.
TEST_CASE("a command that does not listen ends with its supervisor") {
    SupervisedTask task({"supervise", "--drain-timeout", "1", "--", "/bin/sleep", "100"});
    task.allow_torn_output();
    task.worker();
    SUBCASE("which is killed") {
        task.process.signal(SIGKILL);
        check_gone_within(task, kSlack);
    }
    SUBCASE("which Kapacitor has left") {
        task.close_output();
        task.close_input();
        check_gone_within(task, kDrain + kSlack);
    }
}

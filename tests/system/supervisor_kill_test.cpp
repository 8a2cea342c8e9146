// SPDX-License-Identifier: MIT
//
// The worker is killed, or hangs, at any moment: what leaves is what an undisturbed run leaves.
#include <algorithm>
#include <filesystem>

#include "plugin/temporary_directory.h"
#include "support/full_load.h"
#include "system/disturbance.h"
#include "system/task_options.h"

namespace {

// Checkpoints come often, so that little is done again after each of many deaths; no number of them is too much.
Arguments kept_alive(Arguments arguments, const std::filesystem::path& dead_letter) {
    arguments.insert(arguments.end(), {"--checkpoint-interval", "0.1", "--max-restarts", "100000/1m", "--dead-letter",
                                       dead_letter, "--memory-limit", "0"});
    return arguments;
}

Arguments plugin(const char* name) { return {"--plugins-dir", PLUGINS_DIR, "--plugin", name}; }

// A task under some load, which is disturbed on the way.
struct Trial {
    Arguments arguments;
    std::vector<pb::Option> options;
    PrebuiltLoad load;
    size_t times;  // disturbances

    void run(const Arguments& more, const std::function<void(SupervisedTask&, Random&, size_t)>& disturb) const {
        const TemporaryDirectory directory;
        const std::vector<uint64_t> expected = undisturbed(arguments, options, load);
        Arguments all = kept_alive(arguments, directory / "dead_letter");
        all.insert(all.end(), more.begin(), more.end());
        SupervisedTask task(all);
        Random random;
        task.init(options);
        feed_disturbed(task, load, times, random, [&](size_t i) { disturb(task, random, i); });
        task.wait_for_units(load.units());
        CHECK(task.finish() == 0);
        CHECK(task.error() == "");
        const std::string difference = first_difference(expected, task.output());
        CHECK_MESSAGE(difference.empty(), difference, "; it has said:\n", task.said().substr(0, 4000));
        CHECK_MESSAGE(process_table::text_of(directory / "dead_letter").empty(), "something was taken for poison");
        CHECK(task.times_said("died") >= times);
    }
};

// Slower builds have a part of both.
size_t part_of(size_t full, size_t least) { return kFullLoad ? full : std::max(full / 20, least); }

Trial points(size_t full_count, size_t full_times) {
    return {plugin("moving_avg"), moving_average_of(60), prebuilt_load({.units = part_of(full_count, 2000)}),
            part_of(full_times, 3)};
}
Trial batches(size_t full_count, size_t full_times) {
    return {plugin("outliers"), outliers_of_field(),
            prebuilt_load({.units = part_of(full_count, 200), .batch_size = 50}), part_of(full_times, 3)};
}

const Arguments kHangsSoon{"--handler-timeout", kFullLoad ? "1" : "5"};  // a new worker of a slower build starts within

// It stays, and does nothing: that it hangs, the supervisor has to find out.
void let_hang(SupervisedTask& task, Random&, size_t) { task.hit_worker(SIGSTOP); }

}  // namespace

TEST_CASE("a thousand kills at random moments change nothing in a million points") {
    points(1'000'000, 1000).run({}, [](SupervisedTask& task, Random&, size_t) { task.hit_worker(SIGKILL); });
}

TEST_CASE("two hundred kills at random moments change nothing in twenty thousand batches") {
    batches(20'000, 200).run({}, [](SupervisedTask& task, Random&, size_t) { task.hit_worker(SIGKILL); });
}

TEST_CASE("a worker that hangs is replaced, and nothing changes in the points") {
    points(200'000, 10).run(kHangsSoon, let_hang);
}

TEST_CASE("a worker that hangs is replaced, and nothing changes in the batches") {
    batches(4000, 10).run(kHangsSoon, let_hang);
}

TEST_CASE("a worker that is killed while it is asked for a snapshot leaves no question open") {
    points(200'000, 100).run({}, [](SupervisedTask& task, Random& random, size_t) {
        task.begin_snapshot();
        random.spin_up_to(std::chrono::microseconds(200));
        task.hit_worker(SIGKILL);
    });
}

TEST_CASE("a worker that is killed again while it starts, or restores, changes nothing") {
    points(200'000, 40).run({}, [](SupervisedTask& task, Random& random, size_t) {
        task.hit_worker(SIGKILL);
        for (int again = 0; again < 2; ++again) {
            task.worker();  // a new one
            random.spin_up_to(std::chrono::milliseconds(10));
            task.hit_worker(SIGKILL);
        }
    });
}

TEST_CASE("a worker that is killed while nobody reads the output changes nothing") {
    const TemporaryDirectory directory;
    const Trial trial = points(200'000, 20);
    SupervisedTask task(kept_alive(trial.arguments, directory / "dead_letter"));
    task.init(trial.options);
    const size_t units = trial.load.units(), rounds = kFullLoad ? 20 : 4;
    for (size_t i = 0; i < rounds; ++i) {
        task.pause_reading();
        Helper feeding([&] { task.feed(trial.load.of(units * i / rounds, units * (i + 1) / rounds)); });
        CHECK(eventually([&] { return task.output_is_full(); }));
        task.hit_worker(SIGKILL);
        if (i % 2 == 0) task.worker();  // has been replaced before anybody reads
        task.resume_reading();
        feeding.join();
    }
    CHECK(task.finish() == 0);
    CHECK(first_difference(undisturbed(trial.arguments, trial.options, trial.load), task.output()) == "");
}

TEST_CASE("a worker that is killed when the input ends still gives all of the output") {
    const TemporaryDirectory directory;
    const PrebuiltLoad load = prebuilt_load({.units = 5000});
    const std::vector<uint64_t> expected = undisturbed(plugin("moving_avg"), moving_average_of(60), load);
    Random random;
    for (int again = 0; again < 10; ++again) {
        SupervisedTask task(kept_alive(plugin("moving_avg"), directory / "dead_letter"));
        task.init(moving_average_of(60));
        task.feed(load.bytes);
        task.wait_for_units(random.below(load.units()));
        task.hit_worker(SIGKILL);
        CHECK(task.finish() == 0);
        CHECK(first_difference(expected, task.output()) == "");
    }
}

TEST_CASE("a snapshot of a task whose worker was killed is one of its whole state") {
    const PrebuiltLoad load = prebuilt_load({.units = 4000});
    const std::vector<pb::Option> options = moving_average_of(60);
    const std::vector<uint64_t> expected = undisturbed(plugin("moving_avg"), options, load);
    std::vector<uint64_t> actual;
    std::string snapshot;
    {
        SupervisedTask task(plugin("moving_avg"));
        task.init(options);
        task.feed(load.of(0, 2000));
        task.hit_worker(SIGKILL);
        snapshot = task.snapshot();
        CHECK(task.finish() == 0);
        actual = task.output();
    }
    SupervisedTask task(plugin("moving_avg"));
    task.init(options);
    task.restore(snapshot);
    task.hit_worker(SIGKILL);
    task.feed(load.of(2000, 4000));
    CHECK(task.finish() == 0);
    actual.insert(actual.end(), task.output().begin(), task.output().end());
    CHECK(first_difference(expected, actual) == "");
}

// SPDX-License-Identifier: MIT
//
// A UDF that knows nothing of udf-host, in front of which it stands.
#include "plugin/temporary_directory.h"
#include "support/full_load.h"
#include "system/counts.h"
#include "system/disturbance.h"

namespace {

// PYTHON3 is empty where there is none.
bool has_python() {
    const bool found = !std::string_view(PYTHON3).empty();
    if (!found) MESSAGE("left out: there is no python3");
    return found;
}

Arguments supervised(const Arguments& options, const Arguments& more = {}) {
    Arguments arguments{"supervise"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.insert(arguments.end(), {"--", PYTHON3, PYTHON_UDF});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

}  // namespace

TEST_CASE("a function in Python that is killed fifty times neither loses nor repeats a point, nor forgets a count") {
    if (!has_python()) return;
    Counts counts;
    SupervisedTask task(supervised({"--checkpoint-interval", "0.1", "--max-restarts", "1000/1m"}),
                        [&](const udf::Point& p) { counts.see(p); });
    const PrebuiltLoad load = prebuilt_load({.units = 50'000});
    Random random;
    task.init();
    feed_disturbed(task, load, kFullLoad ? 50 : 10, random, [&](size_t i) {
        if (i % 10 == 0) task.begin_snapshot();
        task.hit_worker(SIGKILL);
    });
    task.keepalive(-5);
    CHECK(task.finish() == 0);
    CHECK(counts.wrong() == "");
    CHECK(counts.total() == load.units());
}

TEST_CASE("a point of which a function in Python crashes is put aside") {
    if (!has_python()) return;
    const TemporaryDirectory directory;
    Counts counts;
    SupervisedTask task(supervised({"--dead-letter", directory / "dead_letter"}, {"--crash-on-poison"}),
                        [&](const udf::Point& p) { counts.see(p); });
    const std::vector<size_t> poison{0, 70, 199};
    const PrebuiltLoad load = prebuilt_load({.units = 200, .poison = poison});
    task.init();
    task.feed(load.bytes);
    CHECK(task.finish() == 0);
    CHECK(counts.wrong() == "");
    CHECK(counts.total() == load.units() - poison.size());
    const std::string dead_letter = process_table::text_of(directory / "dead_letter");
    CHECK_MESSAGE(dead_letter.find("SIGSEGV") != dead_letter.npos, task.said());
}

TEST_CASE("a function in Python that exits when its input ends lets the task end in order") {
    if (!has_python()) return;
    SupervisedTask task(supervised({}));
    task.init();
    CHECK(task.finish() == 0);
    CHECK(task.times_said("died") == 0);
}

TEST_CASE("what a function in Python gets wrong is mended before Kapacitor sees it, also when it is killed") {
    if (!has_python()) return;
    Counts counts;
    size_t wrong = 0;
    SupervisedTask task(supervised({"--checkpoint-interval", "0.1"}, {"--odd"}), [&](const udf::Point& p) {
        counts.see(p);
        const bool whole = p.dimension_count == 1 && udf::view(p.dimensions[0]) == "host";
        wrong += !whole || p.field<double>("bad").has_value() || !p.field<double>("value").has_value();
    });
    const PrebuiltLoad load = prebuilt_load({.units = 5000});
    Random random;
    task.init();
    feed_disturbed(task, load, 3, random, [&](size_t) { task.hit_worker(SIGKILL); });
    task.wait_for_units(load.units());
    CHECK(task.finish() == 0);
    CHECK(counts.wrong() == "");
    CHECK(counts.total() == load.units());
    CHECK(wrong == 0);
    CHECK(task.times_said("guard") > 0);
}

// SPDX-License-Identifier: MIT
//
// Workers that die too often: the task fails, and is told why.
#include <numeric>

#include "plugin/contains.h"
#include "system/disturbance.h"
#include "system/task_options.h"

namespace {

using namespace std::chrono_literals;

std::vector<pb::Option> misbehave(const char* how) {
    pb::Option option;
    option.set_name("how");
    option.add_values()->set_type(pb::STRING);
    option.mutable_values(0)->set_stringvalue(how);
    return {option};
}

// At its first point it says a line and does not return.
Arguments loops(const char* max_restarts) {
    return {"--plugin", TEST_PLUGINS "/misbehave.so", "--handler-timeout", "0", "--max-restarts", max_restarts};
}

size_t times_at_point(SupervisedTask& task) {
    const std::string line = "a line for nobody\n";
    return task.times_said("\n" + line) + task.said().starts_with(line);  // not where it is told of a death
}

void kill_at_point(SupervisedTask& task, size_t times) {
    for (size_t i = 1; i <= times; ++i) {
        REQUIRE_MESSAGE(eventually([&] { return times_at_point(task) == i; }), task.said());
        task.hit_worker(SIGKILL);
    }
}

}  // namespace

TEST_CASE("when workers have died too often the error names cause, function, group, restarts and their last words") {
    SupervisedTask task(loops("3/1m"));
    task.init(misbehave("loop"));
    task.feed(prebuilt_load({.units = 1}).bytes);
    kill_at_point(task, 4);
    CHECK(eventually([&] { return !task.error().empty(); }));
    CHECK(task.error() == Contains("misbehave.so"));
    CHECK(task.error() == Contains("was killed by SIGKILL"));
    CHECK(task.error() == Contains("'host=h0'"));
    CHECK(task.error() == Contains("restarts: 3"));
    CHECK(task.error() == Contains("a line for nobody"));
    CHECK(task.error() == Contains("cpu_alert"));
    CHECK(!task.process.has_exited());  // Kapacitor has to read it first
    task.close_input();
    CHECK(task.process.status() == 1);
    CHECK(task.processes().empty());
}

TEST_CASE("where no death is borne the first one fails the task") {
    SupervisedTask task(loops("0/1m"));
    task.init(misbehave("loop"));
    task.feed(prebuilt_load({.units = 1}).bytes);
    kill_at_point(task, 1);
    CHECK(eventually([&] { return !task.error().empty(); }));
    CHECK(task.error() == Contains("restarts: 0"));
    task.close_input();
    CHECK(task.process.status() == 1);
}

TEST_CASE("an algorithm that crashes of every point fails its task in the end, and says why") {
    constexpr size_t kUnits = 50;
    std::vector<size_t> all(kUnits);
    std::iota(all.begin(), all.end(), size_t{0});
    SupervisedTask task(
        {"--plugin", HOSTILE_PLUGINS "/crashes.so", "--algorithm", "crash_exit_at_once_3", "--max-restarts", "3/1m"});
    task.init();
    task.feed(prebuilt_load({.units = kUnits, .poison = all}).bytes);
    CHECK(eventually([&] { return !task.error().empty(); }));
    CHECK(task.error() == Contains("exited with status 3"));
    CHECK(task.error() == Contains("left out: 4"));
    CHECK(task.finish() != 0);
}

TEST_CASE("a function that ends at once fails the start of the task") {
    SupervisedTask task({"supervise", "--max-restarts", "2/1m", "--", "sh", "-c", "echo no licence >&2"});
    CHECK_THROWS_WITH(task.init(), doctest::Contains("no licence"));
    CHECK(task.process.status() == 1);
}

TEST_CASE("what a function said that is no UTF-8 is told as far as it is, for Kapacitor takes nothing else") {
    SupervisedTask task({"supervise", "--max-restarts", "2/1m", "--", "sh", "-c", "printf 'no \\377licence\\n' >&2"});
    CHECK_THROWS_WITH(task.init(), doctest::Contains("no \xef\xbf\xbdlicence"));
    CHECK(task.process.status() == 1);
}

TEST_CASE("what is left when the input ends is worked off, though the next worker was to start later") {
    SupervisedTask task(
        {"--plugins-dir", PLUGINS_DIR, "--plugin", "mirror", "--max-restarts", "100/1m", "--drain-timeout", "2"});
    const PrebuiltLoad load = prebuilt_load({.units = 1000});
    task.init();
    for (int i = 0; i < 7; ++i) task.hit_worker(SIGKILL);
    task.feed(load.bytes);
    CHECK(task.finish() == 0);
    CHECK(first_difference(passed_through(load), task.output()) == "");
}

TEST_CASE("a state that is empty is answered as any other") {
    SupervisedTask task({"--plugin", TEST_PLUGINS "/counter_v1.so"});
    task.init();
    CHECK_THROWS_WITH(task.restore(""), doctest::Contains("Restore failed"));
    CHECK(task.process.status() == 1);
}

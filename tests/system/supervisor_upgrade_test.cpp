// SPDX-License-Identifier: MIT
//
// The plugin's file is replaced while its task runs: the new version goes on where the old one stood.
#include <atomic>
#include <filesystem>

#include "plugin/temporary_directory.h"
#include "support/full_load.h"
#include "system/counts.h"
#include "system/disturbance.h"

namespace {

// The versions of `counter`, put in place as a package manager does: by a rename.
class CounterFile {
public:
    CounterFile() { install("counter_v1"); }
    void install(const std::string& version) {
        const std::filesystem::path next = directory_ / "next";
        std::filesystem::copy_file(TEST_PLUGINS "/" + version + ".so", next);
        std::filesystem::rename(next, path());
    }
    std::filesystem::path path() const { return directory_ / "counter.so"; }
    Arguments arguments() const { return {"--plugin", path(), "--checkpoint-interval", "0.1"}; }

private:
    const TemporaryDirectory directory_;
};

// Of the last point that came out.
struct Version {
    std::atomic<int64_t> value{0};
    void see(const udf::Point& p) { value = p.field<int64_t>("version").value_or(-1); }
};

}  // namespace

TEST_CASE("a hundred upgrades under load neither lose nor repeat a point, nor forget a count") {
    CounterFile file;
    Counts counts;
    Version version;
    SupervisedTask task(file.arguments(), [&](const udf::Point& p) {
        counts.see(p);
        version.see(p);
    });
    const PrebuiltLoad load = prebuilt_load({.units = 20'000});
    task.init();
    size_t fed = 0;
    {
        EndlessFeed feed(task, load);
        CHECK(eventually([&] { return version.value == 1; }));
        for (int i = 0; i < (kFullLoad ? 100 : 10); ++i) {
            CAPTURE(i);
            const int next = i % 2 == 0 ? 2 : 1;
            file.install("counter_v" + std::to_string(next));
            task.process.signal(SIGHUP);
            REQUIRE_MESSAGE(eventually([&] { return version.value == next; }), task.said());
        }
        fed = feed.stop();
    }
    CHECK(task.finish() == 0);
    CHECK(counts.wrong() == "");
    CHECK(counts.total() == fed);
}

TEST_CASE("a version that refuses the state of the old one leaves the old one at work, and the next is taken") {
    CounterFile file;
    Counts counts;
    Version version;
    SupervisedTask task(file.arguments(), [&](const udf::Point& p) {
        counts.see(p);
        version.see(p);
    });
    const PrebuiltLoad load = prebuilt_load({.units = 3000});
    task.init();
    task.feed(load.of(0, 1000));
    task.wait_for_units(1000);
    file.install("counter_broken");
    task.process.signal(SIGHUP);
    REQUIRE_MESSAGE(eventually([&] { return task.times_said("upgrade refused") > 0; }), task.said());
    task.feed(load.of(1000, 2000));
    task.wait_for_units(2000);
    CHECK(version.value == 1);
    file.install("counter_v2");
    const size_t upgraded = task.times_said("upgraded");
    task.process.signal(SIGHUP);
    CHECK(eventually([&] { return task.times_said("upgraded") > upgraded; }));
    task.feed(load.of(2000, 3000));
    CHECK(task.finish() == 0);
    CHECK(version.value == 2);
    CHECK(counts.wrong() == "");
    CHECK(counts.total() == 3000);
}

TEST_CASE("after a refused upgrade the last version that worked goes on, however often its worker dies") {
    CounterFile file;
    Counts counts;
    Version version;
    Arguments arguments = file.arguments();
    arguments.insert(arguments.end(), {"--max-restarts", "2/1m"});
    SupervisedTask task(arguments, [&](const udf::Point& p) {
        counts.see(p);
        version.see(p);
    });
    const PrebuiltLoad load = prebuilt_load({.units = 5000});
    task.init();
    task.feed(load.of(0, 1000));
    task.wait_for_units(1000);
    const auto check_goes_on = [&](size_t begin, int64_t expected) {
        task.hit_worker(SIGKILL);
        task.feed(load.of(begin, begin + 500));
        task.wait_for_units(begin + 500);
        task.keepalive(-static_cast<int64_t>(begin));
        CHECK(version.value == expected);
    };
    SUBCASE("it refuses the state") {
        file.install("counter_broken");
        task.process.signal(SIGHUP);
        REQUIRE_MESSAGE(eventually([&] { return task.times_said("upgrade refused") > 0; }), task.said());
    }
    SUBCASE("it cannot be loaded") {
        file.install("no_entry");
        task.process.signal(SIGHUP);
        REQUIRE_MESSAGE(eventually([&] { return task.times_said("upgrade refused") > 0; }), task.said());
    }
    SUBCASE("nobody has tried it yet when the worker dies") { file.install("no_entry"); }
    for (const size_t begin : {1000u, 1500u, 2000u, 2500u}) check_goes_on(begin, 1);
    CHECK(task.times_said("of the last version that worked") > 0);
    CHECK(task.times_said("/proc/") == 0);
    const size_t upgraded = task.times_said("upgraded");
    file.install("counter_v2");
    task.process.signal(SIGHUP);
    REQUIRE_MESSAGE(eventually([&] { return task.times_said("upgraded") > upgraded; }), task.said());
    for (const size_t begin : {3000u, 3500u, 4000u, 4500u}) check_goes_on(begin, 2);
    CHECK(task.finish() == 0);
    CHECK(counts.wrong() == "");
    CHECK(counts.total() == 5000);
}

// ---- Races ----

TEST_CASE("Kapacitor's snapshots hold up no upgrade, and each is answered") {
    CounterFile file;
    Counts counts;
    SupervisedTask task(file.arguments(), [&](const udf::Point& p) { counts.see(p); });
    const PrebuiltLoad load = prebuilt_load({.units = 20'000});
    task.init();
    size_t fed = 0;
    {
        EndlessFeed feed(task, load);
        std::atomic<bool> stopped{false};
        Helper asking([&] {
            while (!stopped) task.snapshot();
        });
        for (size_t i = 1; i <= (kFullLoad ? 30 : 5); ++i) {
            CAPTURE(i);
            const pid_t before = task.worker();
            task.process.signal(SIGHUP);
            CHECK(eventually([&] {
                const std::vector<pid_t> workers = process_table::children(task.process.pid());
                return workers.size() == 1 && workers[0] != before;
            }));
        }
        stopped = true;
        asking.join();
        fed = feed.stop();
    }
    CHECK(task.finish() == 0);
    CHECK(task.times_said("upgrade refused") == 0);
    CHECK(counts.wrong() == "");
    CHECK(counts.total() == fed);
}

TEST_CASE("a file that is replaced during an upgrade is taken next") {
    CounterFile file;
    Version version;
    Counts counts;
    SupervisedTask task(file.arguments(), [&](const udf::Point& p) {
        version.see(p);
        counts.see(p);
    });
    const PrebuiltLoad load = prebuilt_load({.units = 20'000});
    task.init();
    EndlessFeed feed(task, load);
    file.install("counter_v2");
    task.process.signal(SIGHUP);
    CHECK(eventually([&] { return task.times_said("upgrading") >= 1; }));
    file.install("counter_v1");
    CHECK(eventually([&] { return task.times_said("upgraded") >= 2 && version.value == 1; }));
    const size_t fed = feed.stop();
    CHECK(task.finish() == 0);
    CHECK(counts.wrong() == "");
    CHECK(counts.total() == fed);
}

TEST_CASE("whichever worker is killed during an upgrade, old or new, nothing is lost or doubled") {
    CounterFile file;
    Counts counts;
    Arguments arguments = file.arguments();
    arguments.insert(arguments.end(), {"--max-restarts", "1000/1m"});
    SupervisedTask task(arguments, [&](const udf::Point& p) { counts.see(p); });
    const PrebuiltLoad load = prebuilt_load({.units = 20'000});
    Random random;
    task.init();
    feed_disturbed(task, load, kFullLoad ? 40 : 5, random, [&](size_t i) {
        task.process.signal(SIGHUP);
        random.spin_up_to(std::chrono::milliseconds(30));
        if (i % 3 == 0) task.begin_snapshot();
        task.hit_worker(SIGKILL);
    });
    task.keepalive(-1);
    CHECK(task.finish() == 0);
    CHECK(counts.wrong() == "");
    CHECK(counts.total() == load.units());
}

TEST_CASE("the input may end in the middle of an upgrade, and all comes out") {
    Random random;
    for (int again = 0; again < (kFullLoad ? 20 : 5); ++again) {
        CounterFile file;
        Counts counts;
        SupervisedTask task(file.arguments(), [&](const udf::Point& p) { counts.see(p); });
        const PrebuiltLoad load = prebuilt_load({.units = 20'000});
        task.init();
        task.feed(load.of(0, 10'000));
        task.process.signal(SIGHUP);
        random.spin_up_to(std::chrono::milliseconds(30));
        task.feed(load.of(10'000, 20'000));
        CHECK(task.finish() == 0);
        CHECK(counts.wrong() == "");
        CHECK(counts.total() == load.units());
    }
}

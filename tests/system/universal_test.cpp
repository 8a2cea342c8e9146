// SPDX-License-Identifier: MIT
//
// `udf-host --any`: one entry of kapacitor.conf for every algorithm of the plugins directory.
#include <filesystem>
#include <string>
#include <vector>

#include "client/session.h"
#include "plugin/contains.h"
#include "plugin/temporary_directory.h"
#include "system/counts.h"
#include "system/disturbance.h"
#include "system/socket_host.h"
#include "system/task_options.h"

namespace {

using client::UdfError;
using Options = std::vector<pb::Option>;

// As Kapacitor gives the options of a task.
pb::Option option(const char* name, const std::string& of, int64_t value) {
    pb::Option option;
    option.set_name(name);
    option.add_values()->set_stringvalue(of);
    option.add_values()->set_intvalue(value);
    option.mutable_values(1)->set_type(pb::INT);
    return option;
}
pb::Option option(const char* name, const std::string& of, const std::string& value) {
    pb::Option option;
    option.set_name(name);
    option.add_values()->set_stringvalue(of);
    option.mutable_values(0)->set_type(pb::STRING);
    option.add_values()->set_stringvalue(value);
    option.mutable_values(1)->set_type(pb::STRING);
    return option;
}
pb::Option algorithm(const std::string& name) {
    pb::Option option;
    option.set_name("algorithm");
    option.add_values()->set_stringvalue(name);
    option.mutable_values(0)->set_type(pb::STRING);
    return option;
}

Options moving_average_through_any(int64_t size) {
    return {algorithm("moving_avg"), option("text", "field", "value"), option("integer", "size", size)};
}

Arguments any(const char* isolation, const std::string& directory = PLUGINS_DIR, const Arguments& more = {}) {
    Arguments arguments{"--any", "--isolation", isolation, "--plugins-dir", directory};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

// The other side of one that is only asked.
struct Asked {
    explicit Asked(const Arguments& arguments) : process(arguments) {}
    UdfProcess process;
    wire::FdChannel channel{std::move(process.from_stdout), std::move(process.to_stdin)};
    client::Session session{channel, [](pb::Response&&) {}};

    // Why Init fails; empty where it does not.
    std::string refusal(const Options& options) {
        try {
            session.init(options, "cpu_alert", "node3");
            return {};
        } catch (const UdfError& e) {
            return e.what();
        }
    }
};

// What comes out of a task to its end.
std::vector<uint64_t> output_of(const Arguments& arguments, const Options& options, const PrebuiltLoad& load) {
    SupervisedTask task(arguments);
    task.init(options);
    task.feed(load.bytes);
    CHECK(task.finish() == 0);
    CHECK(task.error() == "");
    return task.output();
}

}  // namespace

TEST_CASE("the universal function declares its six options, and the edges that it was given") {
    const char* isolation = each_isolation();
    Asked stream(any(isolation));
    const pb::InfoResponse info = stream.session.info();
    CHECK(info.wants() == pb::STREAM);
    CHECK(info.provides() == pb::STREAM);
    CHECK(info.options().size() == 6);
    for (const char* name : {"algorithm", "text", "integer", "number", "flag", "duration"})
        CHECK_MESSAGE(info.options().count(name) == 1, name);
    CHECK(info.options().at("number").valuetypes(1) == pb::DOUBLE);
    Asked batch(any(isolation, PLUGINS_DIR, {"--wants", "batch", "--provides", "batch"}));
    CHECK(batch.session.info().wants() == pb::BATCH);
    CHECK(batch.session.info().provides() == pb::BATCH);
}

TEST_CASE("a moving average is the same through the universal function") {
    const char* isolation = each_isolation();
    const PrebuiltLoad load = prebuilt_load({.units = 3000});
    const auto expected =
        output_of({"--plugin", PLUGINS_DIR "/moving_avg.so", "--isolation", isolation}, moving_average_of(60), load);
    const auto actual = output_of(any(isolation), moving_average_through_any(60), load);
    CHECK(expected.size() == 3000);
    CHECK(first_difference(expected, actual) == "");
}

TEST_CASE("batches go through the universal function of batches") {
    const char* isolation = each_isolation();
    const PrebuiltLoad load = prebuilt_load({.units = 100, .batch_size = 50});
    const auto expected =
        output_of({"--plugin", PLUGINS_DIR "/outliers.so", "--isolation", isolation}, outliers_of_field(), load);
    const auto actual = output_of(any(isolation, PLUGINS_DIR, {"--wants", "batch", "--provides", "batch"}),
                                  {option("text", "field", "value"), algorithm("outliers")}, load);
    CHECK_FALSE(expected.empty());
    CHECK(first_difference(expected, actual) == "");
}

TEST_CASE("tasks of one universal function on a socket have each their own algorithm") {
    const TemporaryDirectory directory;
    const std::filesystem::path path = directory / "socket";
    UdfProcess process(any(each_isolation(), PLUGINS_DIR, {"--socket", path}));
    REQUIRE(eventually([&] { return try_to_connect(path) || process.has_exited(); }));
    REQUIRE_MESSAGE(!process.has_exited(), process.errors());
    Task average(path), mirror(path), unknown(path);
    average.session.init(moving_average_through_any(2), "a", "native2");
    mirror.session.init({algorithm("mirror")}, "b", "native2");
    CHECK_THROWS_AS(unknown.session.init({algorithm("mirrorr")}, "c", "native2"), UdfError);
    pb::Request request;
    for (const double value : {1.0, 2.0}) {
        (*request.mutable_point()->mutable_fieldsdouble())["value"] = value;
        average.session.send(request);
        mirror.session.send(request);
    }
    average.session.finish();
    mirror.session.finish();
    REQUIRE(average.emitted.size() == 2);
    CHECK(average.emitted[1].point().fieldsdouble().at("avg") == 1.5);
    REQUIRE(mirror.emitted.size() == 2);
    CHECK(mirror.emitted[1].point().fieldsdouble().size() == 1);
}

TEST_CASE("an algorithm in a plugin of another name is found") {
    const TemporaryDirectory directory;
    std::filesystem::create_symlink(TEST_PLUGINS "/abort_on_load.so", directory / "a.so");
    std::filesystem::create_symlink(TEST_PLUGINS "/two_algorithms.so", directory / "z.so");
    Asked asked(any(each_isolation(), directory.path()));
    CHECK(asked.refusal({algorithm("tally"), option("text", "field", "value"), option("integer", "size", 1)}) == "");
}

TEST_CASE("what a task asks for in vain is told with what there is") {
    const char* isolation = each_isolation();
    struct Case {
        Options options;
        std::string said;
    };
    const std::string there_are = "this function is stream to stream, for: default, mirror, moving_avg, set_field";
    const Case cases[] = {
        {{}, "a task says which algorithm: .algorithm('NAME'); " + there_are},
        {{algorithm("moving_avgg")},
         "there is no algorithm 'moving_avgg' in " PLUGINS_DIR "; " + there_are + "; did you mean 'moving_avg'?"},
        {{algorithm("outliers")}, "algorithm 'outliers' takes batches and gives batches; " + there_are},
        {{algorithm("moving_avg"), option("text", "feild", "value")},
         "moving_avg: there is no option 'feild'; did you mean 'field'?"},
        {{algorithm("moving_avg"), option("text", "field", "value"), option("text", "size", "ten")},
         "argument 1 of option 'size' is string 'ten', expected int"},
    };
    for (const Case& wrong : cases) {
        Asked asked(any(isolation));
        CHECK(asked.refusal(wrong.options) == Contains(wrong.said));
    }
}

TEST_CASE("a plugin that hangs while it is loaded fails the task that asks for it, with the reason") {
    const TemporaryDirectory directory;
    std::filesystem::create_symlink(TEST_PLUGINS "/hang_on_load.so", directory / "moving_avg.so");
    Asked asked(any(each_isolation(), directory.path(), {"--handler-timeout", "0.1"}));
    CHECK(asked.refusal(moving_average_through_any(60)) ==
          Contains("a plugin hangs while it is loaded: it has taken 0.1 s"));
}

TEST_CASE("a snapshot of a task of the universal function goes on where it was, and in the function of the plugin") {
    const char* isolation = each_isolation();
    const PrebuiltLoad load = prebuilt_load({.units = 2000});
    const auto expected = output_of(any(isolation), moving_average_through_any(60), load);
    std::string snapshot;
    {
        SupervisedTask task(any(isolation));
        task.init(moving_average_through_any(60));
        task.feed(load.of(0, 1000));
        snapshot = task.snapshot();
        CHECK(task.finish() == 0);
    }
    const auto rest = [&](const Arguments& arguments, const Options& options) {
        SupervisedTask task(arguments);
        task.init(options);
        task.restore(snapshot);
        task.feed(load.of(1000, 2000));
        CHECK(task.finish() == 0);
        return task.output();
    };
    const std::vector<uint64_t> second_half(expected.begin() + 1000, expected.end());
    CHECK(first_difference(second_half, rest(any(isolation), moving_average_through_any(60))) == "");
    CHECK(first_difference(second_half, rest({"--plugin", PLUGINS_DIR "/moving_avg.so", "--isolation", isolation},
                                             moving_average_of(60))) == "");
}

TEST_CASE("workers of the universal function that are killed change nothing in the points") {
    const PrebuiltLoad load = prebuilt_load({.units = 20'000});
    const auto expected = output_of(any(kSupervised), moving_average_through_any(60), load);
    SupervisedTask task(any(kSupervised, PLUGINS_DIR, {"--checkpoint-interval", "0.1", "--max-restarts", "1000/1m"}));
    Random random;
    task.init(moving_average_through_any(60));
    feed_disturbed(task, load, 5, random, [&](size_t) { task.hit_worker(SIGKILL); });
    task.wait_for_units(load.units());
    CHECK(task.finish() == 0);
    CHECK(first_difference(expected, task.output()) == "");
    CHECK(task.times_said("died") >= 5);
}

TEST_CASE("a plugin that is replaced is taken by the tasks of the universal function, with their state") {
    const TemporaryDirectory directory;
    const auto install = [&](const char* version) {
        std::filesystem::copy_file(std::filesystem::path(TEST_PLUGINS) / version, directory / "next");
        std::filesystem::rename(directory / "next", directory / "counter.so");
    };
    install("counter_v1.so");
    Counts counts;
    std::atomic<int64_t> version{0};
    SupervisedTask task(any(kSupervised, directory.path()), [&](const udf::Point& p) {
        counts.see(p);
        version = p.field<int64_t>("version").value_or(-1);
    });
    const PrebuiltLoad load = prebuilt_load({.units = 2000});
    task.init({algorithm("counter")});
    task.feed(load.of(0, 1000));
    task.wait_for_units(1000);
    CHECK(version == 1);
    install("counter_v2.so");
    REQUIRE(eventually([&] { return task.times_said("upgraded") == 1; }));
    SUBCASE("by another that works") {}
    SUBCASE("by another that works, then by one that does not: the last that did goes on") {
        install("counter_broken.so");
        REQUIRE(eventually([&] { return task.times_said("upgrade refused") > 0; }));
        task.hit_worker(SIGKILL);
        REQUIRE(eventually([&] { return task.times_said("of the last version that worked") > 0; }));
    }
    task.feed(load.of(1000, 2000));
    task.wait_for_units(2000);
    CHECK(task.finish() == 0);
    CHECK(version == 2);
    CHECK(counts.wrong() == "");
    CHECK(counts.total() == 2000);
}

TEST_CASE("a command line of the universal function that makes no sense is told in one line") {
    struct Case {
        Arguments arguments;
        const char* said;
    };
    const Case cases[] = {
        {{"--any", "--plugin", "mirror"}, "--plugin excludes --any"},
        {{"--any", "--algorithm", "mirror"}, "--algorithm excludes --any"},
        {{"--plugin", "mirror", "--wants", "batch"}, "--wants requires --any"},
        {{"--plugin", "mirror", "--provides", "batch"}, "--provides requires --any"},
        {{"--any", "--wants", "points"}, "--wants: points not in {stream,batch}"},
    };
    for (const Case& wrong : cases) {
        const Ended ended = run_udf_host(wrong.arguments);
        CHECK(ended.status == 2);
        CHECK_MESSAGE(is_one_error_line(ended), ended.errors);
        CHECK(ended.errors == Contains(wrong.said));
    }
}

// SPDX-License-Identifier: MIT
//
// udf-host with plugins that do all that a plugin must not (tests/hostile): Kapacitor, whose place the
// test takes, sees a protocol that is kept and a process that ends.
#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "client/session.h"
#include "plugin/contains.h"
#include "support/kapacitor_rules.h"
#include "system/udf_process.h"
#include "wire/channel.h"

namespace pb = kapacitor::udf;
using namespace std::chrono_literals;

namespace {

// Keeps a copy of what is read.
class Recorder : public wire::FdChannel {
public:
    using FdChannel::FdChannel;
    std::string bytes;

    Moved read(char* to, size_t size) override {
        const Moved moved = FdChannel::read(to, size);
        bytes.append(to, moved.bytes);
        return moved;
    }
};

using Arguments = std::vector<std::string>;

class Task {
public:
    Task(const char* plugin, const char* algorithm, const Arguments& more = {})
        : process(arguments(plugin, algorithm, more)) {}
    // Whatever it was about, what came out is fit for Kapacitor.
    ~Task() {
        const std::string violated = support::KapacitorRules().first_violation(channel_.bytes);
        CHECK_MESSAGE(violated.substr(0, 2) == allowed_violation, violated);
    }

    void init() { session.init({}, "cpu_alert", "node3"); }
    void send_points(int64_t count) {
        for (int64_t time = 1; time <= count; ++time) {
            pb::Request request;
            pb::Point& point = *request.mutable_point();
            point.set_time(time);
            point.set_name("cpu");
            point.set_database("telegraf");
            point.set_retentionpolicy("autogen");
            point.set_group("host=a");
            point.add_dimensions("host");
            (*point.mutable_tags())["host"] = "a";
            (*point.mutable_fieldsdouble())["value"] = static_cast<double>(time);
            session.send(request);
        }
    }
    void send_batch() {
        pb::Request request;
        request.mutable_begin()->set_name("cpu");
        request.mutable_begin()->set_group("host=a");
        (*request.mutable_begin()->mutable_tags())["host"] = "a";
        session.send(request);
        request.mutable_point()->set_time(10);
        (*request.mutable_point()->mutable_fieldsdouble())["value"] = 1;
        session.send(request);
        request.mutable_end()->set_name("cpu");
        request.mutable_end()->set_group("host=a");
        (*request.mutable_end()->mutable_tags())["host"] = "a";
        request.mutable_end()->set_tmax(20);
        session.send(request);
    }
    // Runs to the end of the output; the text of the ErrorResponse, if there was one.
    std::string finish() {
        try {
            session.finish();
            return {};
        } catch (const client::UdfError& e) {
            hang_up();
            return e.what();
        }
    }
    // Ends the input and reads on to the end of the output, as Kapacitor does after an error.
    void hang_up() {
        channel_.close_output();
        char nowhere[4096];
        for (auto status = Recorder::Status::ok; status != Recorder::Status::closed;) {
            channel_.wait({.input = true}, 1s);
            status = channel_.read(nowhere, sizeof nowhere).status;
        }
    }
    // The points that are not copies of those sent.
    std::vector<pb::Point> made() const {
        std::vector<pb::Point> points;
        for (const pb::Response& r : emitted)
            if (r.has_point() && !(r.point().fieldsdouble().count("value") != 0)) points.push_back(r.point());
        return points;
    }
    size_t mirrored() const {
        size_t count = 0;
        for (const pb::Response& r : emitted) count += r.has_point() && r.point().fieldsdouble().count("value") != 0;
        return count;
    }

    UdfProcess process;
    std::vector<pb::Response> emitted;
    std::string allowed_violation;  // its row, where the guard is told to let it pass

private:
    static Arguments arguments(const char* plugin, const char* algorithm, const Arguments& more) {
        Arguments all{"--plugin", HOSTILE_PLUGINS "/" + std::string(plugin) + ".so", "--algorithm", algorithm};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    Recorder channel_{std::move(process.from_stdout), std::move(process.to_stdin)};

public:
    client::Session session{channel_, [this](pb::Response&& response) { emitted.push_back(std::move(response)); }};
};

// How long until it has gone.
std::chrono::milliseconds time_to_end(Task& task) {
    const auto began = std::chrono::steady_clock::now();
    task.process.status();
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
}

}  // namespace

// ---- What it emits ----

TEST_CASE("NaN and infinity are left out and the points come through") {
    Task task("output", "not_finite");
    task.init();
    task.send_points(3);
    CHECK(task.finish().empty());
    CHECK(task.mirrored() == 3);
    REQUIRE(task.made().size() == 3);
    CHECK(task.made()[0].fieldsdouble_size() == 1);
    CHECK(task.made()[0].fieldsdouble().at("sum") == 1);
    CHECK(task.process.errors() == Contains("non-finite 9"));
}

TEST_CASE("NaN fails the task in strict mode, with rule, field and group") {
    Task task("output", "not_finite", {"--guard", "strict"});
    task.init();
    task.send_points(1);
    const std::string error = task.finish();
    CHECK(error == Contains("non-finite"));
    CHECK(error == Contains("'nan'"));
    CHECK(error == Contains("host=a"));
    CHECK(task.mirrored() == 0);
}

TEST_CASE("NaN passes where the guard is off") {
    Task task("output", "not_finite", {"--non-finite", "pass"});
    task.allowed_violation = "C8";
    task.init();
    task.send_points(1);
    CHECK(task.finish().empty());
    REQUIRE(task.made().size() == 2);
    CHECK(task.made()[0].fieldsdouble_size() == 3);
}

TEST_CASE("empty names and empty points do not reach Kapacitor") {
    Task task("output", "empty_names");
    task.init();
    task.send_points(2);
    CHECK(task.finish().empty());
    CHECK(task.mirrored() == 2);
    for (const pb::Point& point : task.made()) {
        CHECK(point.name() == "cpu");
        CHECK(point.fieldsdouble_size() == 1);
        CHECK(point.tags().count("") == 0);
    }
}

TEST_CASE("text that is not UTF-8 and line breaks are replaced") {
    Task task("output", "bad_text");
    task.init();
    task.send_points(1);
    CHECK(task.finish().empty());
    REQUIRE(task.made().size() == 1);
    const pb::Point made = task.made()[0];
    CHECK(made.name() == "na\xef\xbf\xbdme ");
    CHECK(made.tags().at("k\xef\xbf\xbd") == "v w");
    CHECK(made.fieldsdouble().count("two lines") == 1);
}

TEST_CASE("of one field name twice the last value stays") {
    Task task("output", "twice_the_name");
    task.init();
    task.send_points(1);
    CHECK(task.finish().empty());
    REQUIRE(task.made().size() == 1);
    CHECK(task.made()[0].fieldsstring().at("v") == "last");
    CHECK(task.made()[0].fieldsdouble_size() + task.made()[0].fieldsbool_size() == 0);
}

TEST_CASE("a field keeps its type") {
    Task task("output", "changes_types");
    task.init();
    task.send_points(2);
    CHECK(task.finish().empty());
    int integers = 0, others = 0;
    for (const pb::Point& point : task.made()) {
        integers += point.fieldsint_size();
        others += point.fieldsbool_size() + point.fieldsstring_size();
    }
    CHECK(integers == 1);  // the first; then a double came
    CHECK(others == 0);
}

TEST_CASE("a point built from nothing is of the measurement and group of the input") {
    Task task("output", "from_nothing");
    task.init();
    task.send_points(2);
    CHECK(task.finish().empty());
    REQUIRE(task.made().size() == 2);
    const pb::Point made = task.made()[0];
    CHECK(made.name() == "cpu");
    CHECK(made.database() == "telegraf");
    CHECK(made.retentionpolicy() == "autogen");
    CHECK(made.dimensions_size() == 1);
    CHECK(made.tags().at("host") == "a");
    CHECK(made.time() != 0);
}

TEST_CASE("a count that is none is not read, and its point left out") {
    Task task("output", "huge_count");
    task.init();
    task.send_points(1);
    CHECK(task.finish().empty());
    CHECK(task.mirrored() == 1);
    CHECK(task.process.errors() == Contains("frame-limit 1"));
}

TEST_CASE("a point over the frame limit is left out") {
    Task task("output", "huge_point");
    task.init();
    task.send_points(2);
    CHECK(task.finish().empty());
    CHECK(task.mirrored() == 2);
    CHECK(task.made().empty());
    CHECK(task.process.errors() == Contains("frame-limit 2"));
}

TEST_CASE("a point under a frame limit that was raised goes out") {
    Task task("output", "huge_point", {"--frame-limit", "32"});
    task.allowed_violation = "K4";  // of 16 MiB, which the check holds
    task.init();
    task.send_points(1);
    CHECK_THROWS_WITH_AS(task.session.finish(), doctest::Contains("a frame of 20971593 bytes"), client::ProtocolError);
}

TEST_CASE("a batch from an algorithm that provides a stream fails it") {
    Task task("output", "batch_from_stream");
    task.init();
    task.send_points(1);
    CHECK(task.finish() == Contains("emitted a batch, but the algorithm provides a stream"));
    CHECK(task.emitted.empty());
}

TEST_CASE("batches are made fit for Kapacitor") {
    Task task("output", "odd_batches");
    task.init();
    task.send_batch();
    task.send_batch();
    CHECK(task.finish().empty());
    int ends = 0;
    for (const pb::Response& r : task.emitted) {
        if (r.has_begin()) CHECK(r.begin().name() == "cpu");
        if (!r.has_end()) continue;
        ++ends;
        CHECK(r.end().name() == "cpu");
    }
    CHECK(ends == 8);
    for (size_t i = 0; i + 2 < task.emitted.size(); ++i)
        if (task.emitted[i].has_begin() && task.emitted[i + 1].has_point())
            CHECK(task.emitted[i + 2].end().tmax() >= 10);
}

// ---- How it fails ----

TEST_CASE("an exception is the error of the task, after all that was emitted before") {
    Task task("lifecycle", "throws");
    task.init();
    task.send_points(3);
    CHECK(task.finish() == "throws (plugin lifecycle.so), task cpu_alert, node node3: no such bucket");
    CHECK(task.mirrored() == 2);
    CHECK(task.process.status() == 1);
}

TEST_CASE("something that is no exception, a failure without a reason, an exception across the interface") {
    for (const char* algorithm : {"throws_number", "fails_silently", "throws_across"}) {
        CAPTURE(algorithm);
        Task task("lifecycle", algorithm);
        task.init();
        task.send_points(1);
        const std::string error = task.finish();
        CHECK(error == Contains("(plugin lifecycle.so), task cpu_alert, node node3: "));
        CHECK(task.process.status() == 1);
    }
}

TEST_CASE("a handler that cannot be made refuses every task with its reason, and the process ends by itself") {
    for (int again = 0; again < 2; ++again) {
        Task task("lifecycle", "create_fails");
        CHECK_THROWS_WITH_AS(task.init(), "create_fails: no model file", client::UdfError);
        CHECK(time_to_end(task) < 10s);  // though its input stays open
    }
}

TEST_CASE("a snapshot that is refused ends the task and the process") {
    std::string snapshot;
    {
        Task task("lifecycle", "refuses_state");
        task.init();
        snapshot = task.session.snapshot();
        CHECK(task.finish().empty());
    }
    Task task("lifecycle", "refuses_state");
    task.init();
    CHECK_THROWS_WITH_AS(task.session.restore(snapshot), "refuses_state: not this state", client::UdfError);
    CHECK(time_to_end(task) < 10s);
}

TEST_CASE("a snapshot of a gigabyte is no snapshot, and the task goes on") {
    Task task("lifecycle", "huge_state");
    task.init();
    CHECK(task.session.snapshot().empty());
    task.send_points(1);
    CHECK(task.finish().empty());
    CHECK(task.mirrored() == 1);
    CHECK(task.process.errors() == Contains("it has 1073741824 bytes"));
}

// ---- How it does not come back ----

TEST_CASE("a handler that hangs: the task gets the reason, the log the stack, and the process ends") {
    for (const char* algorithm : {"hangs_in_points", "hangs_in_create"}) {
        CAPTURE(algorithm);
        Task task("lifecycle", algorithm, {"--handler-timeout", "0.3"});
        std::string error;
        try {
            task.init();
            task.send_points(2);
            error = task.finish();
        } catch (const client::UdfError& e) {
            error = e.what();
            task.hang_up();
        }
        CHECK(error == Contains("the handler hangs ("));
        if (algorithm == std::string_view("hangs_in_points")) CHECK(error == Contains("of group 'host=a'"));
        CHECK(time_to_end(task) < 10s);
        CHECK(task.process.errors() == Contains(": in lifecycle.so+0x"));
    }
}

TEST_CASE("a plugin that does not let go at the end is left behind") {
    for (const char* algorithm : {"hangs_in_points", "hangs_in_stop", "hangs_in_destroy"}) {
        CAPTURE(algorithm);
        Task task("lifecycle", algorithm, {"--drain-timeout", "0.2"});
        task.init();
        task.send_points(2);
        CHECK(task.finish().empty());
        CHECK(time_to_end(task) < 10s);
        CHECK(task.process.errors() == Contains("after the input has ended; leaving without it"));
    }
}

TEST_CASE("a process that would hang in its exit is gone") {
    Task task("process", "hangs_at_exit", {"--drain-timeout", "0.2"});
    task.init();
    task.send_points(1);
    CHECK(task.finish().empty());
    CHECK(time_to_end(task) < 10s);
}

TEST_CASE("a plugin that hangs while it is loaded is told and left") {
    SUBCASE("while Kapacitor waits") {
        Task task("hangs_on_load", "never", {"--handler-timeout", "0.3"});
        CHECK_THROWS_WITH_AS(task.session.info(), doctest::Contains("hangs while it is loaded"), client::UdfError);
        task.hang_up();
        CHECK(task.process.status() == 1);
        CHECK(task.process.errors() == Contains("hangs while it is loaded"));
        CHECK(task.process.errors() == Contains(": in hangs_on_load.so+0x"));
    }
    SUBCASE("while Kapacitor boots, which it is to do") {
        Task task("hangs_on_load", "never", {"--handler-timeout", "0.3", "--defer-load-errors"});
        CHECK(task.session.info().options().empty());
        task.hang_up();
        CHECK(task.process.status() == 0);
    }
    SUBCASE("before a socket is listened on, and it is told to stop") {
        UdfProcess process(
            {"--plugin", HOSTILE_PLUGINS "/hangs_on_load.so", "--socket", "/nowhere/at/all", "--drain-timeout", "0.2"});
        process.signal(SIGTERM);
        CHECK(process.status() != 0);
    }
    SUBCASE("when Kapacitor has given up") {
        Task task("hangs_on_load", "never", {"--drain-timeout", "0.2"});
        task.hang_up();
        CHECK(task.process.status() == 1);
    }
}

// ---- Threads ----

TEST_CASE("a thread that goes on emitting is told that the stream is closed") {
    Task task("lifecycle", "emits_after_stop");
    task.init();
    CHECK(task.finish().empty());
    CHECK(task.process.status() == 0);
    CHECK(task.process.errors() == Contains("told that the stream is closed"));
}

TEST_CASE("eight threads may emit what came at once") {
    Task task("lifecycle", "eight_threads");
    task.init();
    task.send_points(5000);
    CHECK(task.finish().empty());
    CHECK(task.mirrored() == 5000);
}

// ---- The process it is in ----

TEST_CASE("what is printed, by static constructors too, does not get into the protocol") {
    Task task("process", "prints");
    task.init();
    task.send_points(2);
    CHECK(task.finish().empty());
    CHECK(task.mirrored() == 2);
    CHECK(task.process.status() == 0);
    for (const char* line : {"a static constructor talks\n", "made\n", "a point of 1\n", "rawh\n"})
        CHECK(task.process.errors() == Contains(line));
}

TEST_CASE("a child that lives on does not hold Kapacitor up") {
    Task task("process", "forks");
    task.init();
    task.send_points(1);
    const auto began = std::chrono::steady_clock::now();
    CHECK(task.finish().empty());  // reads to the end of the output
    CHECK(task.process.status() == 0);
    CHECK(std::chrono::steady_clock::now() - began < 8s);  // the child lives for ten
}

TEST_CASE("lines without end are cut to 8 KiB") {
    Task task("process", "floods");
    task.init();
    task.send_points(2);
    CHECK(task.finish().empty());
    CHECK(task.mirrored() == 2);
    CHECK(task.process.status() == 0);
    const std::string said = task.process.errors();
    CHECK(said == Contains("!!!"));
    size_t line = 0;
    for (size_t at = 0; at < said.size(); ++at) {
        line = said[at] == '\n' ? 0 : line + 1;
        REQUIRE(line <= 8192);
    }
}

TEST_CASE("the last words of a plugin that dies are not lost") {
    Task task("process", "aborts");
    task.init();
    task.send_points(1);
    CHECK(task.finish().empty());
    CHECK(task.process.status() == 128 + SIGABRT);
    CHECK(task.process.errors() == Contains("last words\n"));
    CHECK(task.process.errors() == Contains("process.so: crashed by SIGABRT"));
}

TEST_CASE("a plugin that signals its process group does not reach Kapacitor") {
    Task task("process", "signals_its_group");
    task.init();
    task.send_points(1);
    CHECK(task.finish().empty());
    CHECK(task.process.status() == 128 + SIGTERM);  // the test, of the group that it was started in, goes on
}

// ---- Broken files ----

TEST_CASE("a plugin that cannot be loaded is the error of the start, in its own words") {
    const std::string file = TEST_PLUGINS "/entry_null.so";
    for (const bool at_init : {false, true}) {
        CAPTURE(at_init);
        UdfProcess process({"--plugin", file});
        wire::FdChannel channel(std::move(process.from_stdout), std::move(process.to_stdin));
        client::Session session(channel);
        try {
            at_init ? session.init({}, "task", "node") : static_cast<void>(session.info());
            FAIL("it started");
        } catch (const client::UdfError& e) {
            CHECK(std::string(e.what()) == Contains("refused " + file + ": "));
        }
        channel.close_output();
        CHECK(process.status() == 1);
        CHECK(process.errors().starts_with("udf-host: error: refused " + file));
    }
}

TEST_CASE("a plugin that is broken does not keep Kapacitor from booting") {
    for (const char* plugin : {"no_such_plugin", "entry_null"}) {
        CAPTURE(plugin);
        const std::string file = TEST_PLUGINS "/" + std::string(plugin) + ".so";
        const Arguments arguments{"--plugin", file, "--defer-load-errors"};
        {
            UdfProcess process(arguments);
            wire::FdChannel channel(std::move(process.from_stdout), std::move(process.to_stdin));
            client::Session session(channel);
            CHECK(session.info().options().empty());
            session.finish();
            CHECK(process.status() == 0);
        }
        UdfProcess process(arguments);
        wire::FdChannel channel(std::move(process.from_stdout), std::move(process.to_stdin));
        client::Session session(channel);
        CHECK_THROWS_WITH_AS(session.init({}, "task", "node"), doctest::Contains(file.c_str()), client::UdfError);
    }
}

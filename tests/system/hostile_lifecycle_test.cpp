// SPDX-License-Identifier: MIT
//
// Plugins that fail, hang, or cannot be loaded: the task gets the reason, and nobody waits for ever.
#include "system/hostile_task.h"

// ---- How it fails ----

TEST_CASE("an exception is the error of the task, after all that was emitted before") {
    HostileTask task("lifecycle", "throws");
    task.init();
    task.send_points(3);
    CHECK(task.finish() == "throws (plugin lifecycle.so), task cpu_alert, node node3: no such bucket");
    CHECK(task.mirrored() == 2);
    CHECK(task.process.status() == 1);
}

TEST_CASE("something that is no exception, a failure without a reason, an exception across the interface") {
    for (const char* algorithm : {"throws_number", "fails_silently", "throws_across"}) {
        CAPTURE(algorithm);
        HostileTask task("lifecycle", algorithm);
        task.init();
        task.send_points(1);
        const std::string error = task.finish();
        CHECK(error == Contains("(plugin lifecycle.so), task cpu_alert, node node3: "));
        CHECK(task.process.status() == 1);
    }
}

TEST_CASE("a handler that cannot be made refuses every task with its reason, and the process ends by itself") {
    const char* const isolation = each_isolation();
    for (int again = 0; again < 2; ++again) {
        HostileTask task("lifecycle", "create_fails", {}, isolation);
        CHECK_THROWS_WITH_AS(task.init(), "create_fails: no model file", client::UdfError);
        CHECK(time_to_end(task) < 10s);  // though its input stays open
    }
}

TEST_CASE("a snapshot that is refused ends the task and the process") {
    const char* const isolation = each_isolation();
    std::string snapshot;
    {
        HostileTask task("lifecycle", "refuses_state", {}, isolation);
        task.init();
        snapshot = task.session.snapshot();
        CHECK(task.finish().empty());
    }
    HostileTask task("lifecycle", "refuses_state", {}, isolation);
    task.init();
    CHECK_THROWS_WITH_AS(task.session.restore(snapshot), "refuses_state: not this state", client::UdfError);
    CHECK(time_to_end(task) < 10s);
}

TEST_CASE("a snapshot of a gigabyte is no snapshot, and the task goes on") {
    const char* const isolation = each_isolation();
    HostileTask task("lifecycle", "huge_state", {}, isolation);
    task.init();
    CHECK(task.session.snapshot().empty());
    task.send_points(1);
    CHECK(task.finish().empty());
    CHECK(task.mirrored() == 1);
    CHECK(task.said() == Contains("it has 1073741824 bytes"));
}

// ---- How it does not come back ----

TEST_CASE("a handler that hangs: the task gets the reason, the log the stack, and the process ends") {
    for (const char* algorithm : {"hangs_in_points", "hangs_in_create"}) {
        CAPTURE(algorithm);
        HostileTask task("lifecycle", algorithm, {"--handler-timeout", "0.3"});
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
        CHECK(task.said() == Contains(" < lifecycle.so+0x"));
    }
}

TEST_CASE("a plugin that does not let go at the end is left behind") {
    for (const char* algorithm : {"hangs_in_points", "hangs_in_stop", "hangs_in_destroy"}) {
        CAPTURE(algorithm);
        HostileTask task("lifecycle", algorithm, {"--drain-timeout", "0.2"});
        task.init();
        task.send_points(2);
        CHECK(task.finish().empty());
        CHECK(time_to_end(task) < 10s);
        CHECK(task.said() == Contains("the input has ended and a call has not returned: leaving without it"));
    }
}

TEST_CASE("a process that would hang in its exit is gone") {
    HostileTask task("process", "hangs_at_exit", {"--drain-timeout", "0.2"});
    task.init();
    task.send_points(1);
    CHECK(task.finish().empty());
    CHECK(time_to_end(task) < 10s);
}

TEST_CASE("a plugin that hangs while it is loaded is told and left") {
    SUBCASE("while Kapacitor waits") {
        HostileTask task("hangs_on_load", "never", {"--handler-timeout", "0.3"});
        CHECK_THROWS_WITH_AS(task.session.info(), doctest::Contains("hangs while it is loaded"), client::UdfError);
        task.hang_up();
        CHECK(task.process.status() == 1);
        CHECK(task.said() == Contains("hangs while it is loaded"));
        CHECK(task.said() == Contains(" < hangs_on_load.so+0x"));
    }
    SUBCASE("while Kapacitor boots, which it is to do") {
        HostileTask task("hangs_on_load", "never", {"--handler-timeout", "0.3", "--defer-load-errors"});
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
        HostileTask task("hangs_on_load", "never", {"--drain-timeout", "0.2"});
        task.hang_up();
        CHECK(task.process.status() == 1);
    }
}

// ---- Threads ----

TEST_CASE("a thread that goes on emitting is told that the stream is closed") {
    const char* const isolation = each_isolation();
    HostileTask task("lifecycle", "emits_after_stop", {}, isolation);
    task.init();
    CHECK(task.finish().empty());
    CHECK(task.process.status() == 0);
    CHECK(task.said() == Contains("told that the stream is closed"));
}

TEST_CASE("eight threads may emit what came at once") {
    const char* const isolation = each_isolation();
    HostileTask task("lifecycle", "eight_threads", {}, isolation);
    task.init();
    task.send_points(5000);
    CHECK(task.finish().empty());
    CHECK(task.mirrored() == 5000);
}

// ---- Broken files ----

TEST_CASE("a plugin that cannot be loaded is the error of the start, in its own words") {
    const char* const isolation = each_isolation();
    const std::string file = TEST_PLUGINS "/entry_null.so";
    for (const bool at_init : {false, true}) {
        CAPTURE(at_init);
        UdfProcess process({"--isolation", isolation, "--plugin", file});
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
    const char* const isolation = each_isolation();
    for (const char* plugin : {"no_such_plugin", "entry_null"}) {
        CAPTURE(plugin);
        const std::string file = TEST_PLUGINS "/" + std::string(plugin) + ".so";
        const Arguments arguments{"--isolation", isolation, "--plugin", file, "--defer-load-errors"};
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

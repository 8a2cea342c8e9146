// SPDX-License-Identifier: MIT
//
// Plugins that misuse the process they are in.
#include "system/hostile_task.h"
#include "system/socket_host.h"

TEST_CASE("what is printed, by static constructors too, does not get into the protocol") {
    const char* const isolation = each_isolation();
    HostileTask task("process", "prints", {}, isolation);
    task.init();
    task.send_points(2);
    CHECK(task.finish().empty());
    CHECK(task.mirrored() == 2);
    CHECK(task.process.status() == 0);
    for (const char* line : {"a static constructor talks\n", "made\n", "a point of 1\n", "rawh\n"})
        CHECK(task.said() == Contains(line));
}

TEST_CASE("a child that lives on does not hold Kapacitor up") {
    const char* const isolation = each_isolation();
    HostileTask task("process", "forks", {}, isolation);
    task.init();
    task.send_points(1);
    const auto began = std::chrono::steady_clock::now();
    CHECK(task.finish().empty());  // reads to the end of the output
    CHECK(task.process.status() == 0);
    CHECK(std::chrono::steady_clock::now() - began < 8s);  // the child lives for ten
}

TEST_CASE("lines without end are cut to 8 KiB") {
    const char* const isolation = each_isolation();
    HostileTask task("process", "floods", {}, isolation);
    task.init();
    task.send_points(2);
    CHECK(task.finish().empty());
    CHECK(task.mirrored() == 2);
    CHECK(task.process.status() == 0);
    const std::string said = task.said();
    CHECK(said == Contains("!!!"));
    size_t line = 0;
    for (size_t at = 0; at < said.size(); ++at) {
        line = said[at] == '\n' ? 0 : line + 1;
        REQUIRE(line <= 8192);
    }
}

TEST_CASE("the last words of a plugin that dies are not lost") {
    HostileTask task("process", "aborts");
    task.init();
    task.send_points(1);
    CHECK(task.finish().empty());
    CHECK(task.process.status() == 128 + SIGABRT);
    CHECK(task.said() == Contains("last words\n"));
    CHECK(task.said() == Contains("crashed by SIGABRT algorithm=aborts plugin="));
}

TEST_CASE("a plugin that signals its process group does not reach Kapacitor") {
    HostileTask task("process", "signals_its_group");
    task.init();
    task.send_points(1);
    CHECK(task.finish().empty());
    CHECK(task.process.status() == 128 + SIGTERM);  // the test, of the group that it was started in, goes on
}

TEST_CASE("a plugin that closes descriptors of the host's ends the process, and does not leave it deaf") {
    SUBCASE("on pipes") {
        HostileTask task("process", "closes_descriptors");
        CHECK_THROWS((task.init(), task.send_points(1), task.session.finish()));
        CHECK(task.process.status() == 1);
    }
    SUBCASE("on a socket") {
        SocketHost host(HOSTILE_PLUGINS "/process.so", {"--algorithm", "closes_descriptors", "--isolation", kDirect});
        const wire::unique_fd connection = try_to_connect(host.path);
        pb::Request init;
        init.mutable_init();
        std::string frame;
        wire::append_frame(frame, init);
        REQUIRE(::write(connection.get(), frame.data(), frame.size()) == static_cast<ssize_t>(frame.size()));
        CHECK(host.process.status() == 1);
    }
}

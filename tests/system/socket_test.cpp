// SPDX-License-Identifier: MIT
//
// udf-host --socket, as Kapacitor dials it.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/session.h"
#include "plugin/contains.h"
#include "plugin/temporary_directory.h"
#include "system/socket_host.h"
#include "wire/frame.h"

namespace fs = std::filesystem;

namespace {

void check_mirror(const fs::path& path) {
    Task task(path);
    task.session.init({}, "task", "node");
    task.session.send(point(7, 1.5));
    task.session.finish();
    REQUIRE(task.emitted.size() == 1);
    CHECK(task.emitted[0].point().time() == 7);
}

}  // namespace

// ---- Connections ----

TEST_CASE("connections at once have handlers of their own") {
    const SocketHost host("moving_avg", {"--isolation", each_isolation()});
    std::vector<std::unique_ptr<Task>> tasks;
    for (int64_t i = 0; i < 50; ++i) {
        tasks.push_back(std::make_unique<Task>(host.path));
        tasks.back()->session.init(moving_average_of(1 + i % 3), "task " + std::to_string(i), "node");
    }
    // Each has the values i, i + 6, i + 12 and a size of its own.
    for (int64_t round = 0; round < 3; ++round)
        for (size_t i = 0; i < tasks.size(); ++i)
            tasks[i]->session.send(point(round, static_cast<double>(i) + 6.0 * static_cast<double>(round)));
    for (size_t i = 0; i < tasks.size(); ++i) {
        tasks[i]->session.finish();
        CAPTURE(i);
        REQUIRE(tasks[i]->emitted.size() == 3);
        const double expected = static_cast<double>(i) + (12.0 - 3.0 * static_cast<double>(i % 3));
        CHECK(tasks[i]->emitted[2].point().fieldsdouble().at("avg") == doctest::Approx(expected));
    }
}

TEST_CASE("answers still arrive after the input was half closed") {
    const SocketHost host("mirror", {"--isolation", each_isolation()});
    Task task(host.path);
    task.session.init({}, "task", "node");
    for (int64_t i = 0; i < 20'000; ++i) task.session.queue(point(i, 0.5));
    task.session.finish();
    REQUIRE(task.emitted.size() == 20'000);
    CHECK(task.emitted.back().point().time() == 19'999);
}

TEST_CASE("an Info connection is closed when it has been answered") {
    const SocketHost host("moving_avg", {"--isolation", each_isolation()});
    for (int i = 0; i < 3; ++i) {
        Task task(host.path);
        CHECK(task.session.info().options().contains("field"));
        task.session.finish();
    }
}

TEST_CASE("a connection that goes wrong is told and ends alone") {
    const SocketHost host("mirror", {"--isolation", each_isolation()});
    Task bystander(host.path);
    bystander.session.init({}, "task", "node");

    const auto send = [](const wire::unique_fd& fd, std::string_view bytes) {
        CHECK(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
    };
    std::string init;
    pb::Request request;
    request.mutable_init()->set_taskid("task");
    wire::append_frame(init, request);
    {
        const wire::unique_fd half_a_frame = try_to_connect(host.path);
        send(half_a_frame, init.substr(0, 3));
        ::shutdown(half_a_frame.get(), SHUT_WR);
        CHECK(read_all(half_a_frame.get()) == Contains("in the middle of a frame"));
    }
    {
        const wire::unique_fd no_protocol = try_to_connect(host.path);
        send(no_protocol, "\x05hello");
        ::shutdown(no_protocol.get(), SHUT_WR);
        CHECK(read_all(no_protocol.get()) == Contains("plugin mirror"));
    }
    for (int i = 0; i < 20; ++i) {
        const wire::unique_fd reset = try_to_connect(host.path);
        std::string bytes = init;
        for (int64_t n = 0; n < 200; ++n) wire::append_frame(bytes, point(n, 0.5));
        send(reset, bytes);
        char byte = 0;
        CHECK(::recv(reset.get(), &byte, 1, 0) == 1);
    }

    bystander.session.send(point(1, 0.5));
    bystander.session.finish();
    CHECK(bystander.emitted.size() == 1);
    check_mirror(host.path);
}

TEST_CASE("an option that is refused is told on the connection") {
    const SocketHost host("moving_avg", {"--isolation", each_isolation()});
    Task task(host.path);
    CHECK_THROWS_AS(task.session.init({}, "task", "node"), client::UdfError);
}

// ---- The file ----

TEST_CASE("a socket that is served already is refused and keeps being served") {
    const SocketHost host("mirror");
    const Ended second = run_udf_host(serve(host.path, "mirror"));
    CHECK(second.status == 1);
    CHECK_MESSAGE(is_one_error_line(second), second.errors);
    CHECK(second.errors == Contains(host.path));
    CHECK(second.errors == Contains("another process is listening there"));
    check_mirror(host.path);
}

TEST_CASE("the file of a host that was killed is replaced") {
    SocketHost killed("mirror");
    killed.process.signal(SIGKILL);
    CHECK(killed.process.status() == 128 + SIGKILL);
    REQUIRE(fs::is_socket(killed.path));
    UdfProcess next(serve(killed.path, "mirror"));
    REQUIRE(eventually([&] { return bool(try_to_connect(killed.path)); }));
    check_mirror(killed.path);
}

TEST_CASE("the file has the mode that was asked for") {
    const SocketHost host("mirror", {"--socket-mode", "0600"});
    struct stat st {};
    REQUIRE(::stat(host.path.c_str(), &st) == 0);
    CHECK((st.st_mode & 0777) == 0600);
}

TEST_CASE("what keeps the file from being made is told in one line") {
    const TemporaryDirectory directory;
    for (const Arguments& arguments : {serve(directory / "socket", "mirror", {"--socket-group", "no_such_group"}),
                                       serve(directory / std::string(120, 'x'), "mirror"),
                                       serve(directory / "none" / "socket", "mirror"), serve("/dev/null", "mirror")}) {
        const Ended ended = run_udf_host(arguments);
        CHECK(ended.status == 1);
        CHECK_MESSAGE(is_one_error_line(ended), ended.errors);
        CHECK(ended.errors == Contains("cannot listen on "));
    }
    CHECK(fs::is_empty(directory.path()));
}

// ---- The stop ----

TEST_CASE("either signal ends it with status 0 and without its file") {
    for (const int signal : {SIGTERM, SIGINT}) {
        SocketHost host("mirror");
        check_mirror(host.path);
        host.process.signal(signal);
        CHECK(host.process.status() == 0);
        CHECK_FALSE(fs::exists(host.path));
    }
}

TEST_CASE("a task that is running may finish after the signal") {
    SocketHost host("mirror", {"--isolation", each_isolation(), "--stop-timeout", "3600"});
    Task task(host.path);
    task.session.init({}, "task", "node");
    host.process.signal(SIGTERM);
    REQUIRE(eventually([&] { return !fs::exists(host.path); }));
    task.session.send(point(1, 0.5));
    CHECK(task.session.keepalive(42) == 42);
    CHECK_FALSE(host.process.has_exited());
    task.session.finish();
    CHECK(task.emitted.size() == 1);
    CHECK(host.process.status() == 0);
}

TEST_CASE("a task that does not finish is ended when the time is over") {
    const char* const isolation = each_isolation();
    for (const char* seconds : {"0.2", "0"}) {
        SocketHost host("mirror", {"--isolation", isolation, "--stop-timeout", seconds});
        Task task(host.path);
        task.session.init({}, "task", "node");
        host.process.signal(SIGTERM);
        while (task.session.pump(std::nullopt)) {
        }
        CHECK(host.process.status() == 0);
        CHECK_FALSE(fs::exists(host.path));
    }
}

TEST_CASE("a second signal ends tasks at once") {
    SocketHost host("mirror", {"--isolation", each_isolation(), "--stop-timeout", "3600"});
    Task task(host.path);
    task.session.init({}, "task", "node");
    host.process.signal(SIGTERM);
    REQUIRE(eventually([&] { return !fs::exists(host.path); }));
    host.process.signal(SIGTERM);
    CHECK(host.process.status() == 0);
}

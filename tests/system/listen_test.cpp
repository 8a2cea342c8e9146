// SPDX-License-Identifier: MIT
//
// udf-host --listen, as another udf-host dials it.
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <csignal>
#include <string>
#include <vector>

#include "client/session.h"
#include "plugin/contains.h"
#include "system/socket_host.h"
#include "wire/endpoint.h"

namespace {

Arguments listen(const std::string& endpoint, const char* plugin, const Arguments& more = {}) {
    Arguments arguments{"--plugins-dir", PLUGINS_DIR, "--plugin", plugin, "--listen", endpoint};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

// On any free port of loopback, which its log tells.
class ListeningHost {
public:
    explicit ListeningHost(const char* plugin, const Arguments& more = {}) : process(listen("tcp::0", plugin, more)) {
        const std::string before = "listening on=";
        std::string log;
        REQUIRE(eventually([&] {
            log = process.errors();
            return log.find('\n', log.find(before)) != log.npos || process.has_exited();
        }));
        CAPTURE(log);
        const size_t begin = log.find(before);
        REQUIRE(begin != log.npos);
        const size_t name = begin + before.size();
        endpoint = wire::parse_endpoint(log.substr(name, log.find('\n', name) - name));
    }

    wire::unique_fd dial() const { return wire::dial(endpoint, kDeadline); }

    UdfProcess process;
    wire::Endpoint endpoint;
};

void check_mirror(const ListeningHost& host) {
    Task task(host.dial());
    task.session.init({}, "task", "node");
    task.session.send(point(7, 1.5));
    task.session.finish();
    REQUIRE(task.emitted.size() == 1);
    CHECK(task.emitted[0].point().time() == 7);
}

}  // namespace

TEST_CASE("a port is of loopback unless an address is given") {
    const ListeningHost host("mirror");
    CHECK(host.endpoint.host == "127.0.0.1");
    CHECK(host.endpoint.port != 0);
    check_mirror(host);
}

TEST_CASE("a whole session runs over TCP, and the next goes on from its snapshot") {
    const ListeningHost host("moving_avg");
    {
        Task boot(host.dial());
        CHECK(boot.session.info().options().contains("field"));
        boot.session.finish();
    }
    Task first(host.dial());
    first.session.init(moving_average_of(3), "task", "node");
    first.session.send(point(1, 1.0));
    first.session.send(point(2, 2.0));
    CHECK(first.session.keepalive(42) == 42);
    const std::string state = first.session.snapshot();
    first.session.finish();

    Task second(host.dial());
    second.session.init(moving_average_of(3), "task", "node");
    second.session.restore(state);
    second.session.send(point(3, 6.0));
    second.session.finish();
    REQUIRE(second.emitted.size() == 1);
    CHECK(second.emitted[0].point().fieldsdouble().at("avg") == doctest::Approx(3.0));
}

TEST_CASE("answers still arrive over TCP after the input was half closed") {
    const ListeningHost host("mirror");
    Task task(host.dial());
    task.session.init({}, "task", "node");
    for (int64_t i = 0; i < 20'000; ++i) task.session.queue(point(i, 0.5));
    task.session.finish();
    REQUIRE(task.emitted.size() == 20'000);
    CHECK(task.emitted.back().point().time() == 19'999);
}

TEST_CASE("a TCP connection that is reset ends alone") {
    const ListeningHost host("mirror");
    Task bystander(host.dial());
    bystander.session.init({}, "task", "node");
    {
        const wire::unique_fd socket = host.dial();
        const linger at_once{.l_onoff = 1, .l_linger = 0};  // a reset instead of an end
        REQUIRE(::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
        REQUIRE(::send(socket.get(), "\x7f", 1, MSG_NOSIGNAL) == 1);
    }
    check_mirror(host);
    bystander.session.send(point(1, 0.5));
    bystander.session.finish();
    CHECK(bystander.emitted.size() == 1);
}

TEST_CASE("a signal stops a host that listens on TCP, and tasks that do not finish are ended") {
    ListeningHost host("mirror", {"--stop-timeout", "0.2"});
    Task task(host.dial());
    task.session.init({}, "task", "node");
    host.process.signal(SIGTERM);
    while (task.session.pump(std::nullopt)) {
    }
    CHECK(host.process.status() == 0);
    CHECK_THROWS(wire::dial(host.endpoint, kDeadline));
}

TEST_CASE("a port that is taken is told in one line and keeps being served") {
    const ListeningHost host("mirror");
    const Ended second = run_udf_host(listen(to_string(host.endpoint), "mirror"));
    CHECK(second.status == 1);
    CHECK_MESSAGE(is_one_error_line(second), second.errors);
    CHECK(second.errors ==
          Contains("cannot listen on " + to_string(host.endpoint) + ": another process is listening there"));
    check_mirror(host);
}

TEST_CASE("what cannot be listened on is told in one line with what can") {
    struct Case {
        Arguments arguments;
        const char* said;
    };
    const Case cases[] = {
        {listen("9999", "mirror"), "--listen: '9999' is no endpoint"},
        {listen("tcp:9999", "mirror"), "tcp::9999 for loopback"},
        {listen("unix:/run/a.sock", "mirror"), "--listen: takes a TCP port; for a unix socket: --socket /run/a.sock"},
        {listen("tcp::0", "mirror", {"--socket", "/dev/null"}), "--socket excludes --listen"},
        {listen("tcp::0", "mirror", {"--socket-mode", "0660"}), "--socket-mode requires --socket"},
        {listen("tcp::0", "mirror", {"--socket-group", "users"}), "--socket-group requires --socket"},
        {{"--plugin", "mirror", "--stop-timeout", "1"}, "--stop-timeout requires --socket or --listen"},
    };
    for (const Case& wrong : cases) {
        const Ended ended = run_udf_host(wrong.arguments);
        CAPTURE(wrong.said);
        CHECK(ended.status == 2);
        CHECK_MESSAGE(is_one_error_line(ended), ended.errors);
        CHECK(ended.errors == Contains(wrong.said));
    }
}

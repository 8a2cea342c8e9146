// SPDX-License-Identifier: MIT
#include "wire/endpoint.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "plugin/contains.h"
#include "plugin/temporary_directory.h"
#include "wire/localhost.h"

using std::chrono::milliseconds;
using wire::dial;
using wire::Endpoint;
using wire::parse_endpoint;
using wire::unique_fd;

namespace {

constexpr milliseconds kLong{60'000};

std::string refusal(const std::string& text) {
    try {
        parse_endpoint(text);
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return "it was not refused";
}

std::string failure(const Endpoint& endpoint, milliseconds limit = kLong) {
    try {
        dial(endpoint, limit);
    } catch (const std::runtime_error& e) {
        return e.what();
    }
    return "it did not fail";
}

// Bound to an endpoint, of which it takes the first address.
unique_fd bound_to(const Endpoint& endpoint) {
    const wire::SocketAddress address = wire::addresses_of(endpoint).front();
    unique_fd socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(socket.get(), address.get(), address.size) == 0);
    return socket;
}

unique_fd listener_on(const Endpoint& endpoint, int waiting = 10) {
    unique_fd socket = bound_to(endpoint);
    REQUIRE(::listen(socket.get(), waiting) == 0);
    return socket;
}

uint16_t port_of(const unique_fd& socket) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    return ntohs(address.sin_port);
}

int option_of(const unique_fd& socket, int level, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    CHECK(::getsockopt(socket.get(), level, option, &value, &size) == 0);
    return value;
}

void check_connected(const unique_fd& near, const unique_fd& listener) {
    const unique_fd far(::accept(listener.get(), nullptr, nullptr));
    REQUIRE(::write(near.get(), "hello", 5) == 5);
    char bytes[6] = {};
    CHECK(::read(far.get(), bytes, 5) == 5);  // which the near end would not wait for, were it not to block
    CHECK(std::string(bytes) == "hello");
    CHECK((::fcntl(near.get(), F_GETFL) & O_NONBLOCK) == 0);
    CHECK((::fcntl(near.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

}  // namespace

// ---- How it is written ----

TEST_CASE("an endpoint is a unix socket or a TCP port, and is written as it was read") {
    CHECK(parse_endpoint("unix:/run/udf/a.sock") == Endpoint{.path = "/run/udf/a.sock"});
    CHECK(parse_endpoint("unix:a:b") == Endpoint{.path = "a:b"});
    CHECK(parse_endpoint("tcp:worker-1.example:9999") == Endpoint{.host = "worker-1.example", .port = 9999});
    CHECK(parse_endpoint("tcp:10.0.0.7:0") == Endpoint{.host = "10.0.0.7", .port = 0});
    CHECK(parse_endpoint("tcp:[::1]:65535") == Endpoint{.host = "::1", .port = 65535});
    for (const char* text : {"unix:/run/udf/a.sock", "unix:a:b", "tcp:worker-1.example:9999", "tcp:[fe80::1%lo]:80"})
        CHECK(to_string(parse_endpoint(text)) == text);
}

TEST_CASE("TCP without a host is loopback") { CHECK(to_string(parse_endpoint("tcp::9999")) == "tcp:127.0.0.1:9999"); }

TEST_CASE("what is no endpoint is refused with how it is written") {
    struct Case {
        const char* text;
        const char* says;
    };
    const Case cases[] = {{"", "unix:PATH or tcp:HOST:PORT"},
                          {"/run/a.sock", "unix:PATH or tcp:HOST:PORT"},
                          {"localhost:9999", "unix:PATH or tcp:HOST:PORT"},
                          {"unix:", "the path is empty"},
                          {"tcp:9999", "tcp:HOST:9999, or tcp::9999 for loopback"},
                          {"tcp:", "it has no port"},
                          {"tcp:host", "it has no port"},
                          {"tcp:[::1]", "it has no port"},
                          {"tcp:host:", "'' is no port"},
                          {"tcp:host:http", "'http' is no port"},
                          {"tcp:host:65536", "'65536' is no port"},
                          {"tcp:host:-1", "'-1' is no port"},
                          {"tcp:host:80x", "'80x' is no port"},
                          {"tcp:::1:9999", "in brackets"},
                          {"tcp:[::1:9999", "in brackets"},
                          {"tcp:[]:9999", "brackets are for an IPv6 address"},
                          {"tcp:[host]:9999", "brackets are for an IPv6 address"}};
    for (const Case& wrong : cases) {
        CAPTURE(wrong.text);
        CHECK(refusal(wrong.text) == Contains(wrong.says));
        CHECK(refusal(wrong.text) == Contains("'" + std::string(wrong.text) + "'"));
    }
}

// ---- dial ----

TEST_CASE("a unix socket is connected to") {
    const TemporaryDirectory directory;
    const Endpoint endpoint{.path = directory / "socket"};
    const unique_fd listener = listener_on(endpoint);
    check_connected(dial(endpoint, kLong), listener);
}

TEST_CASE("a TCP port is connected to") {
    const unique_fd listener = listener_on({.host = "127.0.0.1"});
    check_connected(dial({.host = "127.0.0.1", .port = port_of(listener)}, kLong), listener);
}

TEST_CASE("each address of a host is tried") {
    if (!knows_localhost()) return;
    // Of which there may be one more, in front: [::1], where nobody listens.
    const unique_fd listener = listener_on({.host = "127.0.0.1"});
    check_connected(dial({.host = "localhost", .port = port_of(listener)}, kLong), listener);
}

TEST_CASE("a TCP connection waits for no more to send, and notices a machine that has vanished") {
    const unique_fd listener = listener_on({.host = "127.0.0.1"});
    const unique_fd near = dial({.host = "127.0.0.1", .port = port_of(listener)}, kLong);
    CHECK(option_of(near, IPPROTO_TCP, TCP_NODELAY) == 1);
    CHECK(option_of(near, SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(option_of(near, IPPROTO_TCP, TCP_KEEPIDLE) +
              option_of(near, IPPROTO_TCP, TCP_KEEPINTVL) * option_of(near, IPPROTO_TCP, TCP_KEEPCNT) ==
          30);
}

TEST_CASE("the time to connect is no limit on what is sent then") {
    const unique_fd listener = listener_on({.host = "127.0.0.1"});
    const unique_fd near = dial({.host = "127.0.0.1", .port = port_of(listener)}, kLong);
    timeval limit{.tv_sec = -1, .tv_usec = -1};
    socklen_t size = sizeof limit;
    REQUIRE(::getsockopt(near.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, &size) == 0);
    CHECK(limit.tv_sec == 0);
    CHECK(limit.tv_usec == 0);
}

TEST_CASE("where nobody listens is told by name, with what to do") {
    const TemporaryDirectory directory;
    const Endpoint stale{.path = directory / "stale"}, none{.path = directory / "none"};
    bound_to(stale).reset();
    const unique_fd closed = bound_to({.host = "127.0.0.1"});
    const Endpoint port{.host = "127.0.0.1", .port = port_of(closed)};
    for (const Endpoint& endpoint : {stale, none, port}) {
        const std::string message = failure(endpoint);
        CHECK(message == Contains("cannot connect to " + to_string(endpoint) + ": "));
        CHECK(message == Contains("start what listens there, or correct the address"));
    }
}

TEST_CASE("a port that nobody listens on is never connected to itself") {
    // The kernel would do that within 15,000 tries: for connections it hands out the even ports first.
    const uint16_t free = port_of(bound_to({.host = "127.0.0.1"}));
    const Endpoint port{.host = "127.0.0.1", .port = static_cast<uint16_t>(free & ~1)};
    bound_to(port).reset();  // it is free, too
    size_t failures = 0;
    for (int i = 0; i < 20'000; ++i) failures += failure(port) == Contains("Connection refused") ? 1 : 0;
    CHECK(failures == 20'000);
}

TEST_CASE("one who does not answer is given up after the limit") {
    const TemporaryDirectory directory;
    const Endpoint path{.path = directory / "socket"};
    const unique_fd unix_listener = listener_on(path, 0), tcp_listener = listener_on({.host = "127.0.0.1"}, 0);
    const Endpoint port{.host = "127.0.0.1", .port = port_of(tcp_listener)};
    for (const Endpoint& endpoint : {path, port}) {
        std::vector<unique_fd> waiting;
        std::string message = "it did not fail";
        try {
            while (waiting.size() < 10) waiting.push_back(dial(endpoint, milliseconds(50)));
        } catch (const std::runtime_error& e) {
            message = e.what();
        }
        CHECK(message == Contains("cannot connect to " + to_string(endpoint) + ": no answer within 50 ms"));
    }
}

TEST_CASE("a host that is not known is told by name") {
    // Too long a name for anybody to be asked for it.
    const std::string name(64, 'x');
    CHECK(failure({.host = name, .port = 1}) == Contains("the host '" + name + "' is not known"));
}

TEST_CASE("a path too long for a socket is told with its length") {
    CHECK(failure({.path = std::string(120, 'x')}) == Contains("the path has 120 bytes"));
}

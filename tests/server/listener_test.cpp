// SPDX-License-Identifier: MIT
//
// A listener on a TCP port; that on a unix socket is in socket_test.cpp.
#include "server/listener.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <stdexcept>
#include <string>

#include "plugin/contains.h"
#include "wire/endpoint.h"
#include "wire/localhost.h"

using server::Listener;
using wire::dial;
using wire::Endpoint;
using wire::unique_fd;

namespace {

constexpr std::chrono::milliseconds kLong{60'000};

std::string refusal(const Endpoint& endpoint) {
    try {
        const Listener listener(endpoint);
    } catch (const std::runtime_error& e) {
        return e.what();
    }
    return "it was not refused";
}

unique_fd accept_from(const Listener& listener) {
    pollfd waiting{listener.fd(), POLLIN, 0};
    REQUIRE(::poll(&waiting, 1, static_cast<int>(kLong.count())) == 1);
    return unique_fd(::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC));
}

int option_of(const unique_fd& socket, int level, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    CHECK(::getsockopt(socket.get(), level, option, &value, &size) == 0);
    return value;
}

}  // namespace

TEST_CASE("a listener on any free port knows which it is") {
    const Listener listener({.host = "127.0.0.1"});
    CHECK(listener.endpoint().port != 0);
    CHECK(listener.name() == "tcp:127.0.0.1:" + std::to_string(listener.endpoint().port));
    const unique_fd near = dial(listener.endpoint(), kLong);
    CHECK(accept_from(listener));
}

TEST_CASE("a host by name is listened on") {
    if (!knows_localhost()) return;
    const Listener listener({.host = "localhost"});
    const unique_fd near = dial(listener.endpoint(), kLong);
    CHECK(accept_from(listener));
}

TEST_CASE("an accepted connection waits for no more to send, and notices a machine that has vanished") {
    const Listener listener({.host = "127.0.0.1"});
    const unique_fd near = dial(listener.endpoint(), kLong), far = accept_from(listener);
    CHECK(option_of(far, IPPROTO_TCP, TCP_NODELAY) == 1);
    CHECK(option_of(far, SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(option_of(far, IPPROTO_TCP, TCP_KEEPIDLE) == 10);
}

TEST_CASE("a port that is taken is refused by name") {
    const Listener first({.host = "127.0.0.1"});
    const std::string message = refusal(first.endpoint());
    CHECK(message == Contains("cannot listen on " + first.name()));
    CHECK(message == Contains("another process is listening there; stop it or choose another port"));
}

TEST_CASE("a port that connections are still leaving is free") {
    Endpoint endpoint{.host = "127.0.0.1"};
    unique_fd near;
    {
        const Listener first(endpoint);
        endpoint = first.endpoint();
        near = dial(endpoint, kLong);
        const unique_fd far = accept_from(first);
        ::shutdown(far.get(), SHUT_WR);  // the one that closes first is the one that lingers
    }
    const Listener second(endpoint);
    CHECK(second.endpoint() == endpoint);
}

TEST_CASE("an address of another machine is refused, with what can be had") {
    // 192.0.2.0/24 is set aside for documentation: nobody has it.
    CHECK(refusal({.host = "192.0.2.1"}) == Contains("tcp:192.0.2.1:0: this machine has no such address"));
}

TEST_CASE("a host that nobody knows is refused by name") {
    const std::string name(64, 'x');
    CHECK(refusal({.host = name}) == Contains("the host '" + name + "' is not known"));
}

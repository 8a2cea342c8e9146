// SPDX-License-Identifier: MIT
#include "wire/channel.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>

#include "wire/sockets.h"

using std::chrono::milliseconds;
using wire::Channel;
using wire::FdChannel;
using wire::unique_fd;

namespace {

struct Pipes {
    unique_fd near_in, near_out, far_in, far_out;
    Pipes() {
        int fds[2];
        REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
        near_in.reset(fds[0]);
        far_out.reset(fds[1]);
        REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
        far_in.reset(fds[0]);
        near_out.reset(fds[1]);
    }
};

// Two ends of a TCP connection.
struct Ports {
    unique_fd near, far;
    Ports() {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const auto name = reinterpret_cast<sockaddr*>(&address);
        const unique_fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        REQUIRE(::bind(listener.get(), name, size) == 0);
        REQUIRE(::listen(listener.get(), 1) == 0);
        REQUIRE(::getsockname(listener.get(), name, &size) == 0);
        near.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        REQUIRE(::connect(near.get(), name, size) == 0);
        far.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    }
};

size_t fill_up(Channel& channel) {
    const std::string bytes(65536, 'x');
    size_t written = 0;
    for (;;) {
        const auto moved = channel.write(bytes.data(), bytes.size());
        if (moved.status != Channel::Status::ok) {
            CHECK(moved.status == Channel::Status::again);
            return written;
        }
        written += moved.bytes;
    }
}

void check_both_ways(Channel& channel, int far_in, int far_out) {
    char bytes[16];
    CHECK(channel.read(bytes, sizeof bytes).status == Channel::Status::again);
    CHECK_FALSE(channel.wait({.input = true}, milliseconds(0)).input);
    REQUIRE(::write(far_out, "in", 2) == 2);
    CHECK(channel.wait({.input = true}, std::nullopt).input);
    const auto read = channel.read(bytes, sizeof bytes);
    CHECK(read.status == Channel::Status::ok);
    CHECK(std::string(bytes, read.bytes) == "in");

    CHECK(channel.wait({.output = true}, std::nullopt).output);
    CHECK(channel.write("out", 3).bytes == 3);
    CHECK(::read(far_in, bytes, sizeof bytes) == 3);

    CHECK(fill_up(channel) > 0);  // a full channel says so and does not block
    CHECK_FALSE(channel.wait({.output = true}, milliseconds(0)).output);
}

}  // namespace

TEST_CASE("pipes and sockets move bytes both ways without blocking") {
    Pipes pipes;
    FdChannel over_pipes(std::move(pipes.near_in), std::move(pipes.near_out));
    check_both_ways(over_pipes, pipes.far_in.get(), pipes.far_out.get());
    Sockets sockets;
    FdChannel over_socket(std::move(sockets.near));
    check_both_ways(over_socket, sockets.far.get(), sockets.far.get());
}

TEST_CASE("the end of the input and a reader that has gone are both told as closed") {
    std::signal(SIGPIPE, SIG_IGN);
    char byte;
    Pipes pipes;
    FdChannel over_pipes(std::move(pipes.near_in), std::move(pipes.near_out));
    pipes.far_out.reset();
    pipes.far_in.reset();
    CHECK(over_pipes.wait({.input = true}, std::nullopt).input);
    CHECK(over_pipes.read(&byte, 1).status == Channel::Status::closed);
    CHECK(over_pipes.write("x", 1).status == Channel::Status::closed);
    Sockets sockets;
    FdChannel over_socket(std::move(sockets.near));
    sockets.far.reset();
    CHECK(over_socket.read(&byte, 1).status == Channel::Status::closed);
    CHECK(over_socket.write("x", 1).status == Channel::Status::closed);
}

TEST_CASE("a machine that does not answer any more is told as closed") {
    Ports ports;
    // The kernel gives up where nothing is read for as long: the error is that of a machine that has gone.
    const int at_once = 1;
    REQUIRE(::setsockopt(ports.near.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, &at_once, sizeof at_once) == 0);
    FdChannel channel(std::move(ports.near));
    fill_up(channel);
    REQUIRE(channel.wait({.input = true}, milliseconds(60'000)).input);
    char byte;
    CHECK(channel.read(&byte, 1).status == Channel::Status::closed);
    CHECK(channel.write("x", 1).status == Channel::Status::closed);
}

TEST_CASE("a channel says what to poll for") {
    Pipes pipes;
    const int in = pipes.near_in.get(), out = pipes.near_out.get();
    FdChannel over_pipes(std::move(pipes.near_in), std::move(pipes.near_out));
    CHECK(over_pipes.when_readable(true).fd == in);
    CHECK(over_pipes.when_writable(true).fd == out);
    CHECK(over_pipes.when_readable(false).fd == -1);
    CHECK(over_pipes.when_writable(false).fd == -1);
    over_pipes.close_output();
    CHECK(over_pipes.when_writable(true).fd == -1);
    Sockets sockets;
    const int both = sockets.near.get();
    const FdChannel over_socket(std::move(sockets.near));
    CHECK(over_socket.when_readable(true).fd == both);
    CHECK(over_socket.when_writable(true).fd == both);
}

TEST_CASE("after closing the output the input goes on") {
    char bytes[4];
    Pipes pipes;
    FdChannel over_pipes(std::move(pipes.near_in), std::move(pipes.near_out));
    over_pipes.close_output();
    CHECK(::read(pipes.far_in.get(), bytes, 1) == 0);
    REQUIRE(::write(pipes.far_out.get(), "x", 1) == 1);
    CHECK(over_pipes.read(bytes, sizeof bytes).bytes == 1);
    Sockets sockets;
    FdChannel over_socket(std::move(sockets.near));
    over_socket.close_output();
    CHECK(::read(sockets.far.get(), bytes, 1) == 0);
    REQUIRE(::write(sockets.far.get(), "x", 1) == 1);
    CHECK(over_socket.read(bytes, sizeof bytes).bytes == 1);
}

TEST_CASE("a wake ends the wait that asks for it and is kept for that one") {
    Sockets sockets;
    FdChannel channel(std::move(sockets.near));
    channel.wake();
    CHECK_FALSE(channel.wait({.input = true}, milliseconds(0)).woken);  // did not ask
    CHECK(channel.wait({.input = true, .woken = true}, std::nullopt).woken);
    CHECK_FALSE(channel.wait({.input = true, .woken = true}, milliseconds(0)).woken);  // once
    std::thread waker([&] { channel.wake(); });
    CHECK(channel.wait({.input = true, .woken = true}, std::nullopt).woken);
    waker.join();
}

TEST_CASE("a file that others may share keeps its flags") {
    unique_fd null_in(::open("/dev/null", O_RDONLY | O_CLOEXEC)), null_out(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    const int in = null_in.get();
    FdChannel channel(std::move(null_in), std::move(null_out));
    CHECK((::fcntl(in, F_GETFL) & O_NONBLOCK) == 0);
    char byte;
    CHECK(channel.read(&byte, 1).status == Channel::Status::closed);
}

// SPDX-License-Identifier: MIT
#include "supervisor/connection.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>

#include "plugin/contains.h"
#include "plugin/temporary_directory.h"
#include "wire/unique_fd.h"

using supervisor::Worker;
using supervisor::WorkerConnection;

namespace {

bool is_ready(int fd) {
    pollfd ready{fd, POLLIN, 0};
    return ::poll(&ready, 1, 20'000) > 0;  // ms
}

// What listens on a unix socket: a function on the other end.
class Function {
public:
    explicit Function(const std::filesystem::path& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        ::unlink(path.c_str());
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.native().copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(socket_.get(), 10) == 0);
    }
    wire::unique_fd accept() {
        REQUIRE(is_ready(socket_.get()));
        return wire::unique_fd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    }

private:
    wire::unique_fd socket_;
};

const TemporaryDirectory& directory() {
    static const TemporaryDirectory the_one;
    return the_one;
}
std::filesystem::path path() { return directory() / "socket"; }
wire::Endpoint endpoint() { return wire::parse_endpoint("unix:" + path().native()); }

}  // namespace

TEST_CASE("a connection is there once it has been dialled, and carries bytes both ways") {
    Function function(path());
    WorkerConnection worker(endpoint());
    CHECK(worker.name() == "unix:" + path().native());
    REQUIRE(is_ready(worker.event_fd()));
    CHECK(!worker.look());
    REQUIRE(worker.channel() != nullptr);
    CHECK(worker.event_fd() == -1);  // its input tells all from now on
    const wire::unique_fd other = function.accept();
    CHECK(worker.channel()->write("in", 2).bytes == 2);
    char bytes[8];
    CHECK(::read(other.get(), bytes, sizeof bytes) == 2);
    CHECK(::write(other.get(), "out", 3) == 3);
    CHECK(is_ready(worker.channel()->when_readable(true).fd));
    CHECK(worker.channel()->read(bytes, sizeof bytes).bytes == 3);
}

TEST_CASE("there is no channel before the dialling is over and has been looked at") {
    Function function(path());
    WorkerConnection worker(endpoint());
    CHECK(worker.channel() == nullptr);
    CHECK(worker.errors() == nullptr);
    CHECK(worker.memory() == 0);
}

TEST_CASE("where nobody listens the reason is told, and nobody's point is at fault") {
    std::filesystem::remove(path());
    WorkerConnection worker(endpoint());
    REQUIRE(is_ready(worker.event_fd()));
    CHECK(worker.look());
    CHECK(worker.channel() == nullptr);
    const Worker::End end = worker.end();
    CHECK(end.cause == Contains("cannot be had: cannot connect to unix:"));
    CHECK(!end.own_fault);
    CHECK(!end.clean);
}

TEST_CASE("the other side has closed: which is an end in order, or a death that says nothing of any point") {
    Function function(path());
    WorkerConnection worker(endpoint());
    REQUIRE(is_ready(worker.event_fd()));
    worker.look();
    function.accept().reset();
    REQUIRE(is_ready(worker.channel()->when_readable(true).fd));
    char byte;
    CHECK(worker.channel()->read(&byte, 1).status == wire::Channel::Status::closed);
    const Worker::End end = worker.end();
    CHECK(end.cause == "closed the connection");
    CHECK(end.clean);
    CHECK(!end.own_fault);
}

TEST_CASE("the end of a connection is seen on the other side at once, and another can be had") {
    Function function(path());
    WorkerConnection first(endpoint());
    REQUIRE(is_ready(first.event_fd()));
    first.look();
    const wire::unique_fd other = function.accept();
    first.kill();
    char byte;
    CHECK(is_ready(other.get()));
    CHECK(::read(other.get(), &byte, 1) == 0);
    WorkerConnection second(endpoint());
    REQUIRE(is_ready(second.event_fd()));
    CHECK(!second.look());
    CHECK(second.channel() != nullptr);
}

TEST_CASE("one that is given up while it is dialled does no harm") {
    Function function(path());
    for (int i = 0; i < 100; ++i) WorkerConnection worker(endpoint());
}

// SPDX-License-Identifier: MIT
#include "client/drive.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <chrono>
#include <csignal>
#include <string>
#include <system_error>
#include <thread>

#include "support/pipe.h"

using namespace client;
using support::Pipe;

namespace {

// `cat` is a good mirror: requests with data are legal responses as they stand.
struct Driven {
    explicit Driven(std::vector<std::string> command = {"cat"})
        : out(printed.write.get(), "pipe"),
          printer(make_line_printer(out)),
          process(command),
          drive(process, *printer, progress),
          feed(
              {}, [this](const pb::Request& request) { drive.send(request); }, [](size_t, const BadLine&) {}) {}

    Pipe input, printed;
    OutputFile out;
    std::unique_ptr<Printer> printer;
    Progress progress{-1, false};
    Process process;
    Drive drive;
    Feed feed;
};

}  // namespace

TEST_CASE("what is read is fed and what comes back is printed") {
    Driven driven;
    driven.input.put("m v=1 1\nm v=2 2\n");
    driven.input.write.reset();
    driven.drive.read_file(driven.input.read.get(), driven.feed);
    driven.drive.finish();
    CHECK(driven.printed.get() == "m v=1 1\nm v=2 2\n");
    CHECK(driven.drive.points_in() == 2);
    CHECK(driven.drive.points_out() == 2);
    CHECK(driven.process.exited_within(std::chrono::seconds(10)));
}

TEST_CASE("a point comes out while the input stays open") {
    Driven driven;
    driven.input.put("m v=1 1\n");
    std::string first;
    std::thread user([&] {
        first = driven.printed.get();  // only then is there more
        driven.input.put("m v=2 2\n");
        driven.input.write.reset();
    });
    driven.drive.read_file(driven.input.read.get(), driven.feed);
    user.join();
    driven.drive.finish();
    CHECK(first == "m v=1 1\n");
    CHECK(driven.printed.get() == "m v=2 2\n");
}

TEST_CASE("a function that ends before its input is an error") {
    Driven driven({"true"});
    CHECK_THROWS_WITH_AS(driven.drive.read_file(driven.input.read.get(), driven.feed),
                         "it ended its output before its input had ended", ProtocolError);
}

TEST_CASE("an interrupt ends the reading and what is there is printed") {
    Driven driven;
    driven.input.put("m v=1 1\n");
    const pthread_t reader = ::pthread_self();
    std::string first;
    std::thread user([&] {
        first = driven.printed.get();
        ::pthread_kill(reader, SIGINT);
    });
    CHECK_THROWS_AS(driven.drive.read_file(driven.input.read.get(), driven.feed), Interrupted);
    user.join();
    driven.drive.finish_soon();
    CHECK(first == "m v=1 1\n");
    CHECK(driven.process.exited_within(std::chrono::seconds(10)));
}

TEST_CASE("a second interrupt does not wait for a function that hangs") {
    Driven driven({"sleep", "1000"});
    const auto start = std::chrono::steady_clock::now();
    std::raise(SIGINT);
    driven.drive.finish_soon();
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
}

TEST_CASE("waiting for an answer can be interrupted") {
    Driven driven({"sleep", "1000"});
    std::raise(SIGINT);
    CHECK_THROWS_AS(driven.drive.session().info(), Interrupted);
}

TEST_CASE("a file that cannot be read is a system error") {
    Driven driven;
    const wire::unique_fd directory(::open("/", O_RDONLY | O_CLOEXEC));
    CHECK_THROWS_AS(driven.drive.read_file(directory.get(), driven.feed), std::system_error);
}

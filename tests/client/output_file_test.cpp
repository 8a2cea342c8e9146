// SPDX-License-Identifier: MIT
#include "client/output_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <system_error>

#include "support/pipe.h"

using namespace client;
using support::Pipe;

TEST_CASE("text is written when it is flushed") {
    Pipe pipe;
    OutputFile out(pipe.write.get(), "pipe");
    out.buffer() += "hello";
    out.room_left();
    out.flush();
    CHECK(pipe.get() == "hello");
    out.flush();
    out.buffer() += "again";
    out.flush();
    CHECK(pipe.get() == "again");
}

TEST_CASE("much text is written unasked") {
    OutputFile out("/dev/null");
    out.buffer().assign(1u << 20, 'x');
    out.room_left();
    CHECK(out.buffer().empty());
}

TEST_CASE("a full disk is an error that names the file") {
    OutputFile out("/dev/full");
    out.buffer() += "x";
    CHECK_THROWS_WITH_AS(out.flush(), "cannot write /dev/full: No space left on device", std::system_error);
    CHECK(out.buffer().empty());
}

TEST_CASE("a file that cannot be made is an error that names it") {
    CHECK_THROWS_WITH_AS(OutputFile("/no/such/directory/x"),
                         "cannot write /no/such/directory/x: No such file or directory", std::system_error);
}

TEST_CASE("a reader that has gone is told from other failures") {
    std::signal(SIGPIPE, SIG_IGN);
    Pipe pipe;
    pipe.read.reset();
    OutputFile out(pipe.write.get(), "pipe");
    out.buffer() += "x";
    CHECK_THROWS_AS(out.flush(), ReaderGone);
}

TEST_CASE("a file keeps what it held until that is dropped") {
    const std::string path = "/tmp/udf_output_file_test." + std::to_string(::getpid());
    {
        OutputFile out(path);
        out.buffer() += "a long old text";
        out.flush();
    }
    OutputFile out(path);
    CHECK(std::filesystem::file_size(path) == 15);
    out.drop_old();
    out.buffer() += "new";
    out.flush();
    CHECK(std::filesystem::file_size(path) == 3);
    std::filesystem::remove(path);
}

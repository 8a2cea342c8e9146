// SPDX-License-Identifier: MIT
#include "server/datagrams.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <stdexcept>

#include "plugin/contains.h"
#include "plugin/temporary_directory.h"
#include "server/receiver.h"

using server::DatagramSender;
using server::Destination;
using server::parse_destination;

namespace {

std::string destination_problem(const std::string& text) {
    try {
        parse_destination(text);
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return "";
}

}  // namespace

TEST_CASE("destinations are read as they are written") {
    CHECK(parse_destination("unixgram:/run/t.sock") == Destination{.path = "/run/t.sock"});
    CHECK(parse_destination("udp:127.0.0.1:8094") == Destination{.host = "127.0.0.1", .port = 8094});
    CHECK(parse_destination("udp:[::1]:8094") == Destination{.host = "::1", .port = 8094});
    for (const char* text : {"unixgram:/run/t.sock", "udp:telegraf:8094", "udp:[::1]:8094"})
        CHECK(to_string(parse_destination(text)) == text);
}

TEST_CASE("what is no destination is refused with how one is written") {
    CHECK(destination_problem("/run/t.sock") == Contains("unixgram:PATH or udp:HOST:PORT"));
    CHECK(destination_problem("unixgram:") == Contains("the path is empty"));
    CHECK(destination_problem("unixgram:" + std::string(200, 'a')) == Contains("200 bytes"));
    CHECK(destination_problem("udp::8094") == Contains("it has no host"));
    CHECK(destination_problem("udp:8094") == Contains("udp:HOST:PORT"));
    CHECK(destination_problem("udp:host:0") == Contains("port 0"));
    CHECK(destination_problem("udp:host:99999") == Contains("a port up to 65535"));
    CHECK(destination_problem("udp:::1:8094") == Contains("[::1]"));
}

TEST_CASE("datagrams arrive as they are, on a unix socket and by UDP") {
    const TemporaryDirectory directory;
    const Receiver local(directory / "t.sock"), udp(0);
    DatagramSender to_local({.path = directory / "t.sock"}), to_udp({.host = "127.0.0.1", .port = udp.port()});
    CHECK(to_local.send({"one\n", std::string(64 * 1024, 'x')}) == "");
    CHECK(local.take() == "one\n");
    CHECK(local.take().size() == 64 * 1024);
    CHECK(to_udp.send({"two\n", "three\n"}) == "");
    CHECK(udp.take() == "two\n");
    CHECK(udp.take() == "three\n");
}

TEST_CASE("a receiver on a unix socket that is not there, that goes, and that is another") {
    const TemporaryDirectory directory;
    const std::filesystem::path path = directory / "t.sock";
    DatagramSender sender({.path = path});
    CHECK(sender.send({"lost"}) == Contains("No such file or directory; start what receives there"));
    {
        const Receiver receiver(path);
        CHECK(sender.send({"one"}) == "");
        CHECK(receiver.take() == "one");
    }
    CHECK(sender.send({"lost"}) == Contains("Connection refused"));
    std::filesystem::remove(path);
    const Receiver successor(path);
    CHECK(sender.send({"two"}) == "");
    CHECK(successor.take() == "two");
}

TEST_CASE("a receiver by UDP that is not there shows at the next call, each time, until it is there") {
    uint16_t port = 0;
    {
        const Receiver receiver(0);
        port = receiver.port();
    }
    DatagramSender sender({.host = "127.0.0.1", .port = port});
    CHECK(sender.send({"lost"}) == "");
    for (int i = 0; i < 3; ++i) CHECK(sender.send({"lost", "lost"}) == Contains("Connection refused"));
    const Receiver receiver(port);
    CHECK(sender.send({"first"}) == Contains("Connection refused"));
    CHECK(sender.send({"second"}) == "");
    CHECK(receiver.take() == "first");
    CHECK(receiver.take() == "second");
}

TEST_CASE("a receiver that does not read keeps nobody waiting, and is said to be slow") {
    const TemporaryDirectory directory;
    const Receiver receiver(directory / "t.sock");
    DatagramSender sender({.path = directory / "t.sock"});
    const std::vector<std::string> many(10'000, std::string(1000, 'x'));  // more than any queue holds
    CHECK(sender.send(many) == Contains("its queue is full"));
    while (!receiver.take(0).empty()) {
    }
    CHECK(sender.send({"one"}) == "");
    CHECK(receiver.take() == "one");
}

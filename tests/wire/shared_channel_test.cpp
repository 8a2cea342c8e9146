// SPDX-License-Identifier: MIT
#include "wire/shared_channel.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "support/full_load.h"
#include "wire/frame_reader.h"
#include "wire/sockets.h"

using wire::Channel;
using wire::Ring;
using wire::SharedChannel;
using Status = Channel::Status;

namespace {

constexpr std::chrono::minutes kDeadline{1};

// Both ends in one process: the memory is mapped twice.
struct Pair {
    SharedChannel maker;
    std::unique_ptr<SharedChannel> other;
    Pair() {
        const Sockets sockets;
        maker.send(sockets.near.get());
        other = std::make_unique<SharedChannel>(sockets.far.get());
    }
};

bool is_ready(pollfd fd) { return ::poll(&fd, 1, 0) > 0; }
bool is_readable(const SharedChannel& channel) { return is_ready(channel.when_readable(true)); }
bool is_writable(const SharedChannel& channel) { return is_ready(channel.when_writable(true)); }

std::string all_of(Channel& channel) {
    std::string all(2 * Ring::kSize, '\0');
    const Channel::Moved moved = channel.read(all.data(), all.size());
    all.resize(moved.bytes);
    return all;
}

char byte_at(uint64_t position) { return static_cast<char>(position * 2654435761u >> 13); }

// Writes, or reads and looks at, `total` bytes in pieces of random sizes; false where something is wrong.
bool write_all(Channel& channel, uint64_t total, unsigned seed) {
    std::minstd_rand random(seed);
    std::string piece;
    for (uint64_t at = 0; at < total;) {
        piece.resize(std::min<uint64_t>(total - at, 1 + random() % (random() % 8 == 0 ? 600'000 : 700)));
        for (size_t i = 0; i < piece.size(); ++i) piece[i] = byte_at(at + i);
        for (size_t done = 0; done < piece.size();) {
            const auto [status, bytes] = channel.write(piece.data() + done, piece.size() - done);
            done += bytes;
            if (status == Status::again && !channel.wait({.output = true}, kDeadline).output) return false;
        }
        at += piece.size();
    }
    channel.close_output();
    return true;
}

bool read_all(Channel& channel, uint64_t total, unsigned seed) {
    std::minstd_rand random(seed);
    std::string piece;
    for (uint64_t at = 0;;) {
        piece.resize(1 + random() % (random() % 8 == 0 ? 600'000 : 700));
        const auto [status, bytes] = channel.read(piece.data(), piece.size());
        if (status == Status::closed) return at == total;
        if (status == Status::again && !channel.wait({.input = true}, kDeadline).input) return false;
        for (size_t i = 0; i < bytes; ++i)
            if (piece[i] != byte_at(at + i)) return false;
        at += bytes;
    }
}

}  // namespace

TEST_CASE("bytes through shared memory come as they went, both ways, and no side waits for ever") {
    const uint64_t total = kFullLoad ? 64u << 20 : 8u << 20;
    Pair pair;
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    threads.emplace_back([&] { good += write_all(pair.maker, total, 1); });
    threads.emplace_back([&] { good += read_all(*pair.other, total, 2); });
    threads.emplace_back([&] { good += write_all(*pair.other, total, 3); });
    threads.emplace_back([&] { good += read_all(pair.maker, total, 4); });
    for (std::thread& thread : threads) thread.join();
    CHECK(good == 4);
}

TEST_CASE("many short messages to and fro wake their reader each time") {
    Pair pair;
    std::atomic<bool> good = true;
    std::thread echo([&] {
        char byte;
        while (good) {
            const Channel::Moved moved = pair.other->read(&byte, 1);
            if (moved.status == Status::closed) return;
            if (moved.status == Status::again && !pair.other->wait({.input = true}, kDeadline).input) good = false;
            if (moved.bytes == 1) pair.other->write(&byte, 1);
        }
    });
    for (int i = 0; i < (kFullLoad ? 50'000 : 5'000) && good; ++i) {
        char sent = static_cast<char>(i), came = 0;
        pair.maker.write(&sent, 1);
        while (good && pair.maker.read(&came, 1).status == Status::again)
            if (!pair.maker.wait({.input = true}, kDeadline).input) good = false;
        if (came != sent) good = false;
    }
    pair.maker.close_output();
    echo.join();
    CHECK(good);
}

TEST_CASE("shared memory is readable as long as there is something to read, and no longer") {
    Pair pair;
    char bytes[4];
    CHECK(!is_readable(*pair.other));
    CHECK(pair.other->read(bytes, sizeof bytes).status == Status::again);
    pair.maker.write("hello", 5);
    CHECK(is_readable(*pair.other));
    CHECK(pair.other->read(bytes, sizeof bytes).bytes == 4);
    CHECK(is_readable(*pair.other));
    CHECK(pair.other->read(bytes, sizeof bytes).bytes == 1);
    CHECK(!is_readable(*pair.other));
    CHECK(!is_ready(pair.other->when_readable(false)));
}

TEST_CASE("shared memory that is full is writable again once half of it has been read") {
    Pair pair;
    const std::string much(Ring::kSize + 1, 'x');
    CHECK(is_writable(pair.maker));
    CHECK(pair.maker.write(much.data(), much.size()).bytes == Ring::kSize);
    CHECK(!is_writable(pair.maker));
    CHECK(pair.maker.write("x", 1).status == Status::again);
    std::string read(Ring::kSize / 2, '\0');
    CHECK(pair.other->read(read.data(), read.size() - 1).bytes == read.size() - 1);
    CHECK(!is_writable(pair.maker));
    CHECK(pair.other->read(read.data(), 1).bytes == 1);
    CHECK(is_writable(pair.maker));
    CHECK(pair.maker.write(much.data(), much.size()).bytes == Ring::kSize / 2);
}

TEST_CASE("an end that was closed is read to its end, and says so for good") {
    Pair pair;
    CHECK(!pair.other->input_closed());
    pair.maker.write("last", 4);
    pair.maker.close_output();
    CHECK(pair.other->input_closed());
    CHECK(is_readable(*pair.other));
    CHECK(all_of(*pair.other) == "last");
    for (int i = 0; i < 2; ++i) {
        CHECK(is_readable(*pair.other));
        char byte;
        CHECK(pair.other->read(&byte, 1).status == Status::closed);
    }
    pair.other->write("x", 1);
    CHECK(all_of(pair.maker) == "x");
}

TEST_CASE("what the other side does to the places in a ring is found, and leads to no byte outside of it") {
    const auto ring = std::make_unique<Ring>();
    wire::RingBells bells;
    wire::RingReader reader(*ring, bells);
    wire::RingWriter writer(*ring, bells);
    char byte;
    writer.write("x", 1);
    for (const uint64_t spoilt : {Ring::kSize + 1, ~uint64_t{0}}) {
        ring->written = spoilt;
        CHECK_THROWS_AS(reader.read(&byte, 1), wire::ProtocolError);
    }
    for (const uint64_t spoilt : {uint64_t{2}, 1 - Ring::kSize - 1}) {
        ring->read = spoilt;
        CHECK_THROWS_AS(writer.write("x", 1), wire::ProtocolError);
    }
    ring->written = 1;
    CHECK(reader.read(&byte, 1).bytes == 1);
}

TEST_CASE("shared memory that nobody has sent is not there") {
    const Sockets sockets;
    REQUIRE(::send(sockets.near.get(), "x", 1, 0) == 1);
    CHECK_THROWS_AS(SharedChannel{sockets.far.get()}, std::system_error);
    REQUIRE(::shutdown(sockets.near.get(), SHUT_RDWR) == 0);
    CHECK_THROWS_AS(SharedChannel{sockets.far.get()}, std::system_error);
}

// SPDX-License-Identifier: MIT
#include "wire/frame_reader.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "support/check_property.h"
#include "support/memory_channel.h"

using wire::Split;

namespace {

std::string frame_of(std::string_view body) {
    char prefix[wire::kMaxVarint];
    return std::string(prefix, wire::put_varint(prefix, body.size())) + std::string(body);
}

// Takes every frame that `reader` can get out of `channel`, checking that taken frames stay where
// they are until the next fill, or for good while it is pinned.
std::vector<std::string> take_all(wire::FrameReader& reader, wire::Channel& channel) {
    std::vector<std::string> bodies;
    std::vector<std::string_view> views;  // of the last frames taken, as many as must still be there
    const auto check = [&] { RC_ASSERT(std::equal(views.rbegin(), views.rend(), bodies.rbegin())); };
    for (;;) {
        const Split split = reader.peek();
        if (split.status == Split::whole) {
            bodies.emplace_back(split.body);
            views.push_back(split.body);
            reader.take(split);
        } else if (reader.at_end()) {
            break;
        } else {
            if (!reader.pinned()) {
                check();
                views.clear();
            }
            reader.fill(channel);
        }
    }
    check();
    return bodies;
}

}  // namespace

TEST_CASE("frames come out as they went in however the bytes are split") {
    support::check_property([] {
        std::vector<std::string> bodies;
        std::string bytes;
        const size_t count = *rc::gen::inRange<size_t>(0, 60);
        for (size_t i = 0; i < count; ++i) {
            const size_t size = *rc::gen::weightedOneOf<size_t>(
                {{10, rc::gen::inRange<size_t>(0, 300)}, {2, rc::gen::inRange<size_t>(0, 300'000)}});
            bodies.emplace_back(size, static_cast<char>('a' + i % 26));
            bytes += frame_of(bodies.back());
        }
        support::MemoryChannel channel(bytes, *rc::gen::element<size_t>(1, 7, 4096, 1 << 20));
        wire::FrameReader reader;
        const bool pinned = *rc::gen::arbitrary<bool>();
        if (pinned) reader.pin();
        RC_ASSERT(take_all(reader, channel) == bodies);
        RC_ASSERT(reader.buffered() == 0u);
        reader.release();
    });
}

TEST_CASE("input read on while frames wait keeps their order") {
    support::check_property([] {
        std::vector<std::string> bodies;
        std::string bytes;
        for (int i = 0; i < 1000; ++i) {
            bodies.push_back(std::to_string(i) + std::string(*rc::gen::inRange<size_t>(0, 20'000), 'x'));
            bytes += frame_of(bodies.back());
        }
        support::MemoryChannel channel(bytes, 50'000);
        wire::FrameReader reader;
        for (int i = 0; i < 300; ++i) reader.fill(channel);  // nobody takes anything
        RC_ASSERT(take_all(reader, channel) == bodies);
    });
}

TEST_CASE("input that gets out of step while it is read on stays within its blocks") {
    // A large frame makes a large block, which small frames split at odd places keep in use; then a
    // length that is none, and much more than an ordinary block after it.
    std::string bytes = frame_of(std::string(4 << 20, 'l'));
    for (int i = 0; i < 300; ++i) bytes += frame_of(std::string(10'007, 's'));
    const std::string junk(4 << 20, '\xff');
    support::MemoryChannel channel(bytes + junk, 10'000);
    wire::FrameReader reader;
    size_t taken = 0;
    while (taken < 200) {
        const Split split = reader.peek();
        if (split.status == Split::whole) {
            reader.take(split);
            ++taken;
        } else {
            reader.fill(channel);
        }
    }
    reader.pin();
    while (reader.fill(channel) == wire::Channel::Status::ok) {
    }
    CHECK_THROWS_AS(for (;;) reader.take(reader.peek()), wire::ProtocolError);
    CHECK(reader.buffered() == junk.size());
}

TEST_CASE("input out of step that is read on is not copied for every read") {
    support::MemoryChannel channel(std::string(16 << 20, '\xff'));
    wire::FrameReader reader;
    reader.pin();
    int reads = 0;
    while (reader.fill(channel) == wire::Channel::Status::ok) ++reads;
    CHECK(reads < 20);
    CHECK(reader.buffered() == 16 << 20);
}

TEST_CASE("what is left of a cut frame counts as buffered") {
    support::MemoryChannel channel(frame_of("whole") + frame_of("cut off").substr(0, 4), 100);
    wire::FrameReader reader;
    CHECK(take_all(reader, channel) == std::vector<std::string>{"whole"});
    CHECK(reader.buffered() == 4);
    reader.discard();
    CHECK(reader.buffered() == 0);
}

TEST_CASE("a stream that cannot be frame_of is a protocol error") {
    support::MemoryChannel channel(std::string(20, '\xff'), 100);
    wire::FrameReader reader;
    reader.fill(channel);
    CHECK_THROWS_AS(reader.peek(), wire::ProtocolError);
    support::MemoryChannel large(frame_of(std::string(200, 'x')), 100);
    wire::FrameReader limited(100);
    limited.fill(large);
    CHECK_THROWS_WITH_AS(limited.peek(), "a frame of 200 bytes is over the limit of 100 bytes", wire::ProtocolError);
}

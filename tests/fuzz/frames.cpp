// SPDX-License-Identifier: MIT
//
// Frames off a channel: however the bytes arrive, the reader hands out the frames that a plain loop
// finds in them, and fails where that fails. What was taken stays where it is until the next fill,
// while the reader is pinned until release.
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/check.h"
#include "wire/decode.h"
#include "wire/frame_reader.h"

namespace {

constexpr size_t kLimit = 280'000;  // bytes of body: more than a block

// The frames of a stream, by the description of the format.
struct Stream {
    std::vector<std::string_view> bodies;
    size_t left = 0;     // bytes behind the last whole frame
    bool fails = false;  // at what is left
};
Stream split_plainly(std::string_view bytes) {
    Stream stream;
    while (!bytes.empty() && !stream.fails) {
        unsigned __int128 length = 0;
        size_t prefix = 0;
        bool more = true;
        for (; more && prefix < bytes.size() && prefix < wire::kMaxVarint; ++prefix) {
            const auto byte = static_cast<uint8_t>(bytes[prefix]);
            length |= static_cast<unsigned __int128>(byte & 0x7f) << (7 * prefix);
            more = byte >= 0x80;
        }
        stream.fails = more ? prefix == wire::kMaxVarint : length > kLimit;
        if (more || stream.fails || length > bytes.size() - prefix) break;
        stream.bodies.push_back(bytes.substr(prefix, static_cast<size_t>(length)));
        bytes.remove_prefix(prefix + static_cast<size_t>(length));
    }
    stream.left = bytes.size();
    return stream;
}

// Hands out pieces of given sizes in turn.
class PiecesChannel : public wire::Channel {
public:
    PiecesChannel(std::string_view bytes, std::vector<size_t> sizes) : bytes_(bytes), sizes_(std::move(sizes)) {}
    size_t handed_out() const { return at_; }
    Moved read(char* to, size_t size) override {
        FUZZ_CHECK(size > 0);
        if (at_ == bytes_.size()) return {Status::closed};
        const size_t n = std::min({size, sizes_[turn_++ % sizes_.size()], bytes_.size() - at_});
        if (n == 0) return {Status::again};
        std::memcpy(to, bytes_.data() + at_, n);
        at_ += n;
        return {Status::ok, n};
    }
    Moved write(const char*, size_t) override { return {Status::closed}; }
    Ready wait(Ready interest, Timeout) override { return interest; }
    void wake() noexcept override {}
    void close_output() override {}

private:
    std::string_view bytes_;
    std::vector<size_t> sizes_;
    size_t at_ = 0, turn_ = 0;
};

// The input itself, or large frames with pieces of it in between.
std::string stream_of(FuzzedDataProvider& choices, const std::string& input) {
    std::string stream;
    stream.reserve(1 << 20);
    size_t at = 0;
    for (auto large = choices.ConsumeIntegralInRange<int>(0, 3); large > 0; --large) {
        const size_t piece = std::min<size_t>(choices.ConsumeIntegral<uint8_t>(), input.size() - at);
        stream.append(input, at, piece);
        at += piece;
        const size_t body = choices.ConsumeIntegralInRange<size_t>(0, kLimit + 1);
        char prefix[wire::kMaxVarint];
        stream.append(prefix, wire::put_varint(prefix, body));
        stream.append(body, static_cast<char>('a' + large));
    }
    return stream.append(input, at, input.npos);
}

// Whatever find_point finds is the frame that the long way finds, and it needs no more than that.
void check_find_point(std::string_view untaken) {
    const wire::PointFrame there = wire::find_point(untaken);
    if (!there && untaken.size() > 100) return;
    const fuzz::Exactly bytes(there ? untaken.substr(0, there.prefix + there.size) : untaken);
    const wire::PointFrame point = wire::find_point(bytes.view());
    FUZZ_CHECK(bool(point) == bool(there));
    if (!point) return;
    const wire::Split split = wire::split_frame(bytes.view());
    const wire::Message message = wire::open_message(split.body);
    FUZZ_CHECK(split.status == wire::Split::whole && message.kind == wire::Kind::point);
    FUZZ_CHECK(message.body.data() == point.body && message.body.size() == point.size);
    FUZZ_CHECK(split.frame.size() == point.prefix + point.size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    constexpr size_t kChoices = 40;
    if (size < kChoices) return 0;
    FuzzedDataProvider choices(data + size - kChoices, kChoices);
    std::vector<size_t> sizes(choices.ConsumeIntegralInRange<size_t>(1, 5));
    for (size_t& s : sizes) s = 1 + choices.ConsumeIntegral<uint8_t>() * (choices.ConsumeBool() ? size_t{1500} : 1);
    const auto steps = choices.ConsumeIntegral<uint32_t>();  // two bits each, over and over
    const std::string bytes = stream_of(choices, {reinterpret_cast<const char*>(data), size - kChoices});
    for (size_t& s : sizes) s = std::max(s, bytes.size() / 3000);
    const Stream expected = split_plainly(bytes);

    PiecesChannel channel(bytes, sizes);
    wire::FrameReader reader(kLimit);
    std::vector<std::pair<std::string_view, size_t>> held;  // taken and still there, which one it is
    const auto check_held = [&] {
        for (const auto& [body, index] : held) FUZZ_CHECK(body == expected.bodies[index]);
    };
    size_t taken = 0, taken_bytes = 0;
    try {
        for (unsigned step = 0;; ++step) {
            const unsigned choice = steps >> (2 * (step % 16)) & 3;
            if (choice == 1) reader.pin();
            if (choice == 2) {
                check_held();
                held.clear();
                reader.release();
            }
            const wire::Split frame = reader.peek();
            if (frame.status == wire::Split::whole && (choice != 3 || reader.at_end())) {
                FUZZ_CHECK(taken < expected.bodies.size());
                check_find_point(reader.untaken());
                held.emplace_back(frame.body, taken++);
                taken_bytes += frame.frame.size();
                if (choice == 0)
                    reader.take(frame);
                else
                    reader.take(frame.frame.size());
            } else if (reader.at_end()) {
                break;
            } else {
                if (!reader.pinned()) {
                    check_held();
                    held.clear();
                }
                reader.fill(channel);
            }
            FUZZ_CHECK(reader.buffered() == channel.handed_out() - taken_bytes);
        }
        FUZZ_CHECK(!expected.fails && reader.buffered() == expected.left);
    } catch (const wire::ProtocolError& error) {
        FUZZ_CHECK(expected.fails && !std::string_view(error.what()).empty());
    }
    check_held();
    FUZZ_CHECK(taken == expected.bodies.size());
    reader.discard();
    FUZZ_CHECK(reader.buffered() == 0);
    return 0;
}

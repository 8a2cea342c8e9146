// SPDX-License-Identifier: MIT
//
// Reads frames off a channel in large pieces and hands them out in place. Not thread-safe.
//
// Bytes lie in blocks. The front block is the one being split, the back one is read into. A frame
// handed out stays where it is until the next fill; while the reader is pinned, until release:
// then fill never moves bytes but takes another block, so that a batch can be kept whole, or input
// read on while the points of a run are still in use.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <stdexcept>
#include <vector>

#include "wire/channel.h"
#include "wire/frame.h"

namespace wire {

// The other side does not keep to the protocol; what() says how.
struct ProtocolError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class FrameReader {
public:
    explicit FrameReader(size_t frame_limit = kFrameLimit) : frame_limit_(frame_limit) {}

    // Reads once, as much as one block takes. Returns what the channel said; `closed` for good once
    // the input has ended.
    Channel::Status fill(Channel& channel);

    // The first frame not yet taken: whole or partial. Throws ProtocolError where no frame can be.
    Split peek() {
        const Split split = split_frame({next_, static_cast<size_t>(end_ - next_)}, frame_limit_);
        return split.status == Split::whole ? split : peek_further();
    }
    // Takes the frame that peek returned.
    void take(const Split& frame) noexcept { next_ += frame.frame.size(); }

    // What has come of the first frame not yet taken, and of those behind it as far as they lie end to end.
    std::string_view untaken() const noexcept { return {next_, static_cast<size_t>(end_ - next_)}; }
    // Takes a frame of so many bytes, which is whole.
    void take(size_t size) noexcept { next_ += size; }

    bool at_end() const noexcept { return at_end_; }  // no more will come; frames may be left
    size_t buffered() const noexcept;                 // bytes not yet taken

    void pin() noexcept { pinned_ = true; }
    bool pinned() const noexcept { return pinned_; }
    // Drops all that is buffered and not yet taken.
    void discard() noexcept;
    // Ends the pin: frames taken so far may go.
    void release() noexcept;

private:
    struct Block {
        std::unique_ptr<char[]> bytes;
        size_t capacity = 0, begin = 0, end = 0;
    };
    static constexpr size_t kBlock = 256u << 10;
    static constexpr size_t kMinRead = 16u << 10;  // less free room than this is not worth a read
    static constexpr size_t kCheapMove = 8u << 10;
    static constexpr size_t kSpares = 16;

    Split peek_further();
    void make_room();
    // The front block's part that is not yet taken stands in next_ and end_ while frames are taken,
    // and in the block while blocks are moved.
    void open_front() noexcept;
    void close_front() noexcept;
    Block new_block(size_t capacity);
    void recycle(Block&& block);
    static size_t whole_frames_end(const Block& block, size_t frame_limit, size_t* needed);

    size_t frame_limit_;
    const char* next_ = nullptr;  // of the front block
    const char* end_ = nullptr;
    std::deque<Block> blocks_;
    std::vector<Block> kept_;   // split to the end, may still be in use
    std::vector<Block> spare_;  // of kBlock bytes each
    bool pinned_ = false;
    bool at_end_ = false;
};

}  // namespace wire

// SPDX-License-Identifier: MIT
#include "wire/frame_reader.h"

#include <algorithm>
#include <cstring>

namespace wire {

Channel::Status FrameReader::fill(Channel& channel) {
    if (at_end_) return Channel::Status::closed;
    if (!pinned_) release();
    make_room();
    Block& block = blocks_.back();
    const auto [status, bytes] = channel.read(block.bytes.get() + block.end, block.capacity - block.end);
    if (status == Channel::Status::ok) block.end += bytes;
    if (status == Channel::Status::closed) at_end_ = true;
    return status;
}

Split FrameReader::peek() {
    while (blocks_.size() > 1 && blocks_.front().begin == blocks_.front().end) {
        kept_.push_back(std::move(blocks_.front()));  // its frames may be in use until the next fill
        blocks_.pop_front();
    }
    if (blocks_.empty()) return {Split::partial, {}, {}, 0};
    const Block& block = blocks_.front();
    const Split split = split_frame({block.bytes.get() + block.begin, block.end - block.begin}, frame_limit_);
    if (split.status == Split::bad || split.status == Split::too_long)
        throw ProtocolError(describe(split, frame_limit_));
    return split;
}

void FrameReader::take(const Split& frame) noexcept { blocks_.front().begin += frame.frame.size(); }

size_t FrameReader::buffered() const noexcept {
    size_t bytes = 0;
    for (const Block& block : blocks_) bytes += block.end - block.begin;
    return bytes;
}

void FrameReader::discard() noexcept {
    for (Block& block : blocks_) block.begin = block.end;
    while (blocks_.size() > 1) {
        kept_.push_back(std::move(blocks_.front()));
        blocks_.pop_front();
    }
}

void FrameReader::release() noexcept {
    pinned_ = false;
    for (Block& block : kept_) recycle(std::move(block));
    kept_.clear();
}

// Afterwards the back block has room for the rest of the frame that it ends in the middle of, and
// for a read worth its system call.
void FrameReader::make_room() {
    if (blocks_.empty()) {
        blocks_.push_back(new_block(kBlock));
        return;
    }
    Block& back = blocks_.back();
    if (!pinned_ && blocks_.size() == 1 && back.begin == back.end) {
        back.begin = back.end = 0;
        if (back.capacity > kBlock) back = new_block(kBlock);
        return;
    }
    if (back.capacity - back.end >= kMinRead) return;

    size_t needed = 0;  // size of the partial frame at the end, as far as it is known
    const size_t boundary = whole_frames_end(back, frame_limit_, &needed);
    const size_t partial = back.end - boundary;
    if (boundary + needed <= back.capacity && back.capacity - back.end > 0 && needed > partial) return;
    const size_t wanted = std::max({kBlock, needed + kMinRead, partial + kMinRead});
    if (!pinned_ && blocks_.size() == 1 && boundary == back.begin && wanted <= back.capacity) {
        std::memmove(back.bytes.get(), back.bytes.get() + boundary, partial);
        back.begin = 0;
        back.end = partial;
        return;
    }
    Block next = new_block(wanted);
    if (partial) std::memcpy(next.bytes.get(), back.bytes.get() + boundary, partial);
    next.end = partial;
    back.end = boundary;
    blocks_.push_back(std::move(next));
}

// Where the last whole frame of the block ends, and how long the partial one after it will be.
size_t FrameReader::whole_frames_end(const Block& block, size_t frame_limit, size_t* needed) {
    size_t at = block.begin;
    for (;;) {
        const Split split = split_frame({block.bytes.get() + at, block.end - at}, frame_limit);
        if (split.status != Split::whole) {
            *needed = split.status == Split::partial ? split.size : 0;
            return at;
        }
        at += split.frame.size();
    }
}

FrameReader::Block FrameReader::new_block(size_t capacity) {
    if (capacity == kBlock && !spare_.empty()) {
        Block block = std::move(spare_.back());
        spare_.pop_back();
        return block;
    }
    return {std::unique_ptr<char[]>(new char[capacity]), capacity};
}

void FrameReader::recycle(Block&& block) {
    if (block.capacity != kBlock || spare_.size() == kSpares) return;
    block.begin = block.end = 0;
    spare_.push_back(std::move(block));
}

}  // namespace wire

// SPDX-License-Identifier: MIT
#include "wire/frame_reader.h"

#include <algorithm>
#include <cstring>

namespace wire {

Channel::Status FrameReader::fill(Channel& channel) {
    if (at_end_) return Channel::Status::closed;
    if (!pinned_) release();
    close_front();
    make_room();
    open_front();
    Block& block = blocks_.back();
    const auto [status, bytes] = channel.read(block.bytes.get() + block.end, block.capacity - block.end);
    if (status == Channel::Status::ok) block.end += bytes;
    if (status == Channel::Status::ok && blocks_.size() == 1) end_ += bytes;
    if (status == Channel::Status::closed) at_end_ = true;
    return status;
}

void FrameReader::open_front() noexcept {
    const Block& front = blocks_.front();
    next_ = front.bytes.get() + front.begin;
    end_ = front.bytes.get() + front.end;
}

void FrameReader::close_front() noexcept {
    if (!blocks_.empty()) blocks_.front().begin = static_cast<size_t>(next_ - blocks_.front().bytes.get());
}

// The next frame is in another block, or not whole, or none.
Split FrameReader::peek_further() {
    while (blocks_.size() > 1 && next_ == end_) {
        kept_.push_back(std::move(blocks_.front()));  // its frames may be in use until the next fill
        blocks_.pop_front();
        open_front();
    }
    const Split split = split_frame({next_, static_cast<size_t>(end_ - next_)}, frame_limit_);
    if (split.status == Split::bad || split.status == Split::too_long)
        throw ProtocolError(describe(split, frame_limit_));
    return split;
}

size_t FrameReader::buffered() const noexcept {
    auto bytes = static_cast<size_t>(end_ - next_);
    for (size_t i = 1; i < blocks_.size(); ++i) bytes += blocks_[i].end - blocks_[i].begin;
    return bytes;
}

void FrameReader::discard() noexcept {
    if (blocks_.empty()) return;
    while (blocks_.size() > 1) {
        kept_.push_back(std::move(blocks_.front()));
        blocks_.pop_front();
    }
    blocks_.front().begin = blocks_.front().end;
    open_front();
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
    const bool movable = !pinned_ && blocks_.size() == 1;
    if (movable && back.begin > 0 && back.end - back.begin <= kCheapMove) {
        // Reading into the same memory each time keeps it in the cache.
        std::memmove(back.bytes.get(), back.bytes.get() + back.begin, back.end - back.begin);
        back.end -= back.begin;
        back.begin = 0;
    }
    if (back.capacity - back.end >= kMinRead) return;

    size_t needed = 0;  // size of the partial frame at the end, as far as it is known
    const size_t boundary = whole_frames_end(back, frame_limit_, &needed);
    const size_t partial = back.end - boundary;
    if (boundary + needed <= back.capacity && back.capacity - back.end > 0 && needed > partial) return;
    // Of what no frame can begin with, ever more may come: twice the room, so as not to copy it each time.
    const size_t wanted = std::max(kBlock, kMinRead + (needed ? needed : 2 * partial));
    if (movable && boundary == back.begin && wanted <= back.capacity) {
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

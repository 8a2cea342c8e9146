// SPDX-License-Identifier: MIT
#include "supervisor/journal.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "wire/decode.h"
#include "wire/frame.h"

namespace supervisor {

void Journal::Unmap::operator()(char* bytes) const noexcept { ::munmap(bytes, capacity); }

void Journal::add_block(size_t least) {
    if (least <= kBlock && !spares_.empty()) {
        blocks_.push_back({std::move(spares_.back()), 0, end_});
        spares_.pop_back();
        return;
    }
    const size_t capacity = std::max(kBlock, least);
    void* const bytes = ::mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED) throw std::bad_alloc();
    blocks_.push_back({{static_cast<char*>(bytes), Unmap{capacity}}, 0, end_});
}

void Journal::append(std::string_view frames, bool ends_unit, uint64_t count) {
    if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size < frames.size()) add_block(frames.size());
    Block& block = blocks_.back();
    std::memcpy(block.bytes.get() + block.size, frames.data(), frames.size());
    block.size += frames.size();
    end_ += frames.size();
    frames_ += count;
    if (!ends_unit) return;
    // The one before last is noted for good where it is far enough from its own forerunner.
    const size_t noted = boundaries_.size();
    const Position before = noted >= 2 ? boundaries_[noted - 2].at : begin_;
    if (noted >= 1 && boundaries_.back().at - before < kBoundaries)
        boundaries_.back() = {end_, frames_};
    else
        boundaries_.push_back({end_, frames_});
}

std::optional<Position> Journal::boundary_after(Position at) const noexcept {
    const auto found =
        std::upper_bound(boundaries_.begin(), boundaries_.end(), at,
                         [](Position position, const Boundary& boundary) { return position < boundary.at; });
    if (found == boundaries_.end()) return {};
    return found->at;
}

std::optional<Position> Journal::unit_end(Position at) const noexcept {
    bool in_batch = false;
    while (at < end_) {
        std::string_view rest = view(at);
        while (!rest.empty()) {
            const wire::Split frame = wire::split_frame(rest, wire::kMostFrameLimit);
            if (frame.frame.empty()) return {};
            const wire::Kind kind = wire::open_message(frame.body).kind;
            at += frame.frame.size();
            rest.remove_prefix(frame.frame.size());
            if (kind == wire::Kind::begin) in_batch = true;
            if (kind == wire::Kind::end || !in_batch) return at;
        }
    }
    return {};
}

uint64_t Journal::units(Position from, Position to) const noexcept {
    uint64_t count = 0;
    for (std::optional<Position> end; from < to && (end = unit_end(from)) && *end <= to; from = *end) ++count;
    return count;
}

std::string_view Journal::view(Position at) const noexcept {
    const auto behind = std::upper_bound(blocks_.begin(), blocks_.end(), at,
                                         [](Position position, const Block& block) { return position < block.begin; });
    if (behind == blocks_.begin()) return {};
    const Block& block = *std::prev(behind);
    const size_t offset = at - block.begin;
    return offset < block.size ? std::string_view(block.bytes.get() + offset, block.size - offset) : std::string_view();
}

uint64_t Journal::frames_between(Position from, Position to) const noexcept {
    uint64_t count = 0;
    while (from < to) {
        std::string_view rest = view(from).substr(0, to - from);
        if (rest.empty()) break;
        from += rest.size();
        for (; !rest.empty(); ++count) {
            const wire::Split frame = wire::split_frame(rest, wire::kMostFrameLimit);
            if (frame.frame.empty()) return count;
            rest.remove_prefix(frame.frame.size());
        }
    }
    return count;
}

void Journal::forget(Position to) noexcept {
    if (to <= begin_) return;
    Boundary known{begin_, frames_forgotten_};
    for (; !boundaries_.empty() && boundaries_.front().at <= to; boundaries_.pop_front()) known = boundaries_.front();
    frames_forgotten_ = known.frames + frames_between(known.at, to);
    begin_ = to;
    while (!blocks_.empty() && blocks_.front().begin + blocks_.front().size <= begin_) {
        if (blocks_.front().capacity() == kBlock && spares_.size() < kSpares)
            spares_.push_back(std::move(blocks_.front().bytes));
        blocks_.pop_front();
    }
}

}  // namespace supervisor

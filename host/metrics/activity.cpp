// SPDX-License-Identifier: MIT
#include "metrics/activity.h"

#include <algorithm>
#include <cstring>

#include "text/one_line.h"
#include "text/utf8.h"

namespace metrics {
namespace {

using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

constexpr int kTries = 16;  // at reading what is being written

uint64_t now() noexcept {
    return static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
            .count());
}

}  // namespace

void Waiting::begin() noexcept { since.store(now(), memory_order_relaxed); }

void Waiting::end() noexcept {
    const uint64_t began = since.load(memory_order_relaxed);
    since.store(0, memory_order_relaxed);
    if (began != 0) add(nanoseconds, now() - began);
}

uint64_t Waiting::get() const noexcept {
    const uint64_t began = since.load(memory_order_relaxed), at = now();
    return nanoseconds.load(memory_order_relaxed) + (began != 0 && began < at ? at - began : 0);
}

void LastText::set(std::string_view text) noexcept {
    uint32_t version = version_.load(memory_order_relaxed);
    if (version % 2 != 0 || !version_.compare_exchange_strong(version, version + 1, memory_order_acquire)) return;
    if (text.size() > kLongest) {  // not within a character
        size_t size = kLongest;
        while (size > kLongest - 4 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
        text = text.substr(0, size);
    }
    for (size_t i = 0; 8 * i < text.size(); ++i) {
        uint64_t word = 0;
        std::memcpy(&word, text.data() + 8 * i, std::min<size_t>(8, text.size() - 8 * i));
        words_[i].store(word, memory_order_release);  // who sees it sees the odd version
    }
    size_.store(static_cast<uint32_t>(text.size()), memory_order_release);
    at_.store(std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
                  .count(),
              memory_order_relaxed);
    version_.store(version + 2, memory_order_release);
}

std::string LastText::get() const {
    for (int i = 0; i < kTries; ++i) {
        const uint32_t before = version_.load(memory_order_acquire);
        if (before % 2 != 0) continue;
        std::array<char, kLongest> bytes;
        const size_t size = std::min<size_t>(size_.load(memory_order_acquire), kLongest);
        for (size_t at = 0; at < size; at += 8) {
            const uint64_t word = words_[at / 8].load(memory_order_acquire);
            std::memcpy(bytes.data() + at, &word, 8);
        }
        if (version_.load(memory_order_relaxed) != before) continue;
        return text::on_one_line(text::replace_bad_utf8({bytes.data(), size}));
    }
    return {};
}

std::chrono::system_clock::time_point LastText::at() const noexcept {
    return std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::nanoseconds(at_.load())));
}

Histogram Activity::calls() const noexcept {
    Histogram histogram;
    for (size_t i = 0; i < Histogram::kBuckets; ++i) histogram.counts[i] = handler[i].load(memory_order_relaxed);
    histogram.nanoseconds = handler_nanoseconds.load(memory_order_relaxed);
    return histogram;
}

}  // namespace metrics

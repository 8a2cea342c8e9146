// SPDX-License-Identifier: MIT
#include "log/limiter.h"

namespace logging {
namespace {

// FNV-1a, without digits.
class Hash {
public:
    void add(std::string_view text) noexcept {
        for (const char c : text)
            if (c < '0' || c > '9') add_byte(static_cast<uint8_t>(c));
        add_byte(0xff);  // no byte of UTF-8: an end
    }
    void add_byte(uint8_t byte) noexcept { value_ = (value_ ^ byte) * 0x100000001b3; }
    uint64_t value() const noexcept { return value_ == 0 ? 1 : value_; }

private:
    uint64_t value_ = 0xcbf29ce484222325;
};

uint64_t hash_of(const Event& event) noexcept {
    Hash hash;
    hash.add_byte(static_cast<uint8_t>(event.level));
    hash.add(event.message);
    // Those of places are names, in which digits tell one from another.
    for (const std::string* name : {&event.where.algorithm, &event.where.task, &event.where.node}) {
        for (const char c : *name) hash.add_byte(static_cast<uint8_t>(c));
        hash.add_byte(0xff);
    }
    for (const Field& field : event.fields) {
        if (field.value.is_left_out()) continue;
        hash.add(field.key);
        if (field.value.is_text()) hash.add(field.value.text());
    }
    return hash.value();
}

}  // namespace

// A minute ago or more, or never: time_points of before the first event are those of the clock's own beginning.
bool Limiter::may_be_said(const Kind& kind, Time now) noexcept {
    const Time oldest = kind.said[kind.next];
    return oldest == Time{} || now - oldest >= kPeriod;
}

Limiter::Verdict Limiter::look(const Event& event, Time now) noexcept {
    const uint64_t hash = hash_of(event);
    std::optional<Rest> forgotten;
    Kind& kind = slot_for(hash, forgotten);
    if (may_be_said(kind, now)) {
        // What was counted until now is told first, also where nobody has asked for it in time.
        if (kind.rest.count != 0 && !forgotten) forgotten = take(kind);
        kind.said[kind.next] = now;
        kind.next = (kind.next + 1) % kMost;
        return {true, forgotten};
    }
    if (kind.rest.count++ == 0) {
        ++counted_kinds_;
        kind.rest.level = event.level;
        kind.rest.message.set(event.message);
        kind.rest.algorithm.set(event.where.algorithm);
        kind.rest.task.set(event.where.task);
        kind.rest.node.set(event.where.node);
    }
    return {false, forgotten};
}

Limiter::Kind& Limiter::slot_for(uint64_t hash, std::optional<Rest>& forgotten) noexcept {
    Kind* oldest = kinds_.data();
    for (Kind& kind : kinds_) {
        if (kind.hash == hash) return kind;
        if (oldest->hash != 0 && (kind.hash == 0 || last_said(kind) < last_said(*oldest))) oldest = &kind;
    }
    if (oldest->rest.count != 0) forgotten = take(*oldest);
    *oldest = Kind{};
    oldest->hash = hash;
    return *oldest;
}

Limiter::Rest Limiter::take(Kind& kind) noexcept {
    const Rest rest = kind.rest;
    kind.rest.count = 0;
    --counted_kinds_;
    return rest;
}

std::optional<Limiter::Rest> Limiter::take_due(Time now) noexcept {
    if (counted_kinds_ != 0)
        for (Kind& kind : kinds_)
            if (kind.rest.count != 0 && may_be_said(kind, now)) return take(kind);
    return std::nullopt;
}

std::optional<Limiter::Rest> Limiter::take_any() noexcept {
    if (counted_kinds_ != 0)
        for (Kind& kind : kinds_)
            if (kind.rest.count != 0) return take(kind);
    return std::nullopt;
}

void Limiter::forget_all() noexcept {
    for (Kind& kind : kinds_) kind = Kind{};
    counted_kinds_ = 0;
}

}  // namespace logging

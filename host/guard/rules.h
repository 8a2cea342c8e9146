// SPDX-License-Identifier: MIT
//
// The rules of the output guard: what must not reach Kapacitor. packaging/guard.md says what each does.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <string>

namespace guard {

enum class Rule : uint8_t {
    frame_limit,
    batch_limit,
    utf8,
    group,
    duplicate,
    incomplete,
    non_finite,
    tmax,
    edge,
    type_change,
    newline,
};
inline constexpr size_t kRules = 11;

struct RuleInfo {
    Rule rule;
    const char* name;  // on the command line: "non-finite"
    const char* row;   // of the manual's table: "C8"
    const char* what;  // for people
};

// In the order of Rule.
std::span<const RuleInfo> rules() noexcept;
const RuleInfo& info(Rule rule) noexcept;

// How often each rule has found something. Any thread may read.
class Counters {
public:
    // They may be kept elsewhere: kRules of them.
    explicit Counters(std::atomic<uint64_t>* counts = nullptr) : counts_(counts != nullptr ? counts : own_.data()) {}
    Counters(const Counters&) = delete;
    Counters& operator=(const Counters&) = delete;

    void add(Rule rule, uint64_t count = 1) noexcept {
        counts_[static_cast<size_t>(rule)].fetch_add(count, std::memory_order_relaxed);
    }
    uint64_t get(Rule rule) const noexcept {
        return counts_[static_cast<size_t>(rule)].load(std::memory_order_relaxed);
    }
    // "utf8 3, non-finite 12"; empty where all are zero.
    std::string text() const;

private:
    std::array<std::atomic<uint64_t>, kRules> own_{};
    std::atomic<uint64_t>* const counts_;
};

}  // namespace guard

// SPDX-License-Identifier: MIT
//
// Agent: calls into the plugin and back. For the sources of Agent alone.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "agent/agent.h"

namespace agent {

template <class Function>
void Agent::call(Connection::Lock& lock, Overtime::Call what, Function&& function) {
    connection_.reader().pin();
    output_->call_begins();
    connection_.appended(calls_take_long_);
    overtime_->begin(what);
    lock.unlock();
    const auto after = [&] {
        lock.lock();
        const Overtime::Clock::duration took = overtime_->end();
        calls_take_long_ = took >= Connection::kFlushAfter;
        last_call_ = took - overtime_->blocked();
        output_->call_ends();
        if (overtime_->given_up()) throw Abandoned{};
        if (!collects_batch()) connection_.reader().release();
    };
    try {
        function();
    } catch (...) {
        after();
        throw;
    }
    after();
}

template <class Function>
void Agent::deliver(Connection::Lock& lock, Overtime::Call what, Function&& function) {
    handler_->follow_log_level();
    call(lock, what, std::forward<Function>(function));
    connection_.activity().called(
        static_cast<uint64_t>(std::max<int64_t>(last_call_ / std::chrono::nanoseconds(1), 0)));
}

}  // namespace agent

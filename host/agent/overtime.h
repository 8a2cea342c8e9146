// SPDX-License-Identifier: MIT
//
// What has to happen while a call into the plugin does not return: heartbeats, so that Kapacitor does
// not take a busy handler for a dead one; reading input on; and giving up, on a handler that hangs and
// on one that holds up the end. Looks from a thread of its own (Watch).
//
// Everything is called with the connection's lock held.
#pragma once

#include <pthread.h>
#include <udf_plugin.h>

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "agent/connection.h"
#include "agent/watch.h"
#include "log/event.h"

namespace agent {

class Overtime {
public:
    using Clock = Connection::Clock;
    using milliseconds = std::chrono::milliseconds;

    struct Limits {
        milliseconds handler{300'000};  // a call that takes longer hangs; 0 = none does
        milliseconds load{30'000};      // the same for loading a plugin: Kapacitor starts nothing else meanwhile
        // Once the input has ended: how long may pass without progress. After Connection::kDrainTotal times
        // that it is over in any case.
        milliseconds drain = Connection::Patience{}.drain;
        milliseconds stall = Connection::Patience{}.stall;  // see Connection::Patience
        milliseconds snapshot{10'000};                      // then Kapacitor gets the last good one
        // A call behind which as much input waits as may: it hangs after this time, or the keepalive timeout where
        // that is longer.
        milliseconds full{30'000};
    };

    // What is being called, for messages: valid until the call ends.
    struct Call {
        const char* name;
        std::span<const udf_point> points = {};
    };

    // Watches calls of the thread that makes it. `who` is at the front of messages to Kapacitor, `where` is for the
    // log. `abandon` is called without the lock, from the watch's thread, once nobody is to wait for the call that does
    // not return: it ends the process or lets go of the connection.
    Overtime(Connection& connection, Limits limits, std::function<std::string()> who,
             std::function<logging::Where()> where, std::function<void()> abandon);

    // Around each call.
    void begin(const Call& call);
    // Returns how long it took.
    Clock::duration end();
    // Of that, how long the output was blocked.
    Clock::duration blocked() const noexcept { return connection_.blocked() - blocked_before_; }

    // Once the call has taken so long, `late` is called, once, from the watch's thread. Until the call ends. True gives
    // it up: nobody is to wait for it any longer.
    void when_late(milliseconds after, std::function<bool()> late);

    // It was not waited for the call to return. All has been said and nothing more must be done.
    bool given_up() const noexcept { return given_up_; }

private:
    milliseconds look();
    bool take_too_long_at_end(Clock::time_point now);
    void give_up_hung(Clock::duration lasted, const std::string& why);
    std::string describe_call(Clock::duration lasted) const;

    Connection& connection_;
    const Limits limits_;
    const std::function<std::string()> who_;
    const std::function<logging::Where()> where_;
    const std::function<void()> abandon_;
    const pthread_t thread_ = ::pthread_self();

    Call call_{};
    bool in_call_ = false;
    Clock::time_point began_{};
    Clock::time_point quiet_since_{};              // nothing was sent, and nothing waited for, while we worked
    Clock::duration blocked_before_{};             // the connection's, when the call began
    uint64_t written_ = 0;                         // the connection's, at the last look
    Clock::time_point moved_{};                    // when that changed
    std::optional<Clock::time_point> full_since_;  // no more input can be read on
    milliseconds late_after_{};
    std::function<bool()> late_;
    bool given_up_ = false;

    Watch watch_;  // last: its thread uses the others
};

}  // namespace agent

// SPDX-License-Identifier: MIT
//
// A signal that asks for something: SIGUSR1 for how things stand, SIGHUP for a new worker.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace server {

// While it lives, the signal has `react` called on a thread of this object's own, once or more after
// each one. Make it before any other thread, so that no call of theirs is interrupted; one that
// takes the signal all the same does no harm. One at a time for a signal. `react` must not throw.
class SignalReaction {
public:
    // Throws std::system_error.
    SignalReaction(int signal, std::function<void()> react);
    // Waits for a reaction that is under way. From then on the signal is ignored.
    ~SignalReaction();
    SignalReaction(const SignalReaction&) = delete;
    SignalReaction& operator=(const SignalReaction&) = delete;

private:
    const int signal_;
    std::atomic<bool> ending_ = false;
    std::thread thread_;
};

}  // namespace server

// SPDX-License-Identifier: MIT
//
// SIGUSR1: somebody wants to know how things stand.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace server {

// While it lives, SIGUSR1 has `report` called on a thread of this object's own, once or more after
// each signal. Make it before any other thread, so that no call of theirs is interrupted; one that
// takes the signal all the same does no harm. One at a time. `report` must not throw.
class ReportSignal {
public:
    // Throws std::system_error.
    explicit ReportSignal(std::function<void()> report);
    // Waits for a report that is being made. From then on the signal is ignored.
    ~ReportSignal();
    ReportSignal(const ReportSignal&) = delete;
    ReportSignal& operator=(const ReportSignal&) = delete;

private:
    std::atomic<bool> ending_ = false;
    std::thread thread_;
};

}  // namespace server

// SPDX-License-Identifier: MIT
//
// Tells Telegraf, or whoever receives line protocol in datagrams, how this process stands: every interval, and once
// more at the end. On a thread of its own, which nobody ever waits for longer than a moment. That there is no receiver
// is one line in the log, and that there is one again another.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <thread>

#include "metrics/totals.h"
#include "server/datagrams.h"

namespace server {

class MetricsSender {
public:
    using Read = std::function<metrics::Totals()>;  // on the sender's thread; must not throw, nor wait for long

    // Make it after the signals of this process have been blocked. Throws std::system_error.
    MetricsSender(const Destination& to, std::chrono::milliseconds interval, Read read);
    // Sends what there is once more, and ends. Call it before the process is left by _exit. From then on `read` is not
    // called any more.
    void finish() noexcept;
    ~MetricsSender() { finish(); }
    MetricsSender(const MetricsSender&) = delete;
    MetricsSender& operator=(const MetricsSender&) = delete;

private:
    struct State;
    static void run(const std::shared_ptr<State>& state) noexcept;

    const std::shared_ptr<State> state_;
    std::thread thread_;
};

}  // namespace server

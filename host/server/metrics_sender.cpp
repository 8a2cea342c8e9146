// SPDX-License-Identifier: MIT
#include "server/metrics_sender.h"

#include <unistd.h>

#include <array>
#include <condition_variable>
#include <csignal>
#include <exception>
#include <mutex>
#include <string>
#include <utility>

#include "log/log.h"
#include "metrics/line_protocol.h"

namespace server {
namespace {

// For the last datagrams: a name that has to be looked up may keep its thread, but not the end of the process.
constexpr std::chrono::milliseconds kLongestFarewell{250};

metrics::Source this_process() {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    return {name.data(), static_cast<int>(::getpid())};
}

}  // namespace

struct MetricsSender::State {
    State(const Destination& destination, std::chrono::milliseconds interval, Read read)
        : to(destination),
          interval(interval),
          read(std::move(read)),
          sender(destination),
          lines(this_process(), destination.is_udp() ? metrics::kMostOfUdp : metrics::kMostOfUnix) {}

    const Destination to;
    const std::chrono::milliseconds interval;

    std::mutex mutex;
    std::condition_variable changed;
    bool ending = false, abandoned = false, ended = false;
    const Read read;  // under the mutex, and not once it is abandoned

    // Of the thread alone.
    DatagramSender sender;
    metrics::LineProtocol lines;
    bool away = false;

    void send(const metrics::Totals& totals) {
        const auto datagrams = lines.datagrams(totals, std::chrono::system_clock::now());
        if (datagrams.empty()) return;
        const std::string problem = sender.send(datagrams);
        if (problem.empty() != away) return;
        away = !problem.empty();
        if (away)
            logging::warning("metrics cannot be sent; it is tried again",
                             {{"to", to_string(to)},
                              {"cause", problem},
                              {"seconds", std::chrono::duration<double>(interval).count()}});
        else
            logging::info("metrics are taken again", {{"to", to_string(to)}});
    }
};

MetricsSender::MetricsSender(const Destination& to, std::chrono::milliseconds interval, Read read)
    : state_(std::make_shared<State>(to, interval, std::move(read))) {
    sigset_t all, before;  // none is for its thread
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        thread_ = std::thread([state = state_] { run(state); });
    } catch (...) {
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void MetricsSender::run(const std::shared_ptr<State>& state) noexcept {
    std::unique_lock lock(state->mutex);
    while (!state->ended) {
        state->changed.wait_for(lock, state->interval, [&] { return state->ending; });
        if (state->abandoned) return;
        const bool last = state->ending;
        try {
            const metrics::Totals totals = state->read();
            lock.unlock();
            state->send(totals);
        } catch (const std::exception& e) {
            logging::warning("metrics cannot be sent; it is tried again",
                             {{"to", to_string(state->to)}, {"cause", e.what()}});
        }
        if (!lock.owns_lock()) lock.lock();
        state->ended = last;
    }
    state->changed.notify_all();
}

void MetricsSender::finish() noexcept {
    if (!thread_.joinable()) return;
    std::unique_lock lock(state_->mutex);
    state_->ending = true;
    state_->changed.notify_all();
    state_->changed.wait_for(lock, kLongestFarewell, [&] { return state_->ended; });
    const bool ended = state_->ended;
    state_->abandoned = !ended;
    lock.unlock();
    if (ended)
        thread_.join();
    else
        thread_.detach();
}

}  // namespace server

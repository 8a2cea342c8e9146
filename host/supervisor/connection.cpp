// SPDX-License-Identifier: MIT
#include "supervisor/connection.h"

#include <atomic>
#include <chrono>
#include <exception>
#include <thread>
#include <utility>

#include "wire/bell.h"

namespace supervisor {
namespace {

constexpr std::chrono::seconds kDialLimit{10};

}  // namespace

struct WorkerConnection::Dialling {
    wire::Bell over;
    wire::unique_fd socket;  // these are set before
    std::string problem;
    std::atomic<bool> done = false;
};

WorkerConnection::WorkerConnection(const wire::Endpoint& endpoint)
    : name_(wire::to_string(endpoint)), dialling_(std::make_shared<Dialling>()) {
    std::thread([dialling = dialling_, endpoint] {
        try {
            dialling->socket = wire::dial(endpoint, kDialLimit);
        } catch (const std::exception& e) {
            dialling->problem = e.what();
        }
        dialling->done = true;
        dialling->over.raise();
    }).detach();
}

int WorkerConnection::event_fd() const noexcept { return dialling_ ? dialling_->over.fd() : -1; }

bool WorkerConnection::look() {
    if (!dialling_ || !dialling_->done) return false;
    const auto dialling = std::exchange(dialling_, nullptr);
    problem_ = dialling->problem;
    if (problem_.empty()) channel_ = std::make_unique<wire::FdChannel>(std::move(dialling->socket));
    return !problem_.empty();
}

Worker::End WorkerConnection::end() {
    kill();
    if (!problem_.empty()) return {"cannot be had: " + problem_, false, false, metrics::Cause::start};
    return {"closed the connection", false, true, metrics::Cause::lost};
}

void WorkerConnection::kill() noexcept {
    if (channel_) channel_->hang_up();
}

}  // namespace supervisor

// SPDX-License-Identifier: MIT
#include "supervisor/connection.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

namespace supervisor {
namespace {

constexpr std::chrono::seconds kDialLimit{10};

}  // namespace

struct WorkerConnection::Dialling {
    Dialling() : over(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (!over) throw std::system_error(errno, std::system_category(), "making an eventfd");
    }
    const wire::unique_fd over;  // readable then
    wire::unique_fd socket;      // and these are set before
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
        const uint64_t one = 1;
        (void)!::write(dialling->over.get(), &one, sizeof one);
    }).detach();
}

int WorkerConnection::event_fd() const noexcept { return dialling_ ? dialling_->over.get() : -1; }

bool WorkerConnection::look() {
    if (!dialling_ || !dialling_->done) return false;
    const auto dialling = std::exchange(dialling_, nullptr);
    problem_ = dialling->problem;
    if (problem_.empty()) channel_ = std::make_unique<wire::FdChannel>(std::move(dialling->socket));
    return !problem_.empty();
}

Worker::End WorkerConnection::end() {
    kill();
    if (!problem_.empty()) return {"cannot be had: " + problem_, false};
    return {"closed the connection", false, true};
}

void WorkerConnection::kill() noexcept {
    if (channel_) channel_->hang_up();
}

}  // namespace supervisor

// SPDX-License-Identifier: MIT
//
// A worker on the other end of a connection: a function that listens, on this machine or another.
#pragma once

#include <memory>
#include <string>

#include "supervisor/worker.h"
#include "wire/endpoint.h"

namespace supervisor {

class WorkerConnection final : public Worker {
public:
    // Dials on a thread of its own; event_fd() tells when that is over. Throws std::system_error.
    explicit WorkerConnection(const wire::Endpoint& endpoint);

    std::string name() const override { return name_; }
    wire::PolledChannel* channel() noexcept override { return channel_ ? channel_.get() : nullptr; }
    int event_fd() const noexcept override;
    bool look() override;
    End end() override;
    void kill() noexcept override;

private:
    struct Dialling;

    const std::string name_;
    std::shared_ptr<Dialling> dialling_;  // until it has been looked at; shared with its thread, which may outlive us
    std::unique_ptr<wire::FdChannel> channel_;
    std::string problem_;
};

}  // namespace supervisor

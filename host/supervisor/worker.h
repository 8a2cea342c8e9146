// SPDX-License-Identifier: MIT
//
// Where an agent runs for a supervisor: a process of its own, or the other end of a connection. A worker is
// used from one thread, the one that made it, and ends no later than that thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/activity.h"
#include "supervisor/errors.h"
#include "wire/channel.h"

namespace supervisor {

class Worker {
public:
    virtual ~Worker() = default;  // ends it the hard way

    // How it is called in messages: `worker 4711`.
    virtual std::string name() const = 0;
    // Its process; 0 where that is not known.
    virtual int pid() const noexcept { return 0; }
    // What it counts; null where it lets us see nothing.
    virtual std::shared_ptr<metrics::Activity> activity() noexcept { return nullptr; }

    // The way to it; null while there is none yet.
    virtual wire::PolledChannel* channel() noexcept = 0;
    // Readable when the channel has come to be, or cannot, or the process has ended: call look(). -1 where that
    // never happens.
    virtual int event_fd() const noexcept = 0;
    // What has become of it; true where it has ended.
    virtual bool look() = 0;

    // Null where it has none that we could hear.
    virtual Errors* errors() noexcept { return nullptr; }
    // Bytes of memory that it takes; 0 where that is not known.
    virtual uint64_t memory() const { return 0; }

    struct End {
        std::string cause;   // "exited with status 3"
        bool own_fault;      // and not by somebody else's doing
        bool clean = false;  // as one ends that has been told to
        metrics::Cause kind = metrics::Cause::exit;
    };
    // Waits a moment for its end where it is on its way; ends it otherwise.
    virtual End end() = 0;
    // Ends it at once.
    virtual void kill() noexcept = 0;
};

// How a worker and we speak: pipes, its stdin and stdout, are what Kapacitor gives, and what somebody else's function
// may count on; an udf-host is given the other end of a wire::SharedChannel at its stdin.
enum class Speaks : uint8_t { pipes, shared_memory };

// A command. It dies with us, however we die, and with it what it has started and left in its process group.
class WorkerProcess final : public Worker {
public:
    struct Command {
        std::vector<std::string> words;
        std::string program = {};  // what is run under the name of words[0]; empty = that
        Speaks over = Speaks::pipes;
        uint64_t memory_limit = 0;  // bytes that it may ask for, 0 = any; who looks at memory() is quicker
    };
    // Throws std::system_error.
    explicit WorkerProcess(const Command& command);
    ~WorkerProcess() override;
    WorkerProcess(const WorkerProcess&) = delete;
    WorkerProcess& operator=(const WorkerProcess&) = delete;

    std::string name() const override;
    int pid() const noexcept override { return pid_; }
    std::shared_ptr<metrics::Activity> activity() noexcept override { return activity_; }
    wire::PolledChannel* channel() noexcept override { return channel_.get(); }
    int event_fd() const noexcept override { return exited_.get(); }
    bool look() override;
    Errors* errors() noexcept override { return &errors_; }
    uint64_t memory() const override;
    End end() override;
    void kill() noexcept override;

private:
    struct Started {
        pid_t pid;
        std::unique_ptr<wire::PolledChannel> channel;
        std::shared_ptr<metrics::Activity> activity;
        wire::unique_fd errors;  // our end
    };
    explicit WorkerProcess(Started started);
    static Started start(const Command& command);
    bool exits_within(int milliseconds) const noexcept;

    const pid_t pid_;
    const std::unique_ptr<wire::PolledChannel> channel_;
    const std::shared_ptr<metrics::Activity> activity_;
    Errors errors_;
    wire::unique_fd exited_;  // a pidfd
    int status_ = -1;         // as waitpid() gives it; -1 until then
};

}  // namespace supervisor

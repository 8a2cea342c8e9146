// SPDX-License-Identifier: MIT
//
// The loop of a run: takes text from files as it comes, feeds the function and prints what it
// emits, all at once. Output is printed when there is much of it and whenever the loop would wait
// for input, so that a trickle in is a trickle out. Where the function is slow, reading stops.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "client/feed.h"
#include "client/interrupt.h"
#include "client/printer.h"
#include "client/process.h"
#include "client/progress.h"
#include "client/session.h"
#include "wire/decode.h"

namespace client {

// Told of all data that goes into a function and comes out of it, in the order of each.
class Observer {
public:
    virtual ~Observer() = default;
    virtual void sent(const pb::Request& request) = 0;
    virtual void received(const pb::Response& response) = 0;
};

class Drive {
public:
    // All outlive the drive; the process is one whose pipes have not been taken.
    Drive(Process& process, Printer& printer, Progress& progress);

    // From now on; null = nobody. Where there is one, what is sent encoded is decoded for it.
    void observe(Observer* observer) noexcept { observer_ = observer; }

    Session& session() noexcept { return session_; }
    uint64_t points_in() const noexcept { return points_in_; }
    uint64_t points_out() const noexcept { return points_out_; }

    // Queues a request, and waits while the function has much to read.
    void send(const pb::Request& request);
    // The same for a request that is encoded already.
    void send_frame(wire::Kind kind, std::string_view frame);

    // Feeds `fd` to its end. Throws as Session does, Interrupted, and std::system_error where
    // reading fails.
    void read_file(int fd, Feed& feed);

    // Ends the input and prints what is still emitted.
    void finish();

    // As finish(), after an Interrupted: not for long, and no longer once another signal comes.
    void finish_soon();

    // From now on all that is moved is recorded.
    void record(std::unique_ptr<wire::Tap> recorder) { channel_.set_tap(std::move(recorder)); }

    // After an UdfError: tells the function that nobody talks to it any more.
    void hang_up() { channel_.close_output(); }

private:
    void make_room();
    bool step(int input);
    void check_running() const;

    Interrupt interrupt_;
    InterruptibleChannel channel_;
    Printer& printer_;
    Progress& progress_;
    Observer* observer_ = nullptr;
    uint64_t points_in_ = 0, points_out_ = 0;
    Session session_;
};

}  // namespace client

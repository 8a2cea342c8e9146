// SPDX-License-Identifier: MIT
#include "bench/load.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "bench/responses.h"
#include "client/session.h"
#include "wire/frame.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

// A keepalive is answered after all that came before it, by cat too.
std::string end_mark() {
    pb::Request request;
    request.mutable_keepalive()->set_time(1);
    std::string bytes;
    wire::append_frame(bytes, request);
    return bytes;
}

// False where nobody reads any more: why, the output will say.
bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
}

// Returns how many points were sent.
uint64_t send(int fd, const Stream& stream, Amount amount) {
    const auto deadline = Clock::now() + amount.time;
    uint64_t points = 0;
    for (;;) {
        size_t begin = 0;
        for (const Stream::Piece& piece : stream.pieces) {
            if (!write_all(fd, std::string_view(stream.bytes).substr(begin, piece.end - begin))) return points;
            begin = piece.end;
            points += piece.points;
            if (points < amount.points && (amount.points != UINT64_MAX || Clock::now() < deadline)) continue;
            write_all(fd, end_mark());
            return points;
        }
    }
}

// Runs a function on a thread that signals do not interrupt; joined in any case.
class Sender {
public:
    explicit Sender(std::function<void()> send) {
        sigset_t all, before;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        thread_ = std::thread(std::move(send));
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    ~Sender() { join(); }
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    void join() {
        if (thread_.joinable()) thread_.join();
    }

private:
    std::thread thread_;
};

}  // namespace

Throughput measure_throughput(Subject& subject, const Stream& stream, Amount amount, client::Interrupt& interrupt) {
    Throughput result;
    Responses responses(subject.output(), interrupt);
    const auto cpu_before = subject.cpu_time();
    const auto start = Clock::now();
    Sender sender([&] { result.points_in = send(subject.input(), stream, amount); });
    try {
        while (responses.keepalives() == 0)
            if (!responses.read()) throw client::ProtocolError("it ended its output before its input had ended");
    } catch (...) {
        subject.kill();  // ends the sender's write
        throw;
    }
    result.time = Clock::now() - start;
    result.cpu_time = subject.cpu_time() - cpu_before;
    result.peak_memory = subject.peak_memory();
    result.own_memory = subject.own_memory();
    sender.join();
    subject.end_input();
    while (responses.read()) {
    }
    result.points_out = responses.points();
    subject.finish();
    return result;
}

}  // namespace bench

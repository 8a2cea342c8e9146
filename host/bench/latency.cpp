// SPDX-License-Identifier: MIT
#include "bench/latency.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "bench/responses.h"
#include "client/session.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kFirstAnswerMs = 500;

void send(int fd, std::string_view message) {
    const ssize_t n = ::write(fd, message.data(), message.size());
    if (n != static_cast<ssize_t>(message.size()))
        throw std::system_error(n < 0 ? errno : EIO, std::system_category(), "sending one message");
}

}  // namespace

std::vector<std::chrono::nanoseconds> measure_round_trips(Subject& subject, const Stream& stream, size_t count,
                                                          client::Interrupt& interrupt) {
    Responses responses(subject.output(), interrupt);
    const std::string_view message = std::string_view(stream.bytes).substr(0, stream.first_end);
    const auto answers = [&] { return stream.in_batches ? responses.batches() : responses.points(); };
    std::vector<std::chrono::nanoseconds> times;
    times.reserve(count);
    for (size_t i = 0; i < count; ++i) {
        const uint64_t before = answers();
        const auto start = Clock::now();
        send(subject.input(), message);
        pollfd output{subject.output(), POLLIN, 0};
        if (i == 0 && interrupt.poll(&output, 1, kFirstAnswerMs) == 0) break;
        while (answers() == before)
            if (!responses.read()) throw client::ProtocolError("it ended its output before its input had ended");
        times.push_back(Clock::now() - start);
    }
    subject.end_input();
    while (responses.read()) {
    }
    subject.finish();
    return times;
}

std::chrono::nanoseconds measure_start(const Contender& contender) {
    const auto start = Clock::now();
    Subject subject(contender, Transport::pipe);
    if (contender.is_function) {
        subject.info();
    } else {
        char byte = 'x';
        send(subject.input(), {&byte, 1});
        if (::read(subject.output(), &byte, 1) != 1)
            throw std::system_error(errno, std::system_category(), "reading one byte");
    }
    const auto time = Clock::now() - start;
    subject.end_input();
    subject.finish();
    return time;
}

}  // namespace bench

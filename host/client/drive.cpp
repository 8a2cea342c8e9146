// SPDX-License-Identifier: MIT
#include "client/drive.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <iterator>
#include <system_error>
#include <utility>
#include <vector>

#include "wire/frame.h"

namespace client {
namespace {

constexpr size_t kBacklogLimit = 256u << 10;  // bytes that wait for the function
constexpr size_t kFileReadSize = 64u << 10;
constexpr int kQuietMs = 100;  // output is printed when the function says nothing for this long
constexpr std::chrono::milliseconds kNow(0);
constexpr std::chrono::seconds kLastWords(2);  // for a function to end after an interrupt

}  // namespace

Drive::Drive(Process& process, Printer& printer, Progress& progress)
    : channel_(interrupt_, std::move(process.from_stdout), std::move(process.to_stdin)),
      printer_(printer),
      progress_(progress),
      session_(channel_, [this](pb::Response&& response) {
          if (response.has_point()) ++points_out_;
          if (observer_ != nullptr) observer_->received(response);
          printer_.print(std::move(response));
      }) {}

void Drive::send(const pb::Request& request) {
    session_.queue(request);
    if (request.has_point()) ++points_in_;
    if (observer_ != nullptr) observer_->sent(request);
    make_room();
}

void Drive::send_frame(wire::Kind kind, std::string_view frame) {
    session_.queue_frame(frame);
    if (kind == wire::Kind::point) ++points_in_;
    if (pb::Request request; observer_ != nullptr) {
        const std::string_view body = wire::split_frame(frame, wire::kMostFrameLimit).body;
        if (request.ParseFromArray(body.data(), static_cast<int>(body.size()))) observer_->sent(request);
    }
    make_room();
}

void Drive::make_room() {
    while (session_.backlog() >= kBacklogLimit) {
        step(-1);
        check_running();
    }
}

void Drive::read_file(int fd, Feed& feed) {
    std::vector<char> chunk(kFileReadSize);
    for (;;) {
        const bool ready = step(fd);
        check_running();
        if (!ready) continue;
        const ssize_t n = ::read(fd, chunk.data(), chunk.size());
        if (n == 0) break;
        if (n > 0)
            feed.add({chunk.data(), static_cast<size_t>(n)});
        else if (errno != EINTR && errno != EAGAIN)
            throw std::system_error(errno, std::system_category(), "cannot read the input");
    }
    feed.end_file();
}

void Drive::finish() {
    session_.end_input();
    session_.pump(kNow);
    while (!session_.output_ended()) step(-1);
    printer_.flush();
}

void Drive::finish_soon() {
    const auto deadline = std::chrono::steady_clock::now() + kLastWords;
    session_.end_input();
    try {
        session_.pump(kNow);
        while (!session_.output_ended() && std::chrono::steady_clock::now() < deadline) step(-1);
    } catch (const Interrupted&) {
    }
    printer_.flush();
}

// Moves what can be moved and waits for more of it, or for `input`; true if that can be read. Does
// not wait once the output has ended.
bool Drive::step(int input) {
    if (!session_.pump(kNow)) return false;
    progress_.show(points_in_, points_out_);
    pollfd fds[] = {{input, POLLIN, 0}, channel_.when_readable(true), channel_.when_writable(session_.backlog() > 0)};
    const auto poll = [&](int timeout) { return interrupt_.poll(fds, std::size(fds), timeout); };

    if (poll(0) == 0) {
        int timeout = kQuietMs;
        if (input >= 0 && session_.backlog() == 0) {
            printer_.flush();
            timeout = progress_.interval() ? static_cast<int>(progress_.interval()->count()) : -1;
        }
        if (poll(timeout) == 0) printer_.flush();
    }
    return fds[0].revents != 0;
}

void Drive::check_running() const {
    if (session_.output_ended()) throw ProtocolError("it ended its output before its input had ended");
}

}  // namespace client

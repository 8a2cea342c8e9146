// SPDX-License-Identifier: MIT
#include "server/stderr_relay.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "log/flat_json.h"
#include "log/line.h"
#include "log/log.h"
#include "server/fork_guard.h"
#include "wire/bell.h"
#include "wire/unique_fd.h"

namespace server {
namespace {

int checked(int result) {
    if (result < 0) throw std::system_error(errno, std::system_category(), "putting a pipe in place of stderr");
    return result;
}

// Its threads allocate nothing: a plugin that broke the heap, or died with its lock, is heard.
class Relay {
public:
    Relay() : owner_(::getpid()) {
        int ends[2];
        checked(::pipe2(ends, O_CLOEXEC));
        pipe_.reset(ends[0]);
        pipe_end_.reset(ends[1]);
        checked(::fcntl(pipe_.get(), F_SETFL, O_NONBLOCK));  // of this end alone
        stderr_.reset(checked(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)));
        close_in_children(pipe_.get());
        close_in_children(stderr_.get());
        queue_.reserve(kStderrBacklog + kRemark);
        in_flight_.reserve(kStderrBacklog + kRemark);
    }

    void start() {
        sigset_t all, before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        std::thread([this] { read_always(); }).detach();
        std::thread([this] { write_always(); }).detach();
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        checked(::dup2(pipe_end_.get(), STDERR_FILENO));
        checked(::dup2(pipe_end_.get(), STDOUT_FILENO));
        pipe_end_.reset();
    }

    // Async-signal-safe. Nothing in a forked child, where nobody relays.
    bool flush() noexcept {
        if (::getpid() != owner_) return false;
        const int error = errno;
        const uint64_t request = ++requested_;
        flush_.raise();
        bool done = false;
        const auto until = now() + kStderrFlush;
        do {
            done = flushed_ >= request && written_ >= flush_end_;
            constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 500'000};
            if (!done) ::nanosleep(&kPause, nullptr);
        } while (!done && now() < until);
        errno = error;
        return done;
    }

    // Who speaks after us speaks for himself, as long as somebody listens.
    void stop() noexcept {
        if (!flush()) return;
        ::dup2(stderr_.get(), STDERR_FILENO);
        ::dup2(stderr_.get(), STDOUT_FILENO);
    }

private:
    static constexpr std::chrono::milliseconds kPatience{100};
    static constexpr size_t kRemark = 256;  // bytes, of the line that tells how many were dropped

    // std::chrono's clocks are not promised to signal handlers.
    static std::chrono::nanoseconds now() noexcept {
        timespec t{};
        ::clock_gettime(CLOCK_MONOTONIC, &t);
        return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
    }

    // ---- The thread that reads ----

    void read_always() noexcept {
        for (;;) {
            pollfd fds[] = {{pipe_.get(), POLLIN, 0}, {flush_.fd(), POLLIN, 0}};
            if (::poll(fds, 2, -1) < 0) continue;
            if (fds[1].revents != 0) {
                take_flush();
            } else {
                read_some();
            }
        }
    }

    size_t read_some() noexcept {
        char bytes[16384];
        const ssize_t n = ::read(pipe_.get(), bytes, sizeof bytes);
        if (n <= 0) return 0;
        std::string_view rest(bytes, static_cast<size_t>(n));
        while (!rest.empty()) {
            const size_t room = line_.size() - 1 - line_size_;
            const size_t newline = rest.substr(0, room).find('\n');
            const size_t size = newline == rest.npos ? std::min(room, rest.size()) : newline;
            std::memcpy(line_.data() + line_size_, rest.data(), size);
            line_size_ += size;
            rest.remove_prefix(newline == rest.npos ? size : size + 1);
            // A line of just the greatest length is not followed by an empty one.
            if (newline == rest.npos && line_size_ == line_.size() - 1 && rest.starts_with('\n')) rest.remove_prefix(1);
            if (newline != rest.npos || line_size_ == line_.size() - 1) end_line();
        }
        return static_cast<size_t>(n);
    }

    // Waits a little for room: a burst is not to be cut where stderr is read all the while.
    void end_line() noexcept {
        line_[line_size_++] = '\n';
        const std::string_view line = as_it_leaves({line_.data(), line_size_});
        {
            std::unique_lock lock(mutex_);
            const auto has_room = [&] { return queue_.size() + line.size() <= kStderrBacklog; };
            // After one that was dropped all are, so that the remark stands in the right place.
            if (dropped_ == 0 && room_.wait_for(lock, kPatience, has_room)) {
                queue_.append(line);
                queued_ += line.size();
            } else {
                ++dropped_;
            }
        }
        more_.notify_one();
        line_size_ = 0;
    }

    // Where the log is JSON, all of it is.
    std::string_view as_it_leaves(std::string_view line) noexcept {
        if (logging::format() != logging::Format::json) return line;
        const std::string_view text = line.substr(0, line.size() - 1);
        if (logging::is_json_line(text)) return line;
        timespec time{};
        ::clock_gettime(CLOCK_REALTIME, &time);
        return logging::wrap_in_json(text, time, wrapped_);
    }

    // No more than is there now: others may go on writing for ever.
    void take_flush() noexcept {
        flush_.take();
        const uint64_t request = requested_;
        int there = 0;
        ::ioctl(pipe_.get(), FIONREAD, &there);
        while (there > 0) {
            const size_t n = read_some();
            if (n == 0) break;
            there -= static_cast<int>(n);
        }
        if (line_size_ != 0) end_line();
        flush_end_ = queued_.load();
        flushed_ = request;
    }

    // ---- The thread that writes ----

    void write_always() noexcept {
        for (;;) {
            size_t dropped = 0;
            {
                std::unique_lock lock(mutex_);
                more_.wait(lock, [&] { return !queue_.empty(); });
                std::swap(queue_, in_flight_);
                dropped = std::exchange(dropped_, 0);
            }
            room_.notify_one();
            const size_t queued = in_flight_.size();
            if (dropped != 0) {
                const logging::Field count[] = {{"lines", dropped}};
                timespec time{};
                ::clock_gettime(CLOCK_REALTIME, &time);
                in_flight_.append(logging::render(
                    logging::format(),
                    {logging::Level::warning, "lines were dropped: stderr was not read", nowhere_, count}, time,
                    remark_));
            }
            write_out(in_flight_);
            in_flight_.clear();
            written_ += queued;
        }
    }

    // What nobody will ever read is given up.
    void write_out(std::string_view text) const noexcept {
        while (!text.empty()) {
            const ssize_t n = ::write(stderr_.get(), text.data(), text.size());
            if (n > 0) {
                text.remove_prefix(static_cast<size_t>(n));
            } else if (n < 0 && errno == EAGAIN) {  // others share it and may have made it so
                pollfd writable{stderr_.get(), POLLOUT, 0};
                ::poll(&writable, 1, -1);
            } else if (n == 0 || errno != EINTR) {
                return;
            }
        }
    }

    const pid_t owner_;
    wire::unique_fd pipe_, pipe_end_;  // pipe_end_ until it is 1 and 2
    wire::unique_fd stderr_;           // the true one
    wire::Bell flush_;                 // wakes the thread that reads

    // Of the thread that reads.
    std::array<char, kStderrLine> line_{};
    size_t line_size_ = 0;
    logging::WrappedLine wrapped_;

    std::mutex mutex_;
    std::condition_variable more_, room_;
    std::string queue_;
    size_t dropped_ = 0;  // since in_flight_ was taken from queue_

    // Of the thread that writes.
    std::string in_flight_;
    logging::Line remark_;
    const logging::Where nowhere_;

    std::atomic<uint64_t> requested_ = 0, flushed_ = 0;  // flushes
    std::atomic<uint64_t> queued_ = 0, written_ = 0;     // bytes
    std::atomic<uint64_t> flush_end_ = 0;                // of queued_
};
static_assert(std::atomic<uint64_t>::is_always_lock_free);

std::atomic<Relay*> relay = nullptr;  // never destroyed: its threads go on to the very end

}  // namespace

void relay_stderr() {
    struct stat st {};
    const bool is_needed =
        logging::format() == logging::Format::json || ::fstat(STDERR_FILENO, &st) != 0 || !S_ISREG(st.st_mode);
    if (relay != nullptr || !is_needed) return;
    Relay* const made = std::make_unique<Relay>().release();
    made->start();
    relay = made;
    std::atexit([] { relay.load()->stop(); });
}

bool flush_stderr() noexcept {
    Relay* const r = relay;
    return r == nullptr || r->flush();
}

}  // namespace server

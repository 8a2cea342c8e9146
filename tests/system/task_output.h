// SPDX-License-Identifier: MIT
//
// Kapacitor's reading side of a task: a thread that takes all that the function writes, pairs answers with
// questions, holds everything against what Kapacitor can bear and digests the data. Waits are bounded by
// kDeadline and end early where nothing will come any more: they are false where what was awaited is not there.
// Any thread may call what is not said to be for the end.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/kapacitor_rules.h"
#include "support/pipe.h"
#include "system/digest.h"
#include "system/udf_process.h"
#include "wire/decode.h"
#include "wire/frame.h"

class TaskOutput {
public:
    using Response = kapacitor::udf::Response;
    using Kind = Response::MessageCase;

    // `each` gets the points, on the reading thread.
    TaskOutput(wire::unique_fd from, Digest::EachPoint each) : from_(std::move(from)), digest_(std::move(each)) {
        reader_ = std::thread([this] { read_all(); });
    }
    TaskOutput(const TaskOutput&) = delete;
    TaskOutput& operator=(const TaskOutput&) = delete;
    ~TaskOutput() { close(); }

    // ---- Answers ----

    // The number that the answer to a question will have which is put next.
    size_t expect(Kind kind) {
        const std::lock_guard lock(mutex_);
        asked_.push_back(kind);
        return asked_.size() - 1;
    }
    bool wait_for_answer(size_t number) {
        return wait_until([&] { return answers_.size() > number; });
    }
    Response answer(size_t number) {
        const std::lock_guard lock(mutex_);
        return answers_.at(number);
    }
    bool all_is_answered() {
        const std::lock_guard lock(mutex_);
        return answers_.size() == asked_.size() && keepalives_.empty();
    }
    void expect_keepalive(int64_t time) {
        const std::lock_guard lock(mutex_);
        keepalives_.insert(time);
    }
    bool wait_for_keepalive(int64_t time) {
        return wait_until([&] { return keepalives_.count(time) == 0; });
    }
    // The text of the ErrorResponse, if there was one.
    std::string error() {
        const std::lock_guard lock(mutex_);
        return error_;
    }

    // ---- Data: a unit is a point of a stream, or a batch ----

    size_t units() const noexcept { return units_; }
    bool wait_for_units(size_t count) {
        return wait_until([&] { return units_ >= count; });
    }
    bool wait_for_end() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, kDeadline, [&] { return ended_; });
    }
    // At the end.
    const Digest& digest() const noexcept { return digest_; }

    // ---- Reading less, or no more ----

    // Returns once nothing is read any more.
    void pause() {
        std::unique_lock lock(mutex_);
        paused_ = true;
        wake_.put("!");
        changed_.wait(lock, [&] { return parked_ || ended_; });
    }
    void resume() {
        const std::lock_guard lock(mutex_);
        paused_ = false;
        changed_.notify_all();
    }
    // Pipes are not filled to the last byte: this much is what nobody reads.
    bool is_full() const {
        int unread = 0;
        const int size = ::fcntl(from_.get(), F_GETPIPE_SZ);
        return ::ioctl(from_.get(), FIONREAD, &unread) == 0 && unread > size / 2;
    }
    void close() {
        {
            const std::lock_guard lock(mutex_);
            if (!ended_) may_be_torn_ = true;
            closing_ = true;
        }
        changed_.notify_all();
        wake_.put("!");
        if (reader_.joinable()) reader_.join();
        from_.reset();
    }
    void allow_torn() {
        const std::lock_guard lock(mutex_);
        may_be_torn_ = true;
    }

    // What Kapacitor could not bear, or did not ask for; after close().
    std::string first_violation() {
        if (!wrong_.empty()) return wrong_;
        return may_be_torn_ ? std::string() : rules_.first_violation({});
    }

private:
    template <class Condition>
    bool wait_until(Condition&& condition) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, kDeadline, [&] { return ended_ || !error_.empty() || condition(); });
        return condition();
    }

    // ---- On the reading thread ----

    void read_all() {
        std::string bytes;
        while (wait_for_input()) {
            constexpr size_t kRead = 256u << 10;
            const size_t held = bytes.size();
            bytes.resize(held + kRead);
            const ssize_t n = ::read(from_.get(), bytes.data() + held, kRead);
            bytes.resize(held + static_cast<size_t>(std::max<ssize_t>(n, 0)));
            if (n == 0 || (n < 0 && errno != EINTR)) break;
            take_frames(bytes);
            { const std::lock_guard units_are_seen(mutex_); }
            changed_.notify_all();
        }
        const std::lock_guard lock(mutex_);
        ended_ = true;
        if (!may_be_torn_ && !bytes.empty()) wrong("the output ends inside a frame");
        changed_.notify_all();
    }

    // False where nothing is to be read any more.
    bool wait_for_input() {
        for (;;) {
            pollfd both[] = {{from_.get(), POLLIN, 0}, {wake_.read.get(), POLLIN, 0}};
            ::poll(both, 2, -1);
            if (both[1].revents == 0) return true;
            wake_.get();
            std::unique_lock lock(mutex_);
            parked_ = paused_;
            changed_.notify_all();
            changed_.wait(lock, [&] { return !paused_ || closing_; });
            parked_ = false;
            if (closing_) return false;
        }
    }

    void take_frames(std::string& bytes) {
        std::string_view rest = bytes;
        for (;;) {
            const wire::Split split = wire::split_frame(rest);
            if (split.status == wire::Split::partial) break;
            if (split.status != wire::Split::whole) {
                wrong(wire::describe(split));
                break;
            }
            rules_.frame(split.body);
            try {
                take(split.body);
            } catch (const std::exception& e) {
                wrong(e.what());
            }
            rest.remove_prefix(split.frame.size());
        }
        bytes.erase(0, bytes.size() - rest.size());
    }

    void take(std::string_view body) {
        const wire::Message message = wire::open_message(body);
        if (message.kind >= wire::Kind::begin) {
            digest_.add(message);
            in_batch_ = message.kind == wire::Kind::begin || (in_batch_ && message.kind == wire::Kind::point);
            if (!in_batch_) ++units_;
            return;
        }
        Response response;
        if (!response.ParseFromArray(body.data(), static_cast<int>(body.size()))) return wrong("what is no response");
        const std::lock_guard lock(mutex_);
        switch (response.message_case()) {
            case Kind::kKeepalive:
                if (const auto found = keepalives_.find(response.keepalive().time()); found != keepalives_.end())
                    keepalives_.erase(found);  // others come unasked
                break;
            case Kind::kError:
                if (!error_.empty()) wrong("a second ErrorResponse: " + response.error().error());
                error_ = response.error().error();
                break;
            default:
                if (answers_.size() >= asked_.size() || asked_[answers_.size()] != response.message_case())
                    wrong("an answer to what was not asked: " + response.ShortDebugString());
                answers_.push_back(std::move(response));
        }
    }

    void wrong(const std::string& what) {
        if (wrong_.empty()) wrong_ = what;
    }

    wire::unique_fd from_;
    Digest digest_;
    support::KapacitorRules rules_;
    std::string wrong_;
    bool in_batch_ = false;
    std::atomic<size_t> units_{0};

    std::mutex mutex_;  // of what follows
    std::condition_variable changed_;
    std::vector<Kind> asked_;
    std::deque<Response> answers_;
    std::multiset<int64_t> keepalives_;  // not answered
    std::string error_;
    bool paused_ = false, parked_ = false, closing_ = false, ended_ = false, may_be_torn_ = false;

    support::Pipe wake_;
    std::thread reader_;
};

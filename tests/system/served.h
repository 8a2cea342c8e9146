// SPDX-License-Identifier: MIT
//
// A real `udf-host serve` over directories of its own, plugins to put there, and tasks on its sockets.
#pragma once

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "plugin/temporary_directory.h"
#include "system/counts.h"
#include "system/disturbance.h"
#include "system/prebuilt_load.h"
#include "system/process_table.h"
#include "system/socket_host.h"
#include "system/task_output.h"
#include "system/udf_process.h"

// The bytes of a plugin of the tests, with another name of the same length for that of its algorithm.
inline std::string renamed_plugin(const std::string& plugin, const std::string& from, const std::string& to) {
    std::ifstream file(TEST_PLUGINS "/" + plugin + ".so", std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), {}};
    REQUIRE(from.size() == to.size());
    for (size_t at = 0; (at = bytes.find(from, at)) != bytes.npos; at += to.size()) bytes.replace(at, to.size(), to);
    return bytes;
}

class ServeHost {
    const TemporaryDirectory directory_;

public:
    const std::filesystem::path plugins = directory_.path() / "plugins", sockets = directory_.path() / "sockets";

    ServeHost() { std::filesystem::create_directory(plugins); }

    void start(const Arguments& more = {}) {
        Arguments arguments{"serve", "--plugins-dir", plugins, "--socket-dir", sockets, "--poll-interval", "0.2"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        process_.emplace(arguments);
        REQUIRE_MESSAGE(says("serving algorithms="), process_->errors());
    }
    UdfProcess& process() { return *process_; }

    std::filesystem::path socket(const std::string& algorithm) const { return sockets / (algorithm + ".sock"); }
    bool listens(const std::string& algorithm) const { return static_cast<bool>(try_to_connect(socket(algorithm))); }

    // As a package manager does: by a rename.
    void put(const std::string& name, const std::string& bytes) const {
        std::ofstream(plugins / "next", std::ios::binary) << bytes;
        std::filesystem::rename(plugins / "next", plugins / name);
    }
    void put_file(const std::string& name, const std::string& plugin) const {
        std::filesystem::copy_file(TEST_PLUGINS "/" + plugin + ".so", plugins / "next");
        std::filesystem::rename(plugins / "next", plugins / name);
    }

    // Within the deadline.
    bool says(const std::string& text, size_t times = 1) {
        return eventually([&] { return times_said(text) >= times || process_->has_exited(); }) &&
               times_said(text) >= times;
    }
    size_t times_said(const std::string& text) {
        const std::string all = process_->errors();
        size_t count = 0;
        for (size_t at = 0; (at = all.find(text, at)) != all.npos; at += text.size()) ++count;
        return count;
    }

private:
    std::optional<UdfProcess> process_;
};

// A task on one of the sockets. The destructor ends its connection.
class ServedTask {
public:
    explicit ServedTask(const std::filesystem::path& path, Digest::EachPoint each = {})
        : socket_(try_to_connect(path)),
          output_(wire::unique_fd(::fcntl(socket_.get(), F_DUPFD_CLOEXEC, 3)), std::move(each)) {
        REQUIRE_MESSAGE(socket_, path.native());
        ::fcntl(socket_.get(), F_SETFL, ::fcntl(socket_.get(), F_GETFL) | O_NONBLOCK);
    }

    // The error of the InitResponse, or of an ErrorResponse in its place; empty where all is well.
    std::string init(const std::vector<pb::Option>& options = {}) {
        pb::Request request;
        request.mutable_init()->mutable_options()->Assign(options.begin(), options.end());
        request.mutable_init()->set_taskid("cpu_alert");
        request.mutable_init()->set_nodeid("node3");
        const size_t number = output_.expect(pb::Response::kInit);
        std::string frame;
        wire::append_frame(frame, request);
        feed(frame);
        if (!output_.wait_for_answer(number)) return output_.error().empty() ? "no answer" : output_.error();
        const pb::Response answer = output_.answer(number);
        return answer.init().success() ? "" : answer.init().error();
    }
    bool feed(std::string_view frames) {
        const auto until = std::chrono::steady_clock::now() + kDeadline;
        while (!frames.empty() && std::chrono::steady_clock::now() < until) {
            const ssize_t n = ::send(socket_.get(), frames.data(), frames.size(), MSG_NOSIGNAL);
            if (n > 0) frames.remove_prefix(static_cast<size_t>(n));
            if (n < 0 && errno != EAGAIN) return false;
            if (n > 0) continue;
            pollfd writable{socket_.get(), POLLOUT, 0};
            ::poll(&writable, 1, 10);  // ms
        }
        return frames.empty();
    }
    size_t units() const noexcept { return output_.units(); }
    bool wait_for_units(size_t count) { return output_.wait_for_units(count); }
    // True where the output ended as it should.
    bool finish() {
        ::shutdown(socket_.get(), SHUT_WR);
        return output_.wait_for_end() && output_.error().empty();
    }
    std::string error() { return output_.error(); }
    std::string violation() { return output_.first_violation(); }

private:
    wire::unique_fd socket_;
    TaskOutput output_;
};

// A task of `counter`, under load until it is finished: every point that goes in must come out, counted.
class CountedTask {
public:
    CountedTask(const std::filesystem::path& path, const PrebuiltLoad& load)
        : task_(path,
                [this](const udf::Point& p) {
                    counts_.see(p);
                    version_ = p.field<int64_t>("version").value_or(-1);
                }),
          init_(task_.init()),
          feeding_([this, &load] { feed(load); }) {}
    CountedTask(const CountedTask&) = delete;
    CountedTask& operator=(const CountedTask&) = delete;
    ~CountedTask() { stopped_ = true; }

    const std::string& init() const noexcept { return init_; }
    // Of the last point that came out.
    int64_t version() const noexcept { return version_; }
    // Ends it: what was wrong with it, or nothing.
    std::string finish() {
        stopped_ = true;
        feeding_.join();
        if (!task_.finish()) return "it did not end well: " + task_.error();
        if (!counts_.wrong().empty()) return counts_.wrong();
        if (counts_.total() != fed_) return std::to_string(counts_.total()) + " of " + std::to_string(fed_) + " points";
        return task_.violation();
    }

private:
    void feed(const PrebuiltLoad& load) {
        constexpr size_t kTogether = 20, kMostAhead = 200;  // points
        for (size_t at = 0; !stopped_ && init_.empty(); at = (at + kTogether) % load.units()) {
            while (fed_ > task_.units() + kMostAhead && !stopped_)
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            const size_t end = std::min(at + kTogether, load.units());
            if (!task_.feed(load.of(at, end))) return;
            fed_ += end - at;
        }
    }

    Counts counts_;
    std::atomic<int64_t> version_{0};
    std::atomic<bool> stopped_{false};
    size_t fed_ = 0;
    ServedTask task_;
    const std::string init_;
    Helper feeding_;
};

// SPDX-License-Identifier: MIT
//
// A function at the other end of a socket, on a thread of its own: blocking, and as simple as the
// simplest agents are, so that a session has to cope.
#pragma once

#include <sys/socket.h>
#include <udf.pb.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "wire/channel.h"
#include "wire/frame.h"
#include "wire/unique_fd.h"

namespace client {

namespace pb = kapacitor::udf;

class FakeFunction {
public:
    // Reads and writes for the function; used on its thread.
    class Peer {
    public:
        explicit Peer(wire::unique_fd fd) : fd_(std::move(fd)) {}

        // Nothing at the end of the input.
        std::optional<pb::Request> read() {
            for (;;) {
                const wire::Split split = wire::split_frame(unread_);
                if (split.status == wire::Split::whole) {
                    pb::Request request;
                    if (!request.ParseFromArray(split.body.data(), static_cast<int>(split.body.size()))) std::abort();
                    unread_.erase(0, split.frame.size());
                    return request;
                }
                char bytes[4096];
                const ssize_t n = ::read(fd_.get(), bytes, sizeof bytes);
                if (n <= 0) return std::nullopt;
                unread_.append(bytes, static_cast<size_t>(n));
            }
        }
        void write(const pb::Response& response) {
            std::string frame;
            wire::append_frame(frame, response);
            write_bytes(frame);
        }
        void write_bytes(std::string_view bytes) {
            while (!bytes.empty()) {
                const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
                if (n <= 0) return;
                bytes.remove_prefix(static_cast<size_t>(n));
            }
        }
        void fail(const std::string& text) {
            pb::Response response;
            response.mutable_error()->set_error(text);
            write(response);
        }

    private:
        wire::unique_fd fd_;
        std::string unread_;
    };

    explicit FakeFunction(std::function<void(Peer&)> behaviour) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw std::runtime_error("no sockets");
        channel_ = std::make_unique<wire::FdChannel>(wire::unique_fd(ends[0]));
        thread_ = std::jthread([fd = ends[1], behaviour = std::move(behaviour)] {
            Peer peer{wire::unique_fd(fd)};
            behaviour(peer);
        });
    }
    ~FakeFunction() { channel_.reset(); }  // before the thread is waited for: it sees the end

    wire::Channel& channel() { return *channel_; }

private:
    std::jthread thread_;
    std::unique_ptr<wire::FdChannel> channel_;
};

// Answers each request, and each data message with itself.
inline void mirror(FakeFunction::Peer& peer) {
    while (const auto request = peer.read()) {
        pb::Response response;
        switch (request->message_case()) {
            case pb::Request::kInfo:
                response.mutable_info()->set_wants(pb::BATCH);
                break;
            case pb::Request::kInit:
                response.mutable_init()->set_success(true);
                break;
            case pb::Request::kKeepalive:
                response.mutable_keepalive()->set_time(request->keepalive().time());
                break;
            case pb::Request::kSnapshot:
                response.mutable_snapshot()->set_snapshot("state");
                break;
            case pb::Request::kRestore:
                response.mutable_restore()->set_success(true);
                break;
            case pb::Request::kBegin:
                *response.mutable_begin() = request->begin();
                break;
            case pb::Request::kPoint:
                *response.mutable_point() = request->point();
                break;
            case pb::Request::kEnd:
                *response.mutable_end() = request->end();
                break;
            default:
                break;
        }
        peer.write(response);
    }
}

}  // namespace client

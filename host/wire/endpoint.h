// SPDX-License-Identifier: MIT
//
// Where a connection goes to, or comes from: a unix socket or a TCP port. Written as
//
//     unix:PATH         tcp:HOST:PORT         tcp:[IPV6]:PORT         tcp::PORT
//
// where the last is loopback, 127.0.0.1: without an address nobody else's machine is meant. Port 0,
// for listening, is any that is free. From any thread.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "wire/unique_fd.h"

namespace wire {

struct Endpoint {
    std::filesystem::path path = {};  // of a unix socket
    std::string host = {};            // of TCP, without brackets; empty for a unix socket
    uint16_t port = 0;

    bool is_tcp() const noexcept { return !host.empty(); }
    bool operator==(const Endpoint&) const = default;
};

// Throws std::invalid_argument, which says how an endpoint is written.
Endpoint parse_endpoint(std::string_view text);
// What parse_endpoint makes the same endpoint of.
std::string to_string(const Endpoint& endpoint);

// Connects to each address that the host has, until one answers: all of them within the limit, to
// which only the time to look up the host's name adds. The socket blocks and is closed on exec.
// Throws std::runtime_error, which names the endpoint, the reason and what to do.
unique_fd dial(const Endpoint& endpoint, std::chrono::milliseconds limit);

// For whoever listens. The addresses of an endpoint, at least one; throws std::runtime_error with
// the reason alone.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;

    const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};
std::vector<SocketAddress> addresses_of(const Endpoint& endpoint);

// What each of our TCP sockets has: nothing waits to be sent in larger pieces, and a machine that
// has vanished is noticed within 30 s of silence. Accepted sockets have it from their listener.
//
// Not TCP_USER_TIMEOUT, which would notice that sooner where bytes are on their way, when now it
// takes the kernel's 15 minutes: it also cuts off a machine that is well and does not read for so
// long, as one whose algorithm is busy.
void set_tcp_options(int socket) noexcept;

}  // namespace wire

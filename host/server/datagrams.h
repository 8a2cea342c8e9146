// SPDX-License-Identifier: MIT
//
// Datagrams to a receiver that may be there or not, such as Telegraf. Written as
//
//     unixgram:PATH     udp:HOST:PORT     udp:[IPV6]:PORT
//
// The socket is made when something is sent, and again after an error. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "wire/endpoint.h"
#include "wire/unique_fd.h"

namespace server {

struct Destination {
    std::filesystem::path path = {};  // of a unix socket
    std::string host = {};            // of UDP, without brackets; empty for a unix socket
    uint16_t port = 0;

    bool is_udp() const noexcept { return !host.empty(); }
    bool operator==(const Destination&) const = default;
};

// Throws std::invalid_argument, which says how a destination is written.
Destination parse_destination(std::string_view text);
std::string to_string(const Destination& destination);

class DatagramSender {
public:
    explicit DatagramSender(Destination to) : to_(std::move(to)) {}

    // Sends them all without waiting for anybody, but for the host's name to be looked up where it is none that is an
    // address. What keeps them from arriving, as far as this end can tell; empty where nothing does. With UDP that a
    // receiver is not there shows only at the next call, which then says so and sends all the same.
    std::string send(const std::vector<std::string>& datagrams);

private:
    std::string open();

    const Destination to_;
    wire::unique_fd socket_;
};

}  // namespace server

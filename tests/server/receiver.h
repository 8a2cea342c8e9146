// SPDX-License-Identifier: MIT
//
// Telegraf's socket_listener as far as udf-host can tell: a datagram socket, and what came in.
#pragma once

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>
#include <string>

#include "wire/unique_fd.h"

class Receiver {
public:
    explicit Receiver(const std::filesystem::path& path) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.native().copy(address.sun_path, sizeof address.sun_path - 1);
        listen(reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
    // On a port of 127.0.0.1; 0 is one that is free.
    explicit Receiver(uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        listen(reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }

    uint16_t port() const {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
        return ntohs(address.sin_port);
    }

    // Waits for the next datagram; empty where none comes.
    std::string take(int milliseconds = 60'000) const {
        pollfd waiting{socket_.get(), POLLIN, 0};
        if (::poll(&waiting, 1, milliseconds) != 1) return {};
        std::string datagram(128 * 1024, '\0');
        const ssize_t size = ::recv(socket_.get(), datagram.data(), datagram.size(), 0);
        datagram.resize(size < 0 ? 0 : static_cast<size_t>(size));
        return datagram;
    }

private:
    void listen(const sockaddr* address, socklen_t size) {
        socket_.reset(::socket(address->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        REQUIRE(::bind(socket_.get(), address, size) == 0);
    }

    wire::unique_fd socket_;
};

// SPDX-License-Identifier: MIT
#include "server/datagrams.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace server {
namespace {

constexpr std::string_view kUnixgram = "unixgram:", kUdp = "udp:";

[[noreturn]] void refuse_destination(std::string_view text, std::string_view why) {
    throw std::invalid_argument(fmt::format("'{}' is no destination: {}", text, why));
}

std::string why_not_sent(int error) {
    if (error == EAGAIN) return "its queue is full; whoever receives there does not keep up";
    const std::string reason = std::system_category().message(error);
    const bool nobody = error == ENOENT || error == ECONNREFUSED;
    return nobody ? reason + "; start what receives there, or correct the address" : reason;
}

}  // namespace

Destination parse_destination(std::string_view text) {
    if (text.starts_with(kUdp)) {
        const std::string_view rest = text.substr(kUdp.size());
        if (rest.empty() || rest.rfind(':') == 0) refuse_destination(text, "it has no host; udp:HOST:PORT");
        wire::Endpoint endpoint;
        try {
            endpoint = wire::parse_endpoint(fmt::format("tcp:{}", rest));
        } catch (const std::invalid_argument&) {
            refuse_destination(
                text, "udp:HOST:PORT, with a port up to 65535, and an IPv6 address in brackets: udp:[::1]:8094");
        }
        if (endpoint.port == 0) refuse_destination(text, "nobody can be sent to on port 0");
        return {.host = endpoint.host, .port = endpoint.port};
    }
    if (!text.starts_with(kUnixgram)) refuse_destination(text, "unixgram:PATH or udp:HOST:PORT");
    if (text == kUnixgram) refuse_destination(text, "the path is empty; unixgram:PATH");
    Destination destination{.path = text.substr(kUnixgram.size())};
    try {
        wire::addresses_of({.path = destination.path});
    } catch (const std::runtime_error& e) {
        refuse_destination(text, e.what());
    }
    return destination;
}

std::string to_string(const Destination& destination) {
    if (!destination.is_udp()) return std::string(kUnixgram) + destination.path.native();
    const bool six = destination.host.find(':') != destination.host.npos;
    return fmt::format("{}{}{}{}:{}", kUdp, six ? "[" : "", destination.host, six ? "]" : "", destination.port);
}

std::string DatagramSender::open() {
    if (socket_) return {};
    const wire::Endpoint endpoint{.path = to_.path, .host = to_.host, .port = to_.port};
    int error = 0;
    try {
        for (const wire::SocketAddress& address : wire::addresses_of(endpoint)) {
            socket_.reset(::socket(address.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
            if (socket_ && ::connect(socket_.get(), address.get(), address.size) == 0) return {};
            error = errno;
            socket_.reset();
        }
    } catch (const std::runtime_error& e) {
        return e.what();
    }
    return why_not_sent(error);
}

std::string DatagramSender::send(const std::vector<std::string>& datagrams) {
    if (datagrams.empty()) return {};
    std::string problem = open();
    if (!problem.empty()) return problem;
    int pending = 0;  // what became of the last ones
    socklen_t size = sizeof pending;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &pending, &size);
    if (pending != 0) problem = why_not_sent(pending);
    for (const std::string& datagram : datagrams) {
        const auto sent = [&] {
            return ::send(socket_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
        };
        if (sent()) continue;
        const int error = errno;
        problem = why_not_sent(error);
        if (to_.is_udp() && error == ECONNREFUSED && sent()) continue;  // which was about an earlier one
        if (error == EAGAIN) break;                                     // the socket is good
        socket_.reset();
        break;
    }
    return problem;
}

}  // namespace server

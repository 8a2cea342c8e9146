// SPDX-License-Identifier: MIT
#include "wire/endpoint.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace wire {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::string_view kUnix = "unix:", kTcp = "tcp:", kLoopback = "127.0.0.1";

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
    throw std::invalid_argument(fmt::format("'{}' is no endpoint: {}", text, why));
}

std::optional<uint16_t> port_of(std::string_view text) {
    uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, port);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    return port;
}

Endpoint parse_tcp(std::string_view text) {
    const std::string_view rest = text.substr(kTcp.size());
    const size_t colon = rest.rfind(':');
    if (colon == rest.npos && port_of(rest))
        refuse(text, fmt::format("it has no host; tcp:HOST:{0}, or tcp::{0} for loopback", rest));
    if (colon == rest.npos || rest.ends_with(']')) refuse(text, "it has no port; tcp:HOST:PORT");
    const std::string_view port_text = rest.substr(colon + 1);
    const std::optional<uint16_t> port = port_of(port_text);
    if (!port) refuse(text, fmt::format("'{}' is no port, a number up to 65535", port_text));

    std::string_view host = rest.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
        if (host.find(':') == host.npos) refuse(text, "brackets are for an IPv6 address, such as tcp:[::1]:9999");
    } else if (host.find_first_of(":[]") != host.npos) {
        refuse(text, "an IPv6 address goes in brackets, such as tcp:[::1]:9999");
    }
    return {.host = std::string(host.empty() ? kLoopback : host), .port = *port};
}

SocketAddress unix_address(const std::filesystem::path& path) {
    SocketAddress address;
    auto& un = reinterpret_cast<sockaddr_un&>(address.storage);
    const std::string& name = path.native();
    if (name.empty()) throw std::runtime_error("the path is empty");
    if (name.size() >= sizeof un.sun_path)
        throw std::runtime_error(
            fmt::format("the path has {} bytes, a socket takes {}", name.size(), sizeof un.sun_path - 1));
    un.sun_family = AF_UNIX;
    std::memcpy(un.sun_path, name.data(), name.size());
    address.size = sizeof un;
    return address;
}

std::string reason_of(int error) { return std::system_category().message(error); }

std::string why_not(int error) {
    std::string reason = reason_of(error);
    switch (error) {
        case ECONNREFUSED:
        case ENOENT:
            return reason + "; start what listens there, or correct the address";
        case EACCES:
            return reason + "; this user needs the right to write to it";
        default:
            return reason;
    }
}

// A port that nobody listens on may be the one that the kernel gives to our own end: TCP then connects
// that end to itself, once in some thousand tries, and whoever wants to listen there finds it taken.
bool is_its_own_peer(int socket) {
    SocketAddress near, far;
    near.size = far.size = sizeof near.storage;
    return ::getsockname(socket, reinterpret_cast<sockaddr*>(&near.storage), &near.size) == 0 &&
           ::getpeername(socket, reinterpret_cast<sockaddr*>(&far.storage), &far.size) == 0 && near.size == far.size &&
           std::memcmp(&near.storage, &far.storage, near.size) == 0;
}

// 0, or the reason.
int connect_within(int socket, const SocketAddress& address, milliseconds limit) {
    const auto set_limit = [socket](milliseconds ms) {
        const timeval time{.tv_sec = ms.count() / 1000, .tv_usec = ms.count() % 1000 * 1000};
        ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
    };
    set_limit(std::max(limit, milliseconds(1)));  // 0 would be for ever
    int result = 0;
    do result = ::connect(socket, address.get(), address.size);
    while (result != 0 && errno == EINTR);
    if (result != 0) return errno == EINPROGRESS || errno == EAGAIN ? ETIMEDOUT : errno;
    if (address.storage.ss_family != AF_UNIX && is_its_own_peer(socket)) return ECONNREFUSED;
    set_limit(milliseconds(0));
    return 0;
}

}  // namespace

Endpoint parse_endpoint(std::string_view text) {
    if (text.starts_with(kTcp)) return parse_tcp(text);
    if (!text.starts_with(kUnix)) refuse(text, "unix:PATH or tcp:HOST:PORT");
    if (text == kUnix) refuse(text, "the path is empty; unix:PATH");
    return {.path = text.substr(kUnix.size())};
}

std::string to_string(const Endpoint& endpoint) {
    if (!endpoint.is_tcp()) return std::string(kUnix) + endpoint.path.native();
    if (endpoint.host.find(':') != endpoint.host.npos) return fmt::format("tcp:[{}]:{}", endpoint.host, endpoint.port);
    return fmt::format("tcp:{}:{}", endpoint.host, endpoint.port);
}

std::vector<SocketAddress> addresses_of(const Endpoint& endpoint) {
    if (!endpoint.is_tcp()) return {unix_address(endpoint.path)};
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    const int error = ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
    if (error != 0)
        throw std::runtime_error(fmt::format("the host '{}' is not known: {}; correct it, or give its address",
                                             endpoint.host,
                                             error == EAI_SYSTEM ? reason_of(errno) : ::gai_strerror(error)));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
    std::vector<SocketAddress> addresses;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        SocketAddress& address = addresses.emplace_back();
        std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
        address.size = each->ai_addrlen;
    }
    return addresses;
}

unique_fd dial(const Endpoint& endpoint, milliseconds limit) {
    std::string why;
    try {
        const std::vector<SocketAddress> addresses = addresses_of(endpoint);
        const auto until = Clock::now() + limit;
        for (size_t i = 0; i < addresses.size(); ++i) {
            unique_fd socket(::socket(addresses[i].storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
            const auto left = std::chrono::duration_cast<milliseconds>(until - Clock::now());
            const int error =
                socket ? connect_within(socket.get(), addresses[i], left / static_cast<int>(addresses.size() - i))
                       : errno;
            if (error == 0) {
                if (endpoint.is_tcp()) set_tcp_options(socket.get());
                return socket;
            }
            why = error == ETIMEDOUT
                      ? fmt::format("no answer within {} ms; is it overloaded, or cut off?", limit.count())
                      : why_not(error);
        }
    } catch (const std::runtime_error& e) {
        why = e.what();
    }
    throw std::runtime_error(fmt::format("cannot connect to {}: {}", to_string(endpoint), why));
}

void set_tcp_options(int socket) noexcept {
    const auto set = [socket](int level, int option, int value) {
        ::setsockopt(socket, level, option, &value, sizeof value);
    };
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 10);  // seconds
    set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
    set(IPPROTO_TCP, TCP_KEEPCNT, 4);
}

}  // namespace wire

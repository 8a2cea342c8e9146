// SPDX-License-Identifier: MIT
#include "prometheus/scrape_server.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace prometheus_module {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Error = boost::system::error_code;

constexpr size_t kMostConnections = 64;
constexpr size_t kMostOfRequest = size_t{16} * 1024;  // bytes; nobody has that much to ask
constexpr std::chrono::seconds kPatience{10};         // for a request, or an answer to be read
constexpr std::chrono::seconds kPauseOfErrors{1};     // as when there are no descriptors left

int own_copy(int fd) {
    const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) throw std::system_error(errno, std::system_category(), "keeping the listening socket");
    return copy;
}

bool is_ipv6(int fd) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    return ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0 && address.ss_family == AF_INET6;
}

// A connection: requests one after another. It lives for as long as something of it is awaited.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(tcp::socket socket, const MakeText& make_text, size_t& connections)
        : stream_(std::move(socket)), make_text_(make_text), connections_(connections) {
        ++connections_;
    }
    ~Connection() { --connections_; }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void read() {
        parser_.emplace();
        parser_->header_limit(kMostOfRequest);
        parser_->body_limit(kMostOfRequest);
        stream_.expires_after(kPatience);
        http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](const Error& error, size_t) {
            if (!error) self->answer(self->parser_->get());
        });
    }

private:
    void answer(const http::request<http::string_body>& request) {
        const std::string_view target(request.target().data(), request.target().size());
        const std::string_view path = target.substr(0, target.find('?'));
        response_ = {};
        response_.version(request.version());
        response_.keep_alive(request.keep_alive());
        response_.set(http::field::content_type, "text/plain; charset=utf-8");
        if (request.method() != http::verb::get && request.method() != http::verb::head) {
            response_.result(http::status::method_not_allowed);
            response_.set(http::field::allow, "GET, HEAD");
        } else if (path == "/metrics") {
            response_.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
            response_.body() = make_text_();
        } else {
            if (path != "/") response_.result(http::status::not_found);
            response_.body() = "udf-host " UDF_HOST_VERSION ": its metrics are at /metrics\n";
        }
        response_.prepare_payload();
        if (request.method() == http::verb::head) response_.body().clear();  // its length stays
        stream_.expires_after(kPatience);
        http::async_write(stream_, response_, [self = shared_from_this()](const Error& error, size_t) {
            if (error) return;
            if (self->response_.keep_alive()) return self->read();
            Error ignored;
            self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
        });
    }

    beast::tcp_stream stream_;
    const MakeText& make_text_;
    size_t& connections_;
    beast::flat_buffer buffer_{kMostOfRequest};
    std::optional<http::request_parser<http::string_body>> parser_;
    http::response<http::string_body> response_;
};

}  // namespace

ScrapeServer::ScrapeServer(int listening, MakeText make_text)
    : make_text_(std::move(make_text)), listening_(io_, own_copy(listening)), pause_(io_) {
    await_connections();
    thread_ = std::thread([this] {
        while (!io_.stopped()) try {
                io_.run();
            } catch (const std::exception&) {  // of one connection, which ends with it
            }
    });
}

ScrapeServer::~ScrapeServer() {
    io_.stop();
    thread_.join();
}

void ScrapeServer::await_connections() {
    listening_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const Error& error) {
        if (!error) accept_all();
    });
}

void ScrapeServer::accept_all() {
    for (;;) {
        const int fd = ::accept4(listening_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
        if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return await_connections();
        if (fd < 0) {
            pause_.expires_after(kPauseOfErrors);
            return pause_.async_wait([this](const Error& error) {
                if (!error) await_connections();
            });
        }
        tcp::socket socket(io_, is_ipv6(fd) ? tcp::v6() : tcp::v4(), fd);
        if (connections_ < kMostConnections)
            std::make_shared<Connection>(std::move(socket), make_text_, connections_)->read();
    }
}

}  // namespace prometheus_module

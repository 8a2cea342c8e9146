// SPDX-License-Identifier: MIT
//
// The little of HTTP that Prometheus needs, over a socket that is listened on: GET /metrics is answered with a text
// that is made for each. Who connects and says nothing, or asks and does not read, is left after some seconds and keeps
// nobody else waiting. All on one thread of its own.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>

namespace prometheus_module {

using MakeText = std::function<std::string()>;

class ScrapeServer {
public:
    // `listening` stays the caller's, and open for as long as this lives. Throws std::exception.
    ScrapeServer(int listening, MakeText make_text);
    ~ScrapeServer();  // at once, but for a text that is being made
    ScrapeServer(const ScrapeServer&) = delete;
    ScrapeServer& operator=(const ScrapeServer&) = delete;

private:
    void await_connections();
    void accept_all();

    const MakeText make_text_;
    size_t connections_ = 0;
    boost::asio::io_context io_{1};
    boost::asio::posix::stream_descriptor listening_;
    boost::asio::steady_timer pause_;  // after an error that would come again at once
    std::thread thread_;
};

}  // namespace prometheus_module

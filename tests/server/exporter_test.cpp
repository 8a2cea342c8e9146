// SPDX-License-Identifier: MIT
//
// The module for Prometheus, where there is one, as serve loads it.
#include "server/exporter.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "plugin/contains.h"
#include "support/pipe.h"
#include "wire/endpoint.h"

using metrics::Family;
using server::PrometheusExporter;

namespace {

constexpr std::chrono::milliseconds kScrapePatience{60'000};
const wire::Endpoint kAnyPort{.host = "127.0.0.1"};

std::vector<Family> two_families() {
    metrics::Histogram histogram;
    histogram.counts[1] = 2;
    histogram.counts.back() = 1;
    histogram.nanoseconds = 500;
    return {{"a_total", "A.", Family::Type::counter, {{{{"task", "a \"b\"\n\\"}}, 1e15, {}}}},
            {"b_seconds", "B.", Family::Type::histogram, {{{}, 0, histogram}}}};
}

std::string exporter_problem(const std::filesystem::path& module, const wire::Endpoint& at = kAnyPort) {
    try {
        const PrometheusExporter exporter(module, at, two_families);
    } catch (const std::runtime_error& e) {
        return e.what();
    }
    return "";
}

std::string address_problem(const std::string& text) {
    try {
        server::parse_metrics_address(text);
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return "";
}

class Scraper {
public:
    explicit Scraper(const PrometheusExporter& exporter)
        : socket_(wire::dial(server::parse_metrics_address(exporter.address()), kScrapePatience)) {}
    void say(const std::string& text) const {
        REQUIRE(::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
    }
    std::string rest() const { return support::read_all(socket_.get()); }  // to the end of the connection

private:
    wire::unique_fd socket_;
};

std::string ask(const PrometheusExporter& exporter, const std::string& what) {
    const Scraper client(exporter);
    client.say(what + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    return client.rest();
}

// Null where the module was not built, which it says.
std::unique_ptr<PrometheusExporter> exporter(const metrics::Collect& collect = two_families,
                                             const wire::Endpoint& at = kAnyPort) {
    if (std::string(EXPORTER_MODULE).empty()) {
        MESSAGE("left out: there was no prometheus-cpp to build the module with");
        return nullptr;
    }
    return std::make_unique<PrometheusExporter>(EXPORTER_MODULE, at, collect);
}

}  // namespace

TEST_CASE("addresses for Prometheus are read as they are written, and what is none is refused with how") {
    CHECK(server::parse_metrics_address("127.0.0.1:9464") == wire::Endpoint{.host = "127.0.0.1", .port = 9464});
    CHECK(server::parse_metrics_address("[::1]:0") == wire::Endpoint{.host = "::1", .port = 0});
    for (const char* text : {"", "9464", ":9464", "::1:9464", "h:", "h:99999", "h:1x"})
        CHECK(address_problem(text) == Contains("HOST:PORT, such as 127.0.0.1:9464"));
}

TEST_CASE("a scrape gets all families as text") {
    const auto served = exporter();
    if (!served) return;
    const std::string answer = ask(*served, "GET /metrics");
    CHECK(answer == Contains("HTTP/1.1 200 OK\r\n"));
    CHECK(answer == Contains("Content-Type: text/plain; version=0.0.4"));
    CHECK(answer == Contains("# HELP a_total A.\n# TYPE a_total counter\n"));
    CHECK(answer == Contains("a_total{task=\"a \\\"b\\\"\\n\\\\\"} 1000000000000000\n"));
    CHECK(answer == Contains("b_seconds_count 3\n"));
    CHECK(answer == Contains("b_seconds_sum 5e-07\n"));
    CHECK(answer == Contains("b_seconds_bucket{le=\"1e-06\"} 0\n"));
    CHECK(answer == Contains("b_seconds_bucket{le=\"2e-06\"} 2\n"));
    CHECK(answer == Contains("b_seconds_bucket{le=\"33.554432\"} 2\n"));
    CHECK(answer == Contains("b_seconds_bucket{le=\"+Inf\"} 3\n"));
}

TEST_CASE("every scrape asks anew, also on one connection") {
    std::atomic<int> scrapes = 0;
    const auto served = exporter([&] {
        return std::vector<Family>{{"n", "N.", Family::Type::gauge, {{{}, static_cast<double>(++scrapes), {}}}}};
    });
    if (!served) return;
    const Scraper client(*served);
    client.say(
        "GET /metrics?x=1 HTTP/1.1\r\nHost: h\r\n\r\nGET /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const std::string answers = client.rest();
    CHECK(answers == Contains("\nn 1\n"));
    CHECK(answers == Contains("\nn 2\n"));
}

TEST_CASE("whatever else is asked for is answered as HTTP has it") {
    const auto served = exporter();
    if (!served) return;
    CHECK(ask(*served, "GET /") == Contains("at /metrics\n"));
    CHECK(ask(*served, "GET /other") == Contains("404 Not Found"));
    CHECK(ask(*served, "POST /metrics") == Contains("405 Method Not Allowed"));
    const std::string head = ask(*served, "HEAD /metrics");
    CHECK(head == Contains("200 OK"));
    CHECK(head.ends_with("\r\n\r\n"));
}

TEST_CASE("who says nothing, or nonsense, or goes, keeps nobody waiting") {
    const auto served = exporter();
    if (!served) return;
    std::vector<std::unique_ptr<Scraper>> silent;
    for (int i = 0; i < 20; ++i) silent.push_back(std::make_unique<Scraper>(*served));
    silent.back()->say("GET /metr");
    Scraper(*served).say("GET /metrics HTTP/1.1\r\n\r\n");
    const Scraper nonsense(*served);
    nonsense.say(std::string(1000, '\0'));
    CHECK(nonsense.rest().empty());
    CHECK(ask(*served, "GET /metrics") == Contains("200 OK"));
}

TEST_CASE("no more connections are held than a scraper could need") {
    const auto served = exporter();
    if (!served) return;
    std::vector<std::unique_ptr<Scraper>> silent;
    for (int i = 0; i < 64; ++i) silent.push_back(std::make_unique<Scraper>(*served));
    const Scraper one_more(*served);
    CHECK(one_more.rest().empty());
    silent.clear();
    while (!ask(*served, "GET /metrics").starts_with("HTTP/1.1 200")) {
    }
}

TEST_CASE("an exporter ends at once, whoever is connected, and its port is free then") {
    auto served = exporter();
    if (!served) return;
    const wire::Endpoint there = server::parse_metrics_address(served->address());
    const Scraper client(*served);
    const auto began = std::chrono::steady_clock::now();
    served.reset();
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(1));
    CHECK(client.rest().empty());
    CHECK(exporter(two_families, there));
}

TEST_CASE("IPv6 is served where the machine has it") {
    const wire::unique_fd any(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto loopback = wire::addresses_of({.host = "::1"});
    if (!any || ::bind(any.get(), loopback[0].get(), loopback[0].size) != 0) {
        MESSAGE("left out: no IPv6 here");
        return;
    }
    const auto served = exporter(two_families, {.host = "::1"});
    if (!served) return;
    CHECK(served->address().starts_with("[::1]:"));
    CHECK(ask(*served, "GET /metrics") == Contains("a_total"));
}

TEST_CASE("a port that is taken is told, with what to do") {
    const auto served = exporter();
    if (!served) return;
    const std::string problem = exporter_problem(EXPORTER_MODULE, server::parse_metrics_address(served->address()));
    CHECK(problem == Contains("(--metrics)"));
    CHECK(problem == Contains(served->address()));
    CHECK(problem == Contains("another process is listening there; stop it or choose another port"));
}

TEST_CASE("an address of another machine, and a name that nobody knows, are told") {
    CHECK(exporter_problem(EXPORTER_MODULE, {.host = "203.0.113.1", .port = 9464}) ==
          Contains("this machine has no such address"));
    CHECK(exporter_problem(EXPORTER_MODULE, {.host = "nobody.invalid", .port = 9464}) ==
          Contains("the host 'nobody.invalid' is not known"));
}

TEST_CASE("a module that is missing, or none, is told with its path and what to do") {
    CHECK(exporter_problem("/nowhere/udf-host-prometheus.so") ==
          Contains("there is no /nowhere/udf-host-prometheus.so"));
    CHECK(exporter_problem("/proc/self/status") == Contains("/proc/self/status cannot be loaded: "));
    CHECK(exporter_problem(TEST_PLUGINS "/one_algorithm.so") ==
          Contains("one_algorithm.so is no module of udf-host's"));
}

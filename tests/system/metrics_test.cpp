// SPDX-License-Identifier: MIT
//
// What a real udf-host tells those who watch it, held against what was sent: Prometheus over HTTP, and Telegraf's
// receiver in datagrams.
#include <doctest/doctest.h>
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "client/line_protocol.h"
#include "plugin/contains.h"
#include "server/receiver.h"
#include "support/pipe.h"
#include "system/exposition.h"
#include "system/hostile_task.h"
#include "system/served.h"
#include "system/supervised_task.h"
#include "wire/endpoint.h"

namespace fs = std::filesystem;
using Labels = Exposition::Labels;

namespace {

constexpr size_t kPoints = 2'000;

const PrebuiltLoad& points() {
    static const PrebuiltLoad prebuilt = prebuilt_load({.units = kPoints});
    return prebuilt;
}

const Labels kCounter{{"algorithm", "counter"}, {"task", "cpu_alert"}, {"node", "node3"}};

Labels with(Labels labels, const char* name, const char* value) {
    labels.emplace(name, value);
    return labels;
}

// The bytes of the InitRequest of ServedTask and SupervisedTask.
size_t init_bytes() {
    pb::Request request;
    request.mutable_init()->set_taskid("cpu_alert");
    request.mutable_init()->set_nodeid("node3");
    std::string frame;
    wire::append_frame(frame, request);
    return frame.size();
}

bool has_exporter() {
    const bool built = !std::string_view(EXPORTER_MODULE).empty();
    if (!built) MESSAGE("left out: there was no prometheus-cpp to build the module with");
    return built;
}

class WatchedHost : public ServeHost {
public:
    explicit WatchedHost(const Arguments& more = {}) {
        put_file("counter.so", "counter_v1");
        Arguments arguments{"--metrics", "127.0.0.1:0"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        start(arguments);
        REQUIRE(eventually([&] { return listens("counter"); }));
        const std::string said = process().errors(), before = "Prometheus is answered url=http://";
        const size_t at = said.find(before);
        REQUIRE_MESSAGE(at != said.npos, said);
        const size_t begin = at + before.size();
        address_ = wire::parse_endpoint("tcp:" + said.substr(begin, said.find("/metrics\n", begin) - begin));
    }

    wire::unique_fd connect() const { return wire::dial(address_, std::chrono::milliseconds(60'000)); }
    std::string text() const {
        const wire::unique_fd socket = connect();
        const std::string request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        REQUIRE(::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) > 0);
        const std::string answer = read_all(socket.get());
        REQUIRE(answer.starts_with("HTTP/1.1 200 OK\r\n"));
        return answer.substr(answer.find("\r\n\r\n") + 4);
    }
    Exposition scrape() const { return Exposition(text()); }

private:
    wire::Endpoint address_;
};

// What came in datagrams: of each field of the tags and measurement the last.
class Told {
public:
    void take(const Receiver& receiver, int milliseconds = 0) {
        for (std::string datagram; !(datagram = receiver.take(milliseconds)).empty(); milliseconds = 0) {
            std::istringstream lines(datagram);
            for (std::string line; std::getline(lines, line);) {
                client::pb::Point point;
                const auto bad = client::parse_line(line, {}, point);
                REQUIRE_MESSAGE(!bad, line);
                const auto tag = [&](const char* name) {
                    return point.tags().contains(name) ? point.tags().at(name) : std::string();
                };
                const std::string of = point.name() + " " + tag("algorithm") + " " + tag("task") + " " + tag("node") +
                                       " " + tag("rule") + tag("cause") + " ";
                for (const auto& [name, value] : point.fieldsint()) fields_[of + name] = static_cast<double>(value);
                for (const auto& [name, value] : point.fieldsdouble()) fields_[of + name] = value;
            }
        }
    }
    double operator()(const std::string& field) const {
        const auto found = fields_.find(field);
        return found == fields_.end() ? -1 : found->second;
    }

private:
    std::map<std::string, double> fields_;
};

}  // namespace

TEST_CASE("what two tasks with the same labels sent and got is scraped as their sum, and stays when they have ended") {
    if (!has_exporter()) return;
    const WatchedHost host;
    {
        const Exposition before = host.scrape();
        CHECK(before("udf_host_build_info", {{"version", UDF_HOST_VERSION}}) == 1);
        CHECK(!before.has("udf_host_received_points_total", kCounter));
    }
    const size_t received = 2 * (points().bytes.size() + init_bytes());
    {
        ServedTask a(host.socket("counter")), b(host.socket("counter"));
        for (ServedTask* task : {&a, &b}) {
            REQUIRE(task->init() == "");
            REQUIRE(task->feed(points().bytes));
            REQUIRE(task->wait_for_units(kPoints));
        }
        const Exposition now = host.scrape();
        CHECK(now("udf_host_connections", {{"algorithm", "counter"}}) == 2);
        CHECK(now("udf_host_received_points_total", kCounter) == 2 * kPoints);
        CHECK(now("udf_host_received_batches_total", kCounter) == 0);
        CHECK(now("udf_host_received_bytes_total", kCounter) == received);
        CHECK(now("udf_host_sent_points_total", kCounter) == 2 * kPoints);
        CHECK(now("udf_host_sent_bytes_total", kCounter) > now("udf_host_received_bytes_total", kCounter));
        CHECK(now("udf_host_handler_call_duration_seconds_count", kCounter) > 0);
        CHECK(now("udf_host_handler_call_duration_seconds_sum", kCounter) > 0);
        CHECK(now("udf_host_worker_restarts_total", with(kCounter, "cause", "signal")) == 0);
        CHECK(now("udf_host_guard_mended_total", with(kCounter, "rule", "utf8")) == 0);
        CHECK(a.finish());
        CHECK(b.finish());
    }
    REQUIRE(eventually([&] { return host.scrape()("udf_host_connections", {{"algorithm", "counter"}}) == 0; }));
    const Exposition after = host.scrape();
    CHECK(after("udf_host_received_points_total", kCounter) == 2 * kPoints);
    CHECK(after("udf_host_received_bytes_total", kCounter) == received);
    CHECK(after("udf_host_journal_bytes", kCounter) == 0);
    CHECK(!after.has("udf_host_checkpoint_bytes", kCounter));
}

TEST_CASE("a worker that is killed is a restart by a signal, and what it counted is not lost") {
    if (!has_exporter()) return;
    WatchedHost host({"--checkpoint-interval", "0.05"});
    ServedTask task(host.socket("counter"));
    REQUIRE(task.init() == "");
    REQUIRE(task.feed(points().bytes));
    REQUIRE(task.wait_for_units(kPoints));
    CHECK(eventually([&] { return host.scrape().has("udf_host_checkpoint_bytes", kCounter); }));
    std::vector<pid_t> workers;  // the process that asked the plugin what it offers may be ending still
    REQUIRE(eventually([&] { return (workers = process_table::children(host.process().pid())).size() == 1; }));
    const double calls = host.scrape()("udf_host_handler_call_duration_seconds_count", kCounter);
    ::kill(workers[0], SIGKILL);
    REQUIRE(task.feed(points().bytes));
    REQUIRE(task.wait_for_units(2 * kPoints));
    const Exposition now = host.scrape();
    CHECK(now("udf_host_worker_restarts_total", with(kCounter, "cause", "signal")) == 1);
    CHECK(now("udf_host_received_points_total", kCounter) == 2 * kPoints);
    CHECK(now("udf_host_sent_points_total", kCounter) == 2 * kPoints);
    CHECK(now("udf_host_handler_call_duration_seconds_count", kCounter) > calls);
    CHECK(task.finish());
}

TEST_CASE("what the guard mends is told by rule") {
    if (!has_exporter()) return;
    const WatchedHost host;
    fs::copy_file(HOSTILE_PLUGINS "/output.so", host.plugins / "output.so");
    REQUIRE(eventually([&] { return host.listens("not_finite"); }));
    ServedTask task(host.socket("not_finite"));
    REQUIRE(task.init() == "");
    REQUIRE(task.feed(points().of(0, 10)));
    CHECK(task.finish());
    const Labels labels{{"algorithm", "not_finite"}, {"task", "cpu_alert"}, {"node", "node3"}};
    CHECK(eventually(
        [&] { return host.scrape()("udf_host_guard_mended_total", with(labels, "rule", "non-finite")) >= 10; }));
}

TEST_CASE("Prometheus' own tool has nothing against the text") {
    if (!has_exporter()) return;
    if (std::string_view(PROMTOOL).empty()) {
        MESSAGE("left out: there is no promtool");
        return;
    }
    const WatchedHost host;
    ServedTask task(host.socket("counter"));
    REQUIRE(task.init() == "");
    REQUIRE(task.feed(points().of(0, 10)));
    REQUIRE(task.wait_for_units(10));
    const TemporaryDirectory directory;
    const fs::path file = directory / "text", said = directory / "said";
    std::ofstream(file) << host.text();
    const std::string command = PROMTOOL " check metrics <" + file.string() + " >" + said.string() + " 2>&1";
    CHECK_MESSAGE(std::system(command.c_str()) == 0, process_table::text_of(said));
    CHECK(process_table::text_of(said) == "");
}

TEST_CASE("tasks go on while somebody scrapes without end, and others connect and say nothing") {
    if (!has_exporter()) return;
    const WatchedHost host;
    std::vector<wire::unique_fd> silent;
    for (int i = 0; i < 20; ++i) silent.push_back(host.connect());
    std::atomic<bool> ended = false;
    std::thread scraping([&] {
        while (!ended) host.text();
    });
    CountedTask task(host.socket("counter"), points());
    CHECK(task.init() == "");
    CHECK(eventually([&] { return host.scrape()("udf_host_sent_points_total", kCounter) > 10'000; }));
    CHECK(task.finish() == "");
    ended = true;
    scraping.join();
}

TEST_CASE("serve does not start without the metrics that it was told to give") {
    const TemporaryDirectory directory;
    const auto serve_with = [&](const std::string& address) {
        return run_udf_host(
            {"serve", "--plugins-dir", directory.path(), "--socket-dir", directory / "s", "--metrics", address});
    };
    const wire::unique_fd taken(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(taken.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(taken.get(), 1) == 0);
    REQUIRE(::getsockname(taken.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    const Ended at_taken = serve_with("127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
    CHECK(at_taken.status == 1);
    CHECK_MESSAGE(is_one_error_line(at_taken), at_taken.errors);
    CHECK(at_taken.errors == Contains("another process is listening there"));
    const Ended elsewhere = serve_with("203.0.113.1:9464");
    CHECK(elsewhere.status == 1);
    CHECK_MESSAGE(is_one_error_line(elsewhere), elsewhere.errors);
    const Ended malformed = serve_with("9464");
    CHECK(malformed.status == 2);
    CHECK_MESSAGE(is_one_error_line(malformed), malformed.errors);
}

TEST_CASE("a change of metrics in the configuration is said to need a restart") {
    ServeHost host;
    const fs::path config = host.plugins.parent_path() / "config.toml";
    std::ofstream(config) << "metrics-interval = 5\n";
    host.start({"--config", config});
    std::ofstream(config) << "metrics-interval = 6\n";
    host.process().signal(SIGHUP);
    CHECK(host.says("what it says of metrics counts from the next start on"));
}

// ---- In datagrams ----

TEST_CASE("a task on stdin and stdout sends its counts while it runs, and the last ones when it has ended") {
    const TemporaryDirectory directory;
    const Receiver receiver(directory / "telegraf.sock");
    const std::string isolation = each_isolation();
    SupervisedTask task({"--plugin", TEST_PLUGINS "/counter_v1.so", "--isolation", isolation, "--metrics-to",
                         "unixgram:" + (directory / "telegraf.sock").string(), "--metrics-interval", "0.1"});
    task.init();
    task.feed(points().of(0, kPoints / 2));
    task.wait_for_units(kPoints / 2);
    Told told;
    const std::string of = "udf_host counter cpu_alert node3  ";
    CHECK(eventually([&] {
        told.take(receiver, 100);
        return told(of + "sent_points_total") == kPoints / 2;
    }));
    CHECK(told(of + "connections") == 1);
    task.feed(points().of(kPoints / 2, kPoints));
    task.wait_for_units(kPoints);
    CHECK(task.finish() == 0);
    told.take(receiver);
    CHECK(told(of + "connections") == 0);
    CHECK(told(of + "received_points_total") == kPoints);
    CHECK(told(of + "sent_points_total") == kPoints);
    CHECK(told(of + "received_bytes_total") == points().bytes.size() + init_bytes());
    CHECK(told(of + "handler_call_duration_seconds_count") > 0);
}

TEST_CASE("serve sends by UDP what it is scraped for") {
    if (!has_exporter()) return;
    const Receiver receiver(0);
    WatchedHost host(
        {"--metrics-to", "udp:127.0.0.1:" + std::to_string(receiver.port()), "--metrics-interval", "86400"});
    ServedTask task(host.socket("counter"));
    REQUIRE(task.init() == "");
    REQUIRE(task.feed(points().bytes));
    REQUIRE(task.wait_for_units(kPoints));
    std::vector<pid_t> workers;  // the process that asked the plugin what it offers may be ending still
    REQUIRE(eventually([&] { return (workers = process_table::children(host.process().pid())).size() == 1; }));
    ::kill(workers[0], SIGKILL);
    REQUIRE(eventually(
        [&] { return host.scrape()("udf_host_worker_restarts_total", with(kCounter, "cause", "signal")) == 1; }));
    CHECK(task.finish());
    REQUIRE(eventually([&] { return host.scrape()("udf_host_connections", {{"algorithm", "counter"}}) == 0; }));
    const Exposition scraped = host.scrape();
    host.process().signal(SIGTERM);
    REQUIRE(host.process().status() == 0);
    Told told;
    told.take(receiver);
    const std::string of = "udf_host counter cpu_alert node3  ";
    for (const char* field :
         {"received_points_total", "received_bytes_total", "sent_points_total", "sent_bytes_total", "dropped_total",
          "handler_call_duration_seconds_count", "handler_call_duration_seconds_sum", "worker_upgrades_total"}) {
        CAPTURE(field);
        CHECK(told(of + field) == scraped(std::string("udf_host_") + field, kCounter));
    }
    CHECK(told("udf_host_restarts counter cpu_alert node3 signal worker_restarts_total") == 1);
}

TEST_CASE("a server of one algorithm sends too, in each isolation") {
    const TemporaryDirectory directory;
    const Receiver receiver(directory / "telegraf.sock");
    SocketHost host("mirror", {"--isolation", each_isolation(), "--metrics-to",
                               "unixgram:" + (directory / "telegraf.sock").string(), "--metrics-interval", "86400"});
    {
        ServedTask task(host.path);
        REQUIRE(task.init() == "");
        REQUIRE(task.feed(points().bytes));
        REQUIRE(task.wait_for_units(kPoints));
        CHECK(task.finish());
    }
    host.process.signal(SIGTERM);
    REQUIRE(host.process.status() == 0);
    Told told;
    told.take(receiver);
    CHECK(told("udf_host mirror cpu_alert node3  received_points_total") == kPoints);
}

TEST_CASE("a receiver that is not there is told once, one that comes once more, and the task goes on") {
    const TemporaryDirectory directory;
    const fs::path path = directory / "telegraf.sock";
    SupervisedTask task({"--plugin", TEST_PLUGINS "/counter_v1.so", "--metrics-to", "unixgram:" + path.string(),
                         "--metrics-interval", "0.1"});
    task.init();
    const auto times_said = [&](const std::string& text) {
        const std::string all = task.said();
        size_t count = 0;
        for (size_t at = 0; (at = all.find(text, at)) != all.npos; at += text.size()) ++count;
        return count;
    };
    REQUIRE(eventually([&] { return times_said("start what receives there") == 1; }));
    task.feed(points().bytes);
    task.wait_for_units(kPoints);
    const Receiver receiver(path);
    REQUIRE(eventually([&] { return times_said("metrics are taken again") == 1; }));
    for (int i = 0; i < 3; ++i) CHECK(receiver.take() == Contains("udf_host,algorithm=counter,task=cpu_alert"));
    CHECK(task.finish() == 0);
    CHECK(times_said("start what receives there") == 1);
    CHECK(times_said("metrics are taken again") == 1);
}

TEST_CASE("workers are not told who wants metrics: their supervisor tells") {
    const TemporaryDirectory directory;
    const fs::path config = directory / "udf-host.toml";
    std::ofstream(config) << "metrics-to = 'unixgram:/nowhere'\nmetrics = '127.0.0.1:9464'\n";
    SupervisedTask task({"--plugin", TEST_PLUGINS "/counter_v1.so", "--config", config, "--metrics-interval", "60"});
    task.init();
    const std::string words = process_table::text_of(process_table::folder(task.worker()) / "cmdline");
    CHECK(words == Contains("--isolation"));
    CHECK(words.find("--metrics") == words.npos);
    CHECK(task.finish() == 0);
}

TEST_CASE("a connection that only asks what the function is sends nothing") {
    const TemporaryDirectory directory;
    const Receiver receiver(directory / "telegraf.sock");
    std::string frame;
    pb::Request request;
    request.mutable_info();
    wire::append_frame(frame, request);
    const Ended ended = run_udf_host({"--plugin", TEST_PLUGINS "/counter_v1.so", "--metrics-to",
                                      "unixgram:" + (directory / "telegraf.sock").string()},
                                     frame);
    CHECK(ended.status == 0);
    CHECK(receiver.take(0) == "");
}

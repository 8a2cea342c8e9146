// SPDX-License-Identifier: MIT
//
// `udf-host supervise --connect` in front of a function that listens, and that goes away.
#include <optional>
#include <thread>

#include "plugin/contains.h"
#include "support/full_load.h"
#include "system/disturbance.h"
#include "system/task_options.h"

namespace {

// A udf-host on a TCP port, which stays the same when it is started anew.
class Server {
public:
    explicit Server(Arguments arguments) : arguments_(std::move(arguments)) {
        start("tcp::0");
        endpoint_ = listens_on();
    }
    const std::string& endpoint() const { return endpoint_; }
    void kill() { process_.reset(); }
    void start_again() { start(endpoint_); }

private:
    void start(const std::string& endpoint) {
        Arguments arguments = arguments_;
        arguments.insert(arguments.end(), {"--listen", endpoint});
        process_.emplace(arguments);
        const bool listens = eventually([&] {
            // Somebody else, or who dials in vain, may have the port for a moment.
            if (process_->has_exited() && process_->errors().find("in use") != std::string::npos)
                process_.emplace(arguments);
            return !listens_on().empty() || process_->has_exited();
        });
        REQUIRE_MESSAGE((listens && !listens_on().empty()), process_->errors());
    }
    // Empty where it has not said so yet.
    std::string listens_on() {
        const std::string said = process_->errors(), word = "listening on=";
        const size_t at = said.find(word), end = said.find('\n', at);
        return end == said.npos ? std::string() : said.substr(at + word.size(), end - at - word.size());
    }
    const Arguments arguments_;
    std::string endpoint_;
    std::optional<UdfProcess> process_;
};

const Arguments kMovingAverage{"--plugins-dir", PLUGINS_DIR, "--plugin", "moving_avg"};

Arguments connected_to(const Server& server, const Arguments& more = {}) {
    Arguments arguments{"supervise", "--connect", server.endpoint(), "--checkpoint-interval", "0.1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

void check_restarts(const Arguments& isolation) {
    Arguments arguments = kMovingAverage;
    arguments.insert(arguments.end(), isolation.begin(), isolation.end());
    Server server(arguments);
    const PrebuiltLoad load = prebuilt_load({.units = kFullLoad ? 200'000u : 10'000u});
    SupervisedTask task(connected_to(server));
    Random random;
    task.init(moving_average_of(60));
    feed_disturbed(task, load, 5, random, [&](size_t i) {
        server.kill();
        if (i % 2 == 0) task.begin_snapshot();
        server.start_again();
    });
    task.wait_for_units(load.units());
    CHECK(task.finish() == 0);
    const std::string difference =
        first_difference(undisturbed(kMovingAverage, moving_average_of(60), load), task.output());
    CHECK_MESSAGE(difference.empty(), difference, "; it has said:\n", task.said().substr(0, 4000));
}

}  // namespace

TEST_CASE("a server that is killed and started again five times changes nothing in the points") {
    check_restarts({"--isolation", "none"});
}

TEST_CASE("a server with supervision of its own that is killed five times changes nothing in the points") {
    check_restarts({});
}

TEST_CASE("one that supervises one answers a mark when what was before it is out, and Kapacitor at once") {
    SupervisedTask task({"--plugins-dir", PLUGINS_DIR, "--plugin", "mirror", "--handler-timeout", "0"});
    const PrebuiltLoad load = prebuilt_load({.units = 1000});
    task.init();
    const pid_t worker = task.hit_worker(SIGSTOP);
    task.feed(load.bytes);
    std::atomic<bool> answered{false};
    Helper asking([&] {
        task.keepalive(-3);
        CHECK(task.units() == load.units());
        answered = true;
    });
    task.keepalive(1'700'000'000'000'000'000);
    CHECK(!answered);
    ::kill(worker, SIGCONT);
    asking.join();
    CHECK(task.finish() == 0);
}

TEST_CASE("a server that is not there yet is waited for") {
    Server server(kMovingAverage);
    server.kill();
    SupervisedTask task(connected_to(server));
    Helper starting([&] { server.start_again(); });
    task.init(moving_average_of(3));
    starting.join();
    CHECK(task.finish() == 0);
}

TEST_CASE("while a server is not there Kapacitor's snapshots are the last good one, and it may leave") {
    Server server(kMovingAverage);
    SupervisedTask task(connected_to(server, {"--drain-timeout", "1"}));
    const PrebuiltLoad load = prebuilt_load({.units = 1000});
    task.init(moving_average_of(3));
    task.feed(load.bytes);
    task.wait_for_units(load.units());
    const std::string last_good = task.snapshot();
    CHECK(!last_good.empty());
    server.kill();
    CHECK(task.snapshot() == last_good);
    task.keepalive(7);
    const auto began = std::chrono::steady_clock::now();
    task.close_input();
    CHECK(eventually([&] { return task.process.has_exited(); }));
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(10));  // ten drain timeouts, at most
}

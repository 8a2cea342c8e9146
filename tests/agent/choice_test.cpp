// SPDX-License-Identifier: MIT
//
// An agent that learns at Init which algorithm it is.
#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "agent/agent.h"
#include "agent/envelope.h"
#include "agent/on_trial.h"
#include "agent/universal.h"

using namespace on_trial;
using namespace std::chrono_literals;
using agent::Choice;
using agent::Chooser;
using wire::pb::InitRequest;

namespace {

template <class Handler = StreamHandler>
Choice choice_of(InitRequest request = {}) {
    return {
        .algorithm = std::shared_ptr<const udf_algorithm>(std::make_shared<int>(0), udf::detail::algorithm<Handler>()),
        .plugin = "test.so",
        .request = std::move(request)};
}

Chooser chooser(std::function<Choice(const InitRequest&)> choose) {
    return {agent::universal_function(UDF_STREAM, UDF_STREAM), std::move(choose)};
}

Chooser of_stream_test() {
    return chooser([](const InitRequest&) { return choice_of(); });
}

Result run_chosen(const Chooser& chooser, const std::string& requests) {
    logging::set_level(logging::Level::off);
    MemoryChannel channel(requests, SIZE_MAX);
    agent::Agent agent(chooser, channel);
    const bool clean = agent.serve();
    return parse(clean, channel.written());
}

}  // namespace

TEST_CASE("Info is answered with what is declared, and nothing is chosen for it") {
    hooks = {};
    bool asked = false;
    const Result result = run_chosen(chooser([&](const InitRequest&) {
                                         asked = true;
                                         return choice_of();
                                     }),
                                     info());
    CHECK(result.clean);
    REQUIRE(result.size() == 1);
    CHECK(result[0].info().options().size() == 6);
    CHECK(result[0].info().options().count("algorithm") == 1);
    CHECK_FALSE(asked);
}

TEST_CASE("the algorithm that Init chooses gets the points") {
    hooks = {};
    const Result result = run_chosen(of_stream_test(), init() + point(1) + point(2));
    CHECK(result.clean);
    REQUIRE(result.size() == 3);
    CHECK(result[0].init().success());
    CHECK(result[2].point().time() == 2);
}

TEST_CASE("the choice sees the task's Init, and the handler what the choice makes of it") {
    hooks = {};
    std::string task;
    const Result result = run_chosen(chooser([&](const InitRequest& request) {
                                         task = request.taskid();
                                         Choice choice = choice_of(request);
                                         choice.request.add_options()->set_name("nonsense");
                                         return choice;
                                     }),
                                     init());
    CHECK(task == "cpu_alert");
    CHECK(result[0].init().error() == "stream_test: there is no option 'nonsense'");
}

TEST_CASE("why there is no choice is the answer to Init") {
    hooks = {};
    const Result result = run_chosen(
        chooser([](const InitRequest&) -> Choice { throw std::runtime_error("none such"); }), init() + point(1));
    CHECK_FALSE(result.clean);
    REQUIRE(result.size() == 1);
    CHECK_FALSE(result[0].init().success());
    CHECK(result[0].init().error() == "any: none such");
}

TEST_CASE("messages name the algorithm that was chosen, and its plugin") {
    hooks = {};
    hooks.points = [](udf::Host, std::span<const udf::Point>) { throw std::runtime_error("enough"); };
    const Result result = run_chosen(of_stream_test(), init() + point(1));
    CHECK(error_of(result) == "stream_test (plugin test.so), task cpu_alert, node stream_test2: enough");
}

TEST_CASE("what emits in the wrong way is held against the edges of the algorithm that was chosen") {
    hooks = {};
    hooks.batch = [](udf::Host host, const udf::Batch& batch) { host.emit(batch); };
    const Chooser batches{agent::universal_function(UDF_BATCH, UDF_BATCH),
                          [](const InitRequest&) { return choice_of<BatchHandler>(); }};
    const Result result = run_chosen(batches, init() + begin() + point(1) + point(2) + end(3));
    CHECK(result.clean);
    CHECK(result.size() == 5);
}

TEST_CASE("a snapshot is one of the algorithm that was chosen, and can be restored by it") {
    hooks = {};
    hooks.snapshot = [](udf::Sink sink) { sink.write("state"); };
    std::string restored;
    hooks.restore = [&](uint32_t, std::string_view state) { restored = state; };
    const Result first = run_chosen(of_stream_test(), init() + snapshot());
    const std::string taken = first[1].snapshot().snapshot();
    CHECK(agent::unwrap(taken, "stream_test").state == "state");
    const Result second = run_chosen(of_stream_test(), init() + restore(taken) + snapshot());
    CHECK(second[1].restore().success());
    CHECK(restored == "state");
    CHECK(second[2].snapshot().snapshot() == taken);
}

TEST_CASE("a snapshot asked for before Init is empty") {
    hooks = {};
    const Result result = run_chosen(of_stream_test(), snapshot());
    REQUIRE(result.size() == 1);
    CHECK(result[0].snapshot().snapshot() == "");
}

TEST_CASE("heartbeats go out while the algorithm is looked for") {
    hooks = {};
    Gate gate;
    const auto served = Served::start(chooser([&](const InitRequest&) {
        gate.pass();
        return choice_of();
    }));
    served->send(keepalive(1'000'000'000) + keepalive(1'040'000'000) + init());
    served->next();
    served->next();
    for (int i = 0; i < 3; ++i) CHECK(served->next().has_keepalive());
    gate.open();
    Response response = served->next();
    while (response.has_keepalive()) response = served->next();
    CHECK(response.init().success());
    served->end_input();
    CHECK(served->ended_cleanly());
}

TEST_CASE("a load that hangs is told as the answer to Init, and given up") {
    hooks = {};
    Gate gate;
    const auto served = Served::start(chooser([&](const InitRequest&) {
                                          gate.pass();
                                          return choice_of();
                                      }),
                                      {.limits = {.load = 50ms}});
    served->send(init());
    Response response = served->next();
    while (response.has_keepalive()) response = served->next();
    CHECK(response.init().error() == "any: a plugin hangs while it is loaded: it has taken 0.05 s");
    served->end_input();
    CHECK(served->was_abandoned());
    gate.open();
    CHECK_FALSE(served->ended_cleanly());
}

// SPDX-License-Identifier: MIT
#include "supervisor/account.h"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <string>

using metrics::Activity;
using supervisor::Account;

namespace {

using Guard = std::array<uint64_t, Activity::kMostRules>;

}  // namespace

TEST_CASE("what workers count is added up over those that live and those that are dead") {
    Account account("");
    const auto first = std::make_shared<Activity>(), second = std::make_shared<Activity>();
    account.worker_begins(first);
    first->called(1500);
    metrics::add(first->guard[2], 3);
    first->algorithm.set("moving_avg");
    first->last_error.set("the first");
    Guard guard{};
    CHECK(account.session(guard).handler.count() == 1);
    account.worker_has_ended(first);
    account.worker_has_ended(first);  // once
    account.worker_begins(second);
    second->called(100);
    metrics::add(second->guard[2], 4);
    const metrics::Session session = account.session(guard);
    CHECK(session.algorithm == "moving_avg");
    CHECK(session.handler.count() == 2);
    CHECK(session.handler.nanoseconds == 1600);
    CHECK(guard[2] == 7);
    CHECK(session.last_error == "the first");
}

TEST_CASE("the last error is the later one of the supervisor's and a worker's") {
    Account account("x");
    const auto worker = std::make_shared<Activity>();
    account.worker_begins(worker);
    account.last_error.set("ours");
    worker->last_error.set("the worker's");
    Guard guard{};
    CHECK(account.session(guard).last_error == "the worker's");
    account.last_error.set("ours again");
    CHECK(account.session(guard).last_error == "ours again");
}

TEST_CASE("a level of the log reaches workers that are there and those that come later") {
    Account account("x");
    const auto first = std::make_shared<Activity>(), second = std::make_shared<Activity>();
    account.worker_begins(first);
    account.set_log_level(0);
    CHECK(first->wanted_level == 1);
    account.worker_begins(second);
    CHECK(second->wanted_level == 1);
}

TEST_CASE("before a worker tells its algorithm, it is called as the command line has it") {
    const Account account("by_file");
    Guard guard{};
    CHECK(account.session(guard).algorithm == "by_file");
    CHECK(account.session(guard).state == "starting");
}

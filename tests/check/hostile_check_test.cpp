// SPDX-License-Identifier: MIT
//
// For each check there is a plugin that breaks its promise and no other.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "check/runner.h"
#include "plugin/contains.h"
#include "plugin/plugin_files.h"
#include "plugin/temporary_directory.h"

namespace {

using check::Report;
using check::Result;
using check::Status;

check::Request request_of(const std::string& file, const std::string& algorithm = {}) {
    check::Request request;
    request.file = file;
    request.algorithm = algorithm;
    request.program = UDF_HOST;
    return request;
}

// The names of the checks that found something, of one algorithm or of the file.
std::map<std::string, Status> found(const Report& report, const std::string& algorithm) {
    std::map<std::string, Status> all;
    for (const Result& result : report.results)
        if (result.algorithm == algorithm && (result.status == Status::warn || result.status == Status::fail))
            all[result.check->name] = result.status;
    return all;
}

std::string text_of(const Report& report, const std::string& check, const std::string& algorithm = {}) {
    std::string text;
    for (const Result& result : report.results)
        if (result.check->name == check && (algorithm.empty() || result.algorithm == algorithm))
            for (const check::Finding& finding : result.findings) text += finding.text + "\n";
    return text;
}

struct Case {
    const char* algorithm;
    const char* check;
    Status status;
    const char* says;
};

constexpr Case kHandlers[] = {
    {"no_help", "descriptor", Status::warn, "has no version"},
    {"crashes_in_create", "create", Status::fail, "was killed by SIGABRT"},
    {"exits_in_stop", "lifecycle", Status::fail, "ended the process with exit status 0 (at: create, stop, destroy)"},
    {"crashes_at_exit", "lifecycle", Status::fail, "was killed by SIGABRT (Aborted) (at: the process ends)"},
    {"two_are_too_many", "options", Status::fail, "(at: with a b)"},
    {"trusts_numbers", "option-limits", Status::fail, "(at: with size=-1)"},
    {"fails_when_closed", "stream-closed", Status::fail, "points failed: nobody listens once the stream had ended"},
    {"goes_on_when_closed", "stream-closed", Status::warn, "went on emitting 199 times"},
    {"many_are_too_many", "many-handlers", Status::fail, "(at: 1000 handlers, one after another)"},
    {"keeps_pointers", "host-memory", Status::fail, "after the call it was handed in had returned"},
    {"writes_input", "host-memory", Status::fail, "wrote to memory of the host's, which is to be read only"},
    {"leaks", "leaks", Status::fail, "each handler leaves some"},
    {"leaves_descriptors", "leftovers", Status::fail, "left 12 open descriptors behind"},
    {"changes_directory", "process-state", Status::fail, "when it ended it changed the working directory (/, not"},
    {"chatters", "log-lines", Status::warn, "wrote 1000 lines for 1000 points"},
    {"slow", "speed", Status::warn, "us a point"},
    {"last_one_wins", "handlers-apart", Status::fail, "beside another handler the output is another than alone"},
    {"shares_across_threads", "threads", Status::fail, "beside handlers on other threads the output is another"},
};

constexpr Case kData[] = {
    {"needs_fields", "unusual-points", Status::fail, "(at: a point without fields)"},
    {"gives_up", "unusual-points", Status::warn, "fails at a point without fields: points failed: a point without"},
    {"throws_across", "unusual-points", Status::fail,
     "let an exception leave points and cross the interface (std::out_of_range: no fields)"},
    {"fears_large_batches", "unusual-batches", Status::fail, "(at: a batch of 100,000 points)"},
    {"never_the_same", "repeatable", Status::warn, "gave another output for the same input: point 1 has field 'n'"},
    {"counts_runs", "run-lengths", Status::fail, "with 1 point a call the output is another"},
    {"forgets_when_asked", "snapshot", Status::fail, "what is emitted after a snapshot is another than without"},
    {"restores_nothing", "restore", Status::fail, "what a restored handler emits is another"},
    {"trusts_states", "bad-states", Status::fail, "was killed by SIGABRT"},
    {"has_no_snapshot", "state-kept", Status::warn, "depends on earlier points, and it has no snapshot"},
    {"emits_nan", "output-guard", Status::fail, "rule non-finite (C8): a field is NaN or an infinity"},
    {"loses_its_group", "output-guard", Status::fail, "rule group (C1)"},
};

template <size_t n>
void run_cases(const std::string& file, const Case (&cases)[n]) {
    const Report report = check::run(request_of(file));
    for (const Case& each : cases) {
        CAPTURE(each.algorithm);
        CHECK(found(report, each.algorithm) == std::map<std::string, Status>{{each.check, each.status}});
        CHECK(text_of(report, each.check, each.algorithm) == Contains(each.says));
    }
    CHECK_FALSE(report.good());
}

}  // namespace

TEST_CASE("an algorithm that mistreats handlers or the process fails the check that is about it, and no other") {
    run_cases(HOSTILE_CHECK "/handlers.so", kHandlers);
}

TEST_CASE("an algorithm that mistreats data or state fails the check that is about it, and no other") {
    run_cases(HOSTILE_CHECK "/data.so", kData);
}

TEST_CASE("a file that is linked badly fails the check that is about it, and no other") {
    for (const std::string name : {"exports", "libraries", "hardening"}) {
        CAPTURE(name);
        check::Request request = request_of(HOSTILE_CHECK "/" + name + ".so");
        request.only = {"exports", "libraries", "hardening", "systems"};
        CHECK(found(check::run(request), "") == std::map<std::string, Status>{{name, Status::warn}});
    }
}

TEST_CASE("a file that needs a newer system than there is says which symbols and what to do") {
    const TemporaryDirectory dir;
    std::ifstream in(HOSTILE_CHECK "/handlers.so", std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    const std::string from = "GLIBCXX_3.4.21";
    REQUIRE(bytes.find(from) != bytes.npos);
    bytes.replace(bytes.find(from), from.size(), "GLIBCXX_3.9.99");
    check::Request request = request_of(write_file(dir / "newer.so", bytes));
    request.only = {"systems"};
    const Report report = check::run(request);
    CHECK(found(report, "")["systems"] == Status::warn);
    CHECK(text_of(report, "systems") == Contains("needs libstdc++ 3.9.99, which newer systems than are known"));
}

TEST_CASE("a file that does not load, or ends the process, fails `loads`") {
    const std::map<std::string, std::string> says{
        {"no_entry", "exports no function udf_plugin_v1"},
        {"entry_null", "udf_plugin_v1"},
        {"undefined_symbol", "undefined symbol"},
        {"abort_on_load", "was killed by SIGABRT (Aborted) (at: loading it)"},
        {"exit_on_load", "(at: loading it)"},
    };
    for (const auto& [name, text] : says) {
        CAPTURE(name);
        const Report report = check::run(request_of(TEST_PLUGINS "/" + name + ".so"));
        CHECK(found(report, "")["loads"] == Status::fail);
        CHECK(text_of(report, "loads") == Contains(text));
        CHECK(report.algorithms.empty());
        CHECK_FALSE(report.good());
    }
}

TEST_CASE("an algorithm that hangs fails one check, after the time that it was given") {
    check::Request request = request_of(HOSTILE_PLUGINS "/lifecycle.so", "hangs_in_stop");
    request.timeout = std::chrono::seconds(2);
    request.only = {"lifecycle", "threads"};
    const Report report = check::run(request);
    CHECK(found(report, "hangs_in_stop") == std::map<std::string, Status>{{"lifecycle", Status::fail}});
    CHECK(text_of(report, "lifecycle") == Contains("did not come back within 2 s (at: create, stop, destroy)"));
    CHECK(text_of(report, "threads") == Contains("not tried, because of lifecycle"));
}

TEST_CASE("options that nobody can guess are asked for, and then all is tried") {
    check::Request request = request_of(HOSTILE_CHECK "/handlers.so", "picky");
    const Report guessed = check::run(request);
    CHECK(text_of(guessed, "create") == Contains("say the word; give --option word=..."));
    CHECK(guessed.count(Status::fail) == 0);
    CHECK_FALSE(guessed.good());

    request.options = {"word=sesame"};
    const Report given = check::run(request);
    CHECK(given.count(Status::skip) == 0);
    CHECK(given.good());
}

TEST_CASE("an algorithm that needs what it does not mark as required is tried with it, and told so") {
    check::Request request = request_of(HOSTILE_CHECK "/handlers.so", "secretly_required");
    request.only = {"create", "lifecycle"};
    const Report report = check::run(request);
    CHECK(text_of(report, "create") == Contains("refuses to start with the required options alone"));
    CHECK(report.count(Status::skip) == 0);
    CHECK(report.good());
}

TEST_CASE("a plugin that closes descriptors of others is found out") {
    check::Request request = request_of(HOSTILE_PLUGINS "/process.so", "closes_descriptors");
    request.only = {"create"};
    CHECK(text_of(check::run(request), "create") == Contains("closed descriptors that it had not opened"));
}

TEST_CASE("for each check there is a plugin that breaks its promise") {
    std::set<std::string> covered{"loads", "exports", "libraries", "hardening", "systems"};
    for (const Case& each : kHandlers) covered.insert(each.check);
    for (const Case& each : kData) covered.insert(each.check);
    for (const check::Check& each : check::checks()) CHECK_MESSAGE(covered.contains(each.name), each.name);
}

#ifdef HAS_LEAKS_ONCE
TEST_CASE("in a plugin that was built with the address sanitizer a leak is found that does not grow") {
    check::Request request = request_of(HOSTILE_CHECK "/leaks_once.so");
    request.only = {"leaks"};
    const Report report = check::run(request);
    CHECK(text_of(report, "leaks") == Contains("LeakSanitizer found leaks"));
}
#endif

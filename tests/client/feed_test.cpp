// SPDX-License-Identifier: MIT
#include "client/feed.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "client/points.h"

using namespace client;

namespace {

struct Fed {
    explicit Fed(Feed::Settings settings = {})
        : feed(
              std::move(settings), [this](const pb::Request& request) { requests.push_back(request); },
              [this](size_t line, const BadLine& bad) {
                  bad_lines.push_back(fmt::format("{}: {}", line, bad.reason));
              }) {}
    std::vector<pb::Request> requests;
    std::vector<std::string> bad_lines;
    Feed feed;
};

}  // namespace

TEST_CASE("points are fed in their groups and with the time of their unit") {
    Fed fed({.grouping = parse_grouping("host", false), .unit = 1000});
    fed.feed.add("cpu,host=a v=1 5\n");
    REQUIRE(fed.requests.size() == 1);
    CHECK(fed.requests[0].point().group() == "host=a");
    CHECK(fed.requests[0].point().time() == 5000);
    CHECK(fed.feed.points() == 1);
}

TEST_CASE("points without a time are of the clock") {
    Fed fed({.clock = [] { return 77; }});
    fed.feed.add("m v=1\n");
    CHECK(fed.requests[0].point().time() == 77);
}

TEST_CASE("bad lines are reported by number and left out") {
    Fed fed;
    fed.feed.add("# comment\n\nm v=1 1\nm v=x 2\nm v=\"open 3\nm v=\"y\" 4\n");
    fed.feed.end_file();
    CHECK(fed.requests.size() == 2);
    CHECK(fed.bad_lines == std::vector<std::string>{"4: field v: x is no value", "5: text after the value of field v"});
    CHECK(fed.feed.bad_lines() == 2);
}

TEST_CASE("a file without a last newline is fed to its end and lines count anew in the next") {
    Fed fed;
    fed.feed.add("m v=1 1\nm v=2 2");
    CHECK(fed.requests.size() == 1);
    fed.feed.end_file();
    CHECK(fed.requests.size() == 2);
    fed.feed.add("bad\n");
    CHECK(fed.bad_lines == std::vector<std::string>{"1: missing fields"});
}

TEST_CASE("with a window batches are fed and the last one at the end") {
    Fed fed({.window = WindowSpan{10, 10}});
    fed.feed.add("m v=1 1\nm v=1 11\n");
    CHECK(fed.requests.size() == 3);
    fed.feed.end_file();
    fed.feed.end();
    CHECK(fed.requests.size() == 6);
}

TEST_CASE("the captured metrics are all good") {
    FILE* file = std::fopen(TEST_DATA "/cpu.lp", "r");
    REQUIRE(file);
    Fed fed;
    char bytes[4096];
    for (size_t n; (n = std::fread(bytes, 1, sizeof bytes, file)) > 0;) fed.feed.add({bytes, n});
    std::fclose(file);
    fed.feed.end_file();
    CHECK(fed.bad_lines.empty());
    CHECK(fed.feed.points() == 390);
}

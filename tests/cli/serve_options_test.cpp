// SPDX-License-Identifier: MIT
#include "cli/serve_options.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "plugin/contains.h"

namespace {

cli::ServeOptions parsed(std::vector<std::string> words) {
    CLI::App app;
    cli::ServeOptions options;
    cli::add_serve_options(app, options);
    app.parse(std::vector(words.rbegin(), words.rend()));
    return options;
}

std::string refusal(const std::vector<std::string>& words) {
    try {
        parsed(words);
    } catch (const CLI::ParseError& e) {
        return e.what();
    }
    return {};
}

}  // namespace

TEST_CASE("a server has what --plugin has, but for where it listens") {
    const auto options = parsed({"--plugins-dir",     "a",        "--plugins-dir",  "b",
                                 "--socket-dir",      "/run/udf", "--upgrade",      "new-connections",
                                 "--poll-interval",   "0.5",      "--socket-mode",  "0600",
                                 "--socket-group",    "udf",      "--stop-timeout", "3",
                                 "--handler-timeout", "60",       "--guard",        "strict",
                                 "--memory-limit",    "200",      "--max-restarts", "3/1m"});
    CHECK(options.plugins_dirs == std::vector<std::filesystem::path>{"a", "b"});
    CHECK(options.socket_dir == "/run/udf");
    CHECK(options.upgrade == "new-connections");
    CHECK(options.poll_interval == 0.5);
    CHECK(options.serving.socket_mode == "0600");
    CHECK(options.serving.socket.group == "udf");
    CHECK(options.serving.stop_timeout == 3);
    CHECK(options.serving.handler_timeout == 60);
    CHECK(options.serving.guard.mode == guard::Mode::strict);
    CHECK(options.serving.memory_limit == 200);
    CHECK(options.serving.restarts.most == 3);
    for (const char* elsewhere : {"--socket=x", "--listen=tcp::1", "--defer-load-errors", "--isolation=none"})
        CHECK_THROWS_AS(parsed({elsewhere}), CLI::ExtrasError);
}

TEST_CASE("a server that was told nothing upgrades live and has the universal function") {
    const auto options = parsed({});
    CHECK(options.plugins_dirs.empty());
    CHECK(options.upgrade == "live");
    CHECK(options.poll_interval == 2);
    CHECK(options.universal);
    CHECK(options.log.level == "info");
    CHECK(options.log.format == "text");
}

TEST_CASE("the universal function can be left out") {
    CHECK_FALSE(parsed({"--no-universal"}).universal);
    CHECK_FALSE(parsed({"--universal=false"}).universal);
    CHECK(parsed({"--universal"}).universal);
}

TEST_CASE("a word that the server cannot use is refused with what it can") {
    CHECK(refusal({"--upgrade", "never"}) == Contains("live,new-connections"));
    CHECK(refusal({"--poll-interval", "0.04"}) == Contains("0.05 seconds at least"));
    CHECK(refusal({"--poll-interval", "0.05"}) == "");
    CHECK(refusal({"--poll-interval", "often"}) == Contains("'often' is no number of seconds"));
    CHECK(refusal({"--log-level", "loud"}) == Contains("loud"));
}

TEST_CASE("a directory of plugins takes one word, so that what follows is not taken for another") {
    CHECK_THROWS_AS(parsed({"--plugins-dir", "a", "b"}), CLI::ExtrasError);
}

TEST_CASE("rules of the guard come one after another") {
    const auto guard = parsed({"--guard-rule", "utf8=off", "--guard-rule", "duplicate=strict"}).serving.guard;
    CHECK(guard.mode_of(guard::Rule::utf8) == guard::Mode::off);
    CHECK(guard.mode_of(guard::Rule::duplicate) == guard::Mode::strict);
}

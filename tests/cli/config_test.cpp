// SPDX-License-Identifier: MIT
#include "cli/config.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "cli/check_config.h"
#include "cli/run_command.h"
#include "plugin/contains.h"
#include "plugin/plugin_files.h"
#include "plugin/temporary_directory.h"

using cli::ServeConfig;
namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

namespace {

// A file, and commands that are given it.
class ConfigFile {
public:
    explicit ConfigFile(const std::string& text) : path(write_file(directory_ / "udf-host.toml", text)) {}

    // As `udf-host MAIN... serve WORDS... --config FILE`.
    ServeConfig serve(Strings words = {}, const Strings& of_main = {}) const {
        CLI::App app;
        cli::LogOptions log;
        cli::add_log(app, log);
        CLI::App& serve = *app.add_subcommand("serve");
        cli::ServeOptions options;
        cli::add_serve_options(serve, options);
        words.insert(words.begin(), "serve");
        words.insert(words.begin(), of_main.begin(), of_main.end());
        words.insert(words.end(), {"--config", path});
        app.parse(Strings(words.rbegin(), words.rend()));
        return ServeConfig::read(serve);
    }
    ServeConfig check() const { return ServeConfig::check(path); }

    // What is wrong, without the name of the file: LINE: ...
    Strings problems() const {
        try {
            check();
            return {};
        } catch (const cli::BadConfig& e) {
            Strings problems;
            for (const std::string& problem : e.problems) {
                REQUIRE(problem.starts_with(path.string() + ":"));
                problems.push_back(problem.substr(path.string().size() + 1));
            }
            return problems;
        }
    }

private:
    TemporaryDirectory directory_;

public:
    const fs::path path;
    const fs::path directory = directory_.path();
};

bool has(const Strings& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

// ---- What a file says ----

TEST_CASE("every key of a server is its option") {
    const auto config = ConfigFile(R"(
        plugins-dir = ["/a", "/b"]
        socket-dir = "/run/udf"
        upgrade = "new-connections"
        poll-interval = 0.5
        universal = false
        log-level = "debug"
        socket-mode = 0o600
        socket-group = "udf"
        stop-timeout = 1.5
        handler-timeout = 60
        drain-timeout = 2
        frame-limit = 16
        guard = "strict"
        guard-rule = ["duplicate=off", "utf8=repair"]
        non-finite = "pass"
        batch-limit = 1_000
        journal-limit = 8
        journal-full = "drop-oldest"
        checkpoint-interval = 5
        memory-limit = 200
        max-restarts = "3/1m"
        dead-letter = "/var/lib/dead"
    )")
                            .check();
    const cli::ServeOptions& common = config.common();
    CHECK(common.plugins_dirs == std::vector<fs::path>{"/a", "/b"});
    CHECK(common.socket_dir == "/run/udf");
    CHECK(common.upgrade == "new-connections");
    CHECK(common.poll_interval == 0.5);
    CHECK_FALSE(common.universal);
    CHECK(common.log.level == "debug");
    CHECK(common.serving.socket_mode == "0600");
    CHECK(common.serving.socket.group == "udf");
    CHECK(common.serving.stop_timeout == 1.5);
    const cli::Serving& serving = config.of("any").serving;
    CHECK(serving.socket_mode == "0600");
    CHECK(serving.stop_timeout == 1.5);
    CHECK(serving.handler_timeout == 60);
    CHECK(serving.drain_timeout == 2);
    CHECK(serving.frame_limit == 16);
    CHECK(serving.guard.mode == guard::Mode::strict);
    CHECK(serving.guard.mode_of(guard::Rule::duplicate) == guard::Mode::off);
    CHECK(serving.guard.mode_of(guard::Rule::utf8) == guard::Mode::repair);
    CHECK(serving.guard.non_finite == guard::NonFinite::pass);
    CHECK(serving.guard.batch_limit == 1000);
    CHECK(serving.journal_limit == 8);
    CHECK(serving.journal_full == "drop-oldest");
    CHECK(serving.checkpoint_interval == 5);
    CHECK(serving.memory_limit == 200);
    CHECK(serving.restarts.most == 3);
    CHECK(serving.dead_letter == "/var/lib/dead");
    CHECK(config.of("any").upgrade == "new-connections");
    CHECK(config.of("any").enabled);
}

TEST_CASE("rules of the guard may be a table") {
    const auto config = ConfigFile(R"(guard-rule = { duplicate = "strict", utf8 = "off" })").check();
    CHECK(config.common().serving.guard.mode_of(guard::Rule::duplicate) == guard::Mode::strict);
    CHECK(config.common().serving.guard.mode_of(guard::Rule::utf8) == guard::Mode::off);
}

TEST_CASE("one directory of plugins needs no list") {
    CHECK(ConfigFile("plugins-dir = '/a'").check().common().plugins_dirs == std::vector<fs::path>{"/a"});
}

TEST_CASE("a relative path is meant from the directory of the file") {
    const ConfigFile file("plugins-dir = ['plugins', '/b']\nsocket-dir = 'run'\n[algorithm.x]\ndead-letter = 'x.dead'");
    const auto config = file.check();
    CHECK(config.common().plugins_dirs == std::vector<fs::path>{file.directory / "plugins", "/b"});
    CHECK(config.common().socket_dir == file.directory / "run");
    CHECK(config.of("x").serving.dead_letter == file.directory / "x.dead");
}

TEST_CASE("a relative path on the command line stays what it is") {
    CHECK(ConfigFile("socket-dir = 'run'").serve({"--socket-dir", "here"}).common().socket_dir == "here");
}

TEST_CASE("one algorithm alone may be recorded, and no worker records") {
    const ConfigFile file("record-limit = 10\n[algorithm.x]\nrecord = 'x.rec'");
    const auto config = file.check();
    CHECK(config.of("x").serving.record.file == file.directory / "x.rec");
    CHECK(config.of("x").serving.record.limit == 10);
    CHECK(config.of("x").worker_words.empty());
    CHECK(config.of("other").serving.record.file.empty());
    CHECK(file.serve({"--socket-dir", "s", "--record", "all.rec"}).of("x").serving.record.file == "all.rec");
}

TEST_CASE("a file may be empty") {
    const auto config = ConfigFile("").check();
    CHECK(config.named().empty());
    CHECK(config.of("x").serving.handler_timeout == 300);
    CHECK(config.of("x").worker_words.empty());
}

// ---- What goes before what ----

TEST_CASE("a section goes before the top, for its algorithm alone") {
    const auto config = ConfigFile(
                            "memory-limit = 100\nhandler-timeout = 60\n"
                            "[algorithm.moving_avg]\nmemory-limit = 200\nenabled = false\nupgrade = "
                            "'new-connections'")
                            .check();
    CHECK(config.named() == Strings{"moving_avg"});
    CHECK(config.of("moving_avg").serving.memory_limit == 200);
    CHECK(config.of("moving_avg").serving.handler_timeout == 60);
    CHECK_FALSE(config.of("moving_avg").enabled);
    CHECK(config.of("moving_avg").upgrade == "new-connections");
    CHECK(config.of("other").serving.memory_limit == 100);
    CHECK(config.of("other").enabled);
    CHECK(config.of("other").upgrade == "live");
}

TEST_CASE("the command line goes before both") {
    const ConfigFile file("handler-timeout = 60\nmemory-limit = 100\n[algorithm.x]\nhandler-timeout = 30");
    const auto config = file.serve({"--socket-dir", "/s", "--handler-timeout", "5"});
    CHECK(config.common().serving.handler_timeout == 5);
    CHECK(config.of("x").serving.handler_timeout == 5);
    CHECK(config.of("x").serving.memory_limit == 100);
}

TEST_CASE("an option counts as a whole, and a list of nothing takes it back") {
    const ConfigFile file(
        "socket-dir = '/s'\nplugins-dir = ['/a', '/b']\nguard-rule = ['utf8=off']\n"
        "[algorithm.x]\nguard-rule = ['duplicate=off']\n[algorithm.y]\nguard-rule = []");
    const auto config = file.serve({"--plugins-dir", "/c"});
    CHECK(config.common().plugins_dirs == std::vector<fs::path>{"/c"});
    const auto mode = [&](const char* algorithm, guard::Rule rule) {
        return config.of(algorithm).serving.guard.mode_of(rule);
    };
    CHECK(mode("other", guard::Rule::utf8) == guard::Mode::off);
    CHECK(mode("x", guard::Rule::utf8) == guard::Mode::repair);
    CHECK(mode("x", guard::Rule::duplicate) == guard::Mode::off);
    CHECK(mode("y", guard::Rule::utf8) == guard::Mode::repair);
}

TEST_CASE("a flag of the command line takes back that of the file, both ways") {
    CHECK_FALSE(ConfigFile("universal = true\nsocket-dir='/s'").serve({"--no-universal"}).common().universal);
    CHECK(ConfigFile("universal = false\nsocket-dir='/s'").serve({"--universal"}).common().universal);
}

TEST_CASE("words for a worker are what it needs of all that was said, and nothing else") {
    const ConfigFile file(
        "socket-dir = '/s'\nplugins-dir = '/p'\nmemory-limit = 100\nframe-limit = 16\n"
        "guard-rule = { utf8 = 'off', duplicate = 'strict' }\n"
        "[algorithm.x]\nhandler-timeout = 30\nupgrade = 'live'\njournal-limit = 3");
    const auto config = file.serve({"--non-finite", "pass"}, {"--log-level", "debug", "--log-format", "json"});
    CHECK(config.common().log.level == "debug");
    CHECK(config.common().log.format == "json");
    CHECK(config.of("x").worker_words == Strings{"--frame-limit=16", "--guard-rule=duplicate=strict",
                                                 "--guard-rule=utf8=off", "--handler-timeout=30", "--log-format=json",
                                                 "--log-level=debug", "--non-finite=pass"});
    CHECK_FALSE(has(config.of("other").worker_words, "--handler-timeout=30"));
}

TEST_CASE("a server needs no file") {
    CLI::App app;
    cli::ServeOptions options;
    cli::add_serve_options(app, options);
    app.parse("--socket-dir /s --memory-limit 5");
    CHECK(ServeConfig::read(app).of("x").serving.memory_limit == 5);
}

TEST_CASE("a server must know where its sockets go, from one of both") {
    CHECK(ConfigFile("socket-dir = '/s'").serve().common().socket_dir == "/s");
    CHECK_THROWS_WITH_AS(ConfigFile("").serve(), "--socket-dir DIR, or socket-dir in the file of --config, is required",
                         CLI::RequiredError);
}

TEST_CASE("a file that was changed is read anew") {
    const ConfigFile file("memory-limit = 1");
    CHECK(file.check().of("x").serving.memory_limit == 1);
    write_file(file.path, "memory-limit = 2");
    CHECK(file.check().of("x").serving.memory_limit == 2);
}

// ---- What is wrong with it ----

TEST_CASE("all that is wrong is told, in the order of the lines") {
    CHECK(ConfigFile("[algorithm.x]\nwxyz = 1\n[algorithm.a]\nguard = 'strickt'\nmemory-limit = 5\nframe-limit = 0")
              .problems() ==
          Strings{"2: key 'wxyz' in [algorithm.x]: unknown",
                  "4: key 'guard' in [algorithm.a]: 'strickt' is no mode of the guard, which is one of off, repair, "
                  "strict; did you mean 'strict'?",
                  "6: key 'frame-limit' in [algorithm.a]: Value 0 not in range 1 to 256"});
}

TEST_CASE("a key is told what is wrong with it") {
    struct Case {
        const char *text, *said;
    };
    const Case cases[] = {
        // names
        {"hander-timeout = 60", "key 'hander-timeout': unknown; did you mean 'handler-timeout'?"},
        {"handler_timeout = 60", "unknown; did you mean 'handler-timeout'?"},
        {"config = 'x'", "key 'config': unknown"},
        {"plugin = 'x'", "key 'plugin': unknown"},
        {"help = true", "key 'help': unknown"},
        {"[algorithms.x]\nmemory-limit = 1", "key 'algorithms': unknown; did you mean 'algorithm'?"},
        // places
        {"[algorithm.x]\nsocket-dir = '/s'", "belongs at the top of the file, above all sections"},
        {"[algorithm.x]\nsocket = '/s'", "belongs at the top of the file, above all sections"},
        {"enabled = false", "key 'enabled': goes by algorithm: it belongs into a section [algorithm.NAME]"},
        {"[algorithm]\nmemory-limit = 1", "key 'memory-limit' in [algorithm]: of which one?"},
        {"algorithm = 'x'", "key 'algorithm': is no value, but begins a section"},
        // types
        {"handler-timeout = '60'", "key 'handler-timeout': takes a number, without quotes"},
        {"handler-timeout = true", "takes a number"},
        {"handler-timeout = 07:32:00", "takes a number"},
        {"handler-timeout = [1, 2]", "takes a number, not a list"},
        {"socket-dir = 5", "takes text, in quotes"},
        {"socket-dir = ''", "is empty; leave it out for the default"},
        {"socket-dir = ['/a', '/b']", "takes a path in quotes, not a list"},
        {"socket-dir = { a = 'b' }", "takes a path in quotes, not a table"},
        {"plugins-dir = ['/a', 1]", "takes text, in quotes"},
        {"universal = 'yes'", "takes true or false, without quotes"},
        {"universal = [true]", "takes true or false, not a list"},
        {"guard-rule = [{ utf8 = 'off' }]", "takes text, in quotes"},
        {"socket-mode = 660", "takes text, in quotes"},
        {"handler-timeout = 0o17", "takes a number in decimal"},
        // values, in the words of the command line
        {"memory-limit = 1.5", "'1.5' is no whole number from 0 up"},
        {"memory-limit = -1", "'-1' is no whole number from 0 up"},
        {"batch-limit = -1", "'-1' is no whole number from 0 up"},
        {"handler-timeout = -1", "'-1' is no number of seconds up to 86400"},
        {"handler-timeout = inf", "'inf' is no number of seconds up to 86400"},
        {"poll-interval = 0.01", "0.05 seconds at least"},
        {"socket-mode = '0999'", "'0999' is no octal mode such as 0660"},
        {"socket-mode = 0o1777", "'01777' is no octal mode such as 0660"},
        {"guard-rule = ['utf9=off']", "did you mean 'utf8'?"},
        {"guard-rule = { utf9 = 'off' }", "did you mean 'utf8'?"},
        {"max-restarts = '10'", "'10' is no number and period such as 10/5m"},
        {"journal-full = 'drop'", "drop not in {wait,drop-oldest}"},
    };
    for (const Case& wrong : cases) {
        CAPTURE(std::string(wrong.text));
        const Strings problems = ConfigFile(wrong.text).problems();
        REQUIRE(problems.size() == 1);
        CHECK(problems.front() == Contains(wrong.said));
    }
}

TEST_CASE("what is no TOML is told with line and column") {
    const Strings problems = ConfigFile("memory-limit = 1\nsocket-mode = = 3\n").problems();
    REQUIRE(problems.size() == 1);
    CHECK(problems.front().starts_with("2:15: "));
    CHECK(ConfigFile("memory-limit = 1\nmemory-limit = 2").problems().front().starts_with("2:"));
}

TEST_CASE("a file that cannot be read is told with the reason") {
    const TemporaryDirectory directory;
    const std::string name = directory.path();
    CHECK_THROWS_WITH_AS(ServeConfig::check(directory / "none"),
                         ("cannot read the configuration " + name + "/none: No such file or directory").c_str(),
                         std::system_error);
    CHECK_THROWS_WITH_AS(ServeConfig::check(name),
                         ("cannot read the configuration " + name + ": Is a directory").c_str(), std::system_error);
}

TEST_CASE("keys that only --plugin reads are told, and are no mistake") {
    const ConfigFile file("memory-limit = 1\nisolation = 'none'");
    const auto config = file.check();
    CHECK(config.notes() == Strings{file.path.string() + ":2: key 'isolation': only udf-host --plugin reads it"});
    CHECK(config.common().serving.memory_limit == 1);
}

// ---- For one plugin ----

namespace {

// The options of a command that has less than a server.
cli::Vocabulary small_command() {
    return cli::Vocabulary([](CLI::App& app) {
        auto options = std::make_shared<cli::AlgorithmOptions>();
        cli::add_limits(app, options->serving);
        return options;
    });
}

}  // namespace

TEST_CASE("a command takes of the file what it has, at the top and of its algorithm") {
    const ConfigFile file(
        "socket-dir = '/s'\nhandler-timeout = 60\nframe-limit = 16\n"
        "[algorithm.x]\nframe-limit = 8\nmemory-limit = 5\n[algorithm.y]\nframe-limit = 4");
    CHECK(cli::config_words(file.path, "x", small_command()) ==
          cli::Words{{"frame-limit", {"8"}}, {"handler-timeout", {"60"}}});
    CHECK(cli::config_words(file.path, "z", small_command()) ==
          cli::Words{{"frame-limit", {"16"}}, {"handler-timeout", {"60"}}});
}

TEST_CASE("what is wrong with another algorithm's section does not keep a command from its own") {
    const ConfigFile file("[algorithm.x]\nframe-limit = 8\n[algorithm.y]\nframe-limit = 'many'\nwhat = 1");
    CHECK(cli::config_words(file.path, "x", small_command()) == cli::Words{{"frame-limit", {"8"}}});
    CHECK_THROWS_AS(cli::config_words(file.path, "y", small_command()), cli::BadConfig);
}

TEST_CASE("a command minds keys that nobody has") {
    CHECK_THROWS_AS(cli::config_words(ConfigFile("frame-limt = 8").path, "x", small_command()), cli::BadConfig);
}

// ---- check-config ----

TEST_CASE("a good file is called so") {
    const ConfigFile file("memory-limit = 1");
    CHECK(run_command(cli::add_check_config, {"check-config", file.path}) == file.path.string() + ": good\n");
}

TEST_CASE("a section for an algorithm that no plugin has is told with a near name") {
    const TemporaryDirectory plugins;
    fs::copy_file(test_plugin("two_algorithms"), plugins / "two.so");
    const ConfigFile file("plugins-dir = '" + plugins.path().string() +
                          "'\n[algorithm.taly]\nenabled = false\n[algorithm.tally]\nenabled = false");
    CHECK(run_command(cli::add_check_config, {"check-config", file.path}) ==
          file.path.string() + ": good\n" + file.path.string() + ": [algorithm.taly]: no plugin in " +
              plugins.path().string() + " has it; did you mean 'tally'?\n");
}

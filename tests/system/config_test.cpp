// SPDX-License-Identifier: MIT
//
// A configuration file as a real udf-host reads it, and as its workers hear of it.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "plugin/contains.h"
#include "plugin/plugin_files.h"
#include "plugin/temporary_directory.h"
#include "system/hostile_task.h"
#include "system/process_table.h"
#include "system/socket_host.h"
#include "system/udf_process.h"

namespace fs = std::filesystem;

namespace {

class ConfigFile {
public:
    explicit ConfigFile(const std::string& text) : path(write_file(directory_ / "udf-host.toml", text)) {}

private:
    TemporaryDirectory directory_;

public:
    const fs::path path;
    const fs::path directory = directory_.path();
};

// The command lines of its children, with a space behind each word.
std::string workers_of(pid_t pid) {
    std::string all;
    for (const pid_t worker : process_table::children(pid))
        all += process_table::text_of(process_table::folder(worker) / "cmdline");
    std::replace(all.begin(), all.end(), '\0', ' ');
    return all;
}

}  // namespace

TEST_CASE("check-config ends with 0 for a good file and says so") {
    const ConfigFile file("handler-timeout = 60");
    const Ended ended = run_udf_host({"check-config", file.path});
    CHECK(ended.status == 0);
    CHECK(ended.output == file.path.string() + ": good\n");
    CHECK(ended.errors.empty());
}

TEST_CASE("check-config ends with 1 for a bad file, with a line on stderr for each problem") {
    const ConfigFile file("hander-timeout = 60\nguard = 'strickt'");
    const Ended ended = run_udf_host({"check-config", file.path});
    CHECK(ended.status == 1);
    CHECK(ended.output.empty());
    const std::string begin = "udf-host: error: " + file.path.string();
    CHECK(ended.errors == Contains(begin + ":1: key 'hander-timeout': unknown; did you mean 'handler-timeout'?\n"));
    CHECK(ended.errors == Contains(begin + ":2: key 'guard': 'strickt' is no mode of the guard"));
    CHECK(std::count(ended.errors.begin(), ended.errors.end(), '\n') == 2);
}

TEST_CASE("check-config without a file is a mistake on the command line") {
    const Ended ended = run_udf_host({"check-config"});
    CHECK(ended.status == 2);
    CHECK_MESSAGE(is_one_error_line(ended), ended.errors);
}

TEST_CASE("a file that is not there is told in one line") {
    for (const Arguments& arguments :
         {Arguments{"check-config", "/none.toml"}, Arguments{"--plugin", "mirror", "--config", "/none.toml"}}) {
        const Ended ended = run_udf_host(arguments);
        CHECK(ended.status == 1);
        CHECK_MESSAGE(is_one_error_line(ended), ended.errors);
        CHECK(ended.errors == Contains("cannot read the configuration /none.toml: No such file or directory"));
    }
}

TEST_CASE("a function is not started with a bad file") {
    const ConfigFile file("hander-timeout = 60");
    const Ended ended = run_udf_host({"--plugin", "mirror", "--config", file.path, "--isolation", each_isolation()});
    CHECK(ended.status == 1);
    CHECK_MESSAGE(is_one_error_line(ended), ended.errors);
    CHECK(ended.errors == Contains("did you mean 'handler-timeout'?"));
}

TEST_CASE("an algorithm is served as its section has it") {
    const ConfigFile file("guard = 'repair'\nsocket-dir = '/run'\n[algorithm.not_finite]\nguard = 'strict'");
    HostileTask task("output", "not_finite", {"--config", file.path}, each_isolation());
    task.init();
    task.send_points(1);
    const std::string error = task.finish();  // under supervision the point is left out instead
    CHECK(error + task.said() == Contains("what the guard does not let pass"));
    CHECK(task.mirrored() == 0);
}

TEST_CASE("the section of another algorithm is not for it") {
    const ConfigFile file("[algorithm.other]\nguard = 'strict'");
    HostileTask task("output", "not_finite", {"--config", file.path}, each_isolation());
    task.init();
    task.send_points(1);
    CHECK(task.finish().empty());
}

TEST_CASE("the command line of a function goes before its section") {
    const ConfigFile file("[algorithm.not_finite]\nguard = 'strict'");
    HostileTask task("output", "not_finite", {"--config", file.path, "--guard", "repair"}, each_isolation());
    task.init();
    task.send_points(1);
    CHECK(task.finish().empty());
    CHECK(task.mirrored() == 1);
}

TEST_CASE("the file says where to listen, and workers are told what concerns them") {
    const ConfigFile file("plugins-dir = ['/none', '" PLUGINS_DIR
                          "']\nsocket = 'socket'\nsocket-mode = '0600'\n"
                          "memory-limit = 500\npoll-interval = 1\nguard-rule = { utf8 = 'off', duplicate = 'off' }\n"
                          "[algorithm.mirror]\nhandler-timeout = 77\nenabled = false");
    UdfProcess process({"--plugin", "mirror", "--config", file.path, "--drain-timeout", "3"});
    const fs::path socket = file.directory / "socket";
    wire::unique_fd connection;
    REQUIRE(eventually([&] { return (connection = try_to_connect(socket)) || process.has_exited(); }));
    REQUIRE_MESSAGE(!process.has_exited(), process.errors());
    CHECK(fs::status(socket).permissions() == (fs::perms::owner_read | fs::perms::owner_write));

    // Between fork and exec a child still has our words.
    REQUIRE(eventually([&] { return workers_of(process.pid()) == Contains("--isolation worker"); }));
    const std::string words = workers_of(process.pid());
    CHECK(words == Contains("--handler-timeout 77"));
    CHECK(words == Contains("--drain-timeout 3"));
    CHECK(words == Contains("--guard-rule duplicate=off --guard-rule utf8=off"));
    for (const char* elsewhere : {"--config", "--memory-limit", "--socket"}) CHECK_FALSE(words == Contains(elsewhere));
}

TEST_CASE("what a shared file says of sockets and workers is no mistake where there are none") {
    const ConfigFile file("socket-mode = '0600'\nstop-timeout = 5\nmemory-limit = 500\nupgrade = 'live'");
    const Arguments direct{"--plugin", "mirror",  "--plugins-dir", PLUGINS_DIR,
                           "--config", file.path, "--isolation",   "none"};
    const Ended ended = run_udf_host(direct);
    CHECK(ended.status == 0);
    CHECK(ended.errors.empty());

    Arguments on_the_command_line = direct;
    on_the_command_line.insert(on_the_command_line.end(), {"--memory-limit", "500"});
    CHECK(run_udf_host(on_the_command_line).errors == Contains("--memory-limit requires --isolation process"));
}

TEST_CASE("the file says how much is logged") {
    const ConfigFile file("log-level = 'error'");
    // The guard mends what this one emits, and would warn of it.
    HostileTask task("output", "not_finite", {"--config", file.path}, each_isolation());
    task.init();
    task.send_points(1);
    CHECK(task.finish().empty());
    CHECK(task.said().empty());
}

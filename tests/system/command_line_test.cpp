// SPDX-License-Identifier: MIT
//
// udf-host as people and Kapacitor's `prog` start it: what it says and its exit status, which is 0
// when all went well, 1 when something failed and 2 for a command line that makes no sense.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): posix_openpt
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "client/session.h"
#include "plugin/contains.h"
#include "plugin/temporary_directory.h"
#include "system/udf_process.h"
#include "wire/channel.h"
#include "wire/frame.h"
#include "wire/frame_reader.h"

namespace fs = std::filesystem;
namespace pb = kapacitor::udf;

namespace {

std::string test_plugin(const std::string& name) { return TEST_PLUGINS "/" + name + ".so"; }

using Arguments = std::vector<std::string>;

// An agent on stdin and stdout, with a session over it.
class Agent {
public:
    explicit Agent(Arguments arguments) : process(std::move(arguments)) {}

    UdfProcess process;
    std::vector<pb::Response> emitted;

private:
    wire::FdChannel channel_{std::move(process.from_stdout), std::move(process.to_stdin)};

public:
    client::Session session{channel_, [this](pb::Response&& response) { emitted.push_back(std::move(response)); }};
};

pb::Request point_at(int64_t time) {
    pb::Request request;
    request.mutable_point()->set_time(time);
    (*request.mutable_point()->mutable_fieldsdouble())["value"] = 1.5;
    return request;
}

}  // namespace

// ---- The command line ----

TEST_CASE("the version is one line on stdout") {
    const Ended ended = run_udf_host({"--version"});
    CHECK(ended.status == 0);
    CHECK(ended.output.starts_with("udf-host "));
    CHECK(ended.output.find('\n') == ended.output.size() - 1);
    CHECK(ended.errors.empty());
}

TEST_CASE("the help has examples to copy") {
    const Ended ended = run_udf_host({"--help"});
    CHECK(ended.status == 0);
    CHECK(ended.output == Contains("udf-host run --plugin moving_avg --option"));
    CHECK(ended.output == Contains("[udf.functions."));
    CHECK(ended.errors.empty());
}

TEST_CASE("a command line that makes no sense is told in one line with what comes near") {
    struct Case {
        Arguments arguments;
        const char* said;
    };
    const Case cases[] = {
        {{}, "--plugin, --any or a subcommand is required"},
        {{"--plugn", "mirror"}, "unknown option '--plugn'; did you mean '--plugin'?"},
        {{"--plugn=mirror"}, "unknown option '--plugn'; did you mean '--plugin'?"},
        {{"lst"}, "unknown argument 'lst'; did you mean 'list'?"},
        {{"--plugin", "mirror", "--wxyz"}, "unknown option '--wxyz'; see udf-host --help"},
        {{"run", "--plugin", "mirror", "--optin", "a=b"}, "unknown option '--optin'; did you mean '--option'?"},
        {{"run", "--no-such-option"}, "see udf-host run --help"},
        {{"--plugin"}, "--plugin"},
        {{"--plugin", "mirror", "--log-level", "loud"}, "--log-level: loud"},
        {{"--plugin", "mirror", "--socket-mode", "0660"}, "--socket-mode requires --socket"},
        {{"--plugin", "mirror", "--socket-group", "users"}, "--socket-group requires --socket"},
        {{"--plugin", "mirror", "--socket", "/dev/null", "--socket-mode", "0999"}, "'0999' is no octal mode"},
        {{"--plugin", "mirror", "--socket", "/dev/null", "--socket-mode", "10660"}, "'10660' is no octal mode"},
        {{"--plugin", "mirror", "--socket", "/dev/null", "--stop-timeout", "soon"}, "'soon' is no number of seconds"},
        {{"--plugin", "mirror", "--socket", "/dev/null", "--stop-timeout", "-1"}, "'-1' is no number of seconds"},
        {{"--plugin", "mirror", "--socket", "/dev/null", "--stop-timeout", "nan"}, "'nan' is no number of seconds"},
        {{"--plugin", "mirror", "--guard", "strickt"}, "did you mean 'strict'?"},
        {{"--plugin", "mirror", "--guard-rule", "utf9=off"}, "did you mean 'utf8'?"},
        {{"--plugin", "mirror", "--non-finite", "drop"}, "drop-field, drop-point, error, pass"},
        {{"--plugin", "mirror", "--frame-limit", "257"}, "not in range 1 to 256"},
        {{"--plugin", "mirror", "--memory-limit", "-1"}, "'-1' is no whole number from 0 up"},
        {{"--plugin", "mirror", "--batch-limit", "many"}, "'many' is no whole number from 0 up"},
        {{"--plugin", "mirror", "--drain-timeout", "long"}, "'long' is no number of seconds"},
    };
    for (const Case& wrong : cases) {
        const Ended ended = run_udf_host(wrong.arguments);
        CAPTURE(wrong.said);
        CHECK(ended.status == 2);
        CHECK_MESSAGE(is_one_error_line(ended), ended.errors);
        CHECK(ended.errors == Contains(wrong.said));
    }
}

// ---- Which plugin, which algorithm ----

TEST_CASE("a plugin that is not there is told with where it was looked for") {
    const Ended ended = run_udf_host({"--plugins-dir", PLUGINS_DIR, "--plugin", "miror"});
    CHECK(ended.status == 1);
    CHECK_MESSAGE(is_one_error_line(ended), ended.errors);
    CHECK(ended.errors == Contains("no plugin 'miror' in " PLUGINS_DIR "; did you mean 'mirror'?"));
}

TEST_CASE("a broken plugin is refused with its name in one line") {
    const char* const isolation = each_isolation();
    for (const char* name : {"entry_data", "entry_null", "entry_undefined", "newer_major", "newer_minor", "no_entry",
                             "undefined_symbol", "not_there"}) {
        CAPTURE(name);
        const Ended ended = run_udf_host({"--isolation", isolation, "--plugin", test_plugin(name)});
        CHECK(ended.status == 1);
        CHECK_MESSAGE(is_one_error_line(ended), ended.errors);
        CHECK(ended.errors == Contains("refused " + test_plugin(name) + ": "));
    }
}

TEST_CASE("a broken plugin leaves no socket behind") {
    const char* const isolation = each_isolation();
    const TemporaryDirectory directory;
    const Ended ended =
        run_udf_host({"--isolation", isolation, "--plugin", test_plugin("no_entry"), "--socket", directory / "socket"});
    CHECK(ended.status == 1);
    CHECK_MESSAGE(is_one_error_line(ended), ended.errors);
    CHECK_FALSE(fs::exists(directory / "socket"));
}

TEST_CASE("an unknown algorithm is told with those that there are") {
    const char* const isolation = each_isolation();
    const Ended ended =
        run_udf_host({"--isolation", isolation, "--plugin", test_plugin("two_algorithms"), "--algorithm", "taly"});
    CHECK(ended.status == 1);
    CHECK_MESSAGE(is_one_error_line(ended), ended.errors);
    CHECK(ended.errors == Contains("no algorithm 'taly' but tally, gather; did you mean 'tally'?"));
}

TEST_CASE("the algorithm must be named where the plugin has several") {
    const char* const isolation = each_isolation();
    const Ended ended = run_udf_host({"--isolation", isolation, "--plugin", test_plugin("two_algorithms")});
    CHECK(ended.status == 1);
    CHECK_MESSAGE(is_one_error_line(ended), ended.errors);
    CHECK(ended.errors == Contains("tally, gather"));

    Agent agent({"--isolation", isolation, "--plugin", test_plugin("two_algorithms"), "--algorithm", "gather"});
    CHECK(agent.session.info().wants() == pb::BATCH);
}

TEST_CASE("the algorithm may be left out where the plugin has one") {
    const char* const isolation = each_isolation();
    for (const Arguments& arguments :
         {Arguments{"--isolation", isolation, "--plugin", test_plugin("one_algorithm")},
          Arguments{"--isolation", isolation, "--plugin", test_plugin("one_algorithm"), "--algorithm", "drop"}}) {
        Agent agent(arguments);
        CHECK(agent.session.info().wants() == pb::STREAM);
    }
}

// ---- Whom the environment comes from ----

namespace {

// What a shell's command writes, and its exit status behind.
std::string said_by(const std::string& command) {
    std::FILE* const shell = ::popen(command.c_str(), "r");
    REQUIRE(shell != nullptr);
    const std::string said = read_all(::fileno(shell));
    const int status = ::pclose(shell);
    return said + "status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

TEST_CASE("a service of systemd takes its plugins from where it is installed and so does its worker") {
    const TemporaryDirectory directory;
    fs::create_symlink(test_plugin("no_entry"), directory / "mirror.so");
    const std::string plugins = "UDF_HOST_PLUGINS=" + directory.path().string();
    const std::string host =
        " exec " UDF_HOST " --plugin mirror --isolation " + std::string(each_isolation()) + " 2>&1 </dev/null";
    CHECK(said_by(plugins + host) == Contains("exports no function"));
    CHECK(said_by(plugins + " SYSTEMD_EXEC_PID=$$" + host) == "status 0");
}

TEST_CASE("a setuid udf-host is not told by the environment") {
    if (::geteuid() != 0 || ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 0) return;
    const TemporaryDirectory directory;
    struct statvfs file_system {};
    REQUIRE(::statvfs(directory.path().c_str(), &file_system) == 0);
    if ((file_system.f_flag & ST_NOSUID) != 0) return;
    REQUIRE(::chmod(directory.path().c_str(), 0755) == 0);
    fs::create_directory(directory / "bin");
    const fs::path host = directory / "bin/udf-host";
    fs::copy_file(UDF_HOST, host);
    const std::string list = "UDF_HOST_PLUGINS=/elsewhere exec setpriv --reuid 65534 " + host.string() + " list";
    REQUIRE(::chmod(host.c_str(), 0755) == 0);
    CHECK(said_by(list) == "no plugins in /elsewhere (which does not exist)\nstatus 0");
    REQUIRE(::chmod(host.c_str(), 04755) == 0);
    CHECK(said_by(list).starts_with("no plugins in " + directory.path().string()));
}

// ---- On stdin and stdout ----

TEST_CASE("an Info connection is answered and ends with status 0") {
    const char* const isolation = each_isolation();
    Agent agent({"--isolation", isolation, "--plugins-dir", PLUGINS_DIR, "--plugin", "moving_avg"});
    CHECK(agent.session.info().options().contains("size"));
    agent.session.finish();
    CHECK(agent.process.status() == 0);
    CHECK(agent.process.errors().empty());
}

TEST_CASE("input that ends at once is no failure") {
    const char* const isolation = each_isolation();
    const Ended ended = run_udf_host({"--isolation", isolation, "--plugins-dir", PLUGINS_DIR, "--plugin", "mirror"});
    CHECK(ended.status == 0);
    CHECK(ended.output.empty());
    CHECK(ended.errors.empty());
}

TEST_CASE("all that was emitted is written before the end") {
    const char* const isolation = each_isolation();
    Agent agent({"--isolation", isolation, "--plugins-dir", PLUGINS_DIR, "--plugin", "mirror"});
    agent.session.init({}, "task", "node");
    for (int64_t i = 0; i < 20'000; ++i) agent.session.send(point_at(i));
    agent.session.finish();
    CHECK(agent.emitted.size() == 20'000);
    CHECK(agent.process.status() == 0);
}

TEST_CASE("what a plugin prints does not disturb the protocol") {
    const char* const isolation = each_isolation();
    Agent agent({"--isolation", isolation, "--plugin", test_plugin("talk_on_load")});
    CHECK(agent.session.info().wants() == pb::STREAM);
    agent.session.init({}, "task", "node");
    CHECK(agent.session.keepalive(42) == 42);
    agent.session.finish();
    CHECK(agent.process.status() == 0);
    CHECK(agent.process.errors() == "a constructor talks\n");
}

TEST_CASE("Kapacitor reads over the protocol what is wrong with the words it was given") {
    struct {
        Arguments words;
        std::string problem;
        int status;
    } const cases[] = {
        {{"--plguin", "mirror"}, "unknown option '--plguin'; did you mean '--plugin'?", 2},
        {{"--plugin", "mirror", "--config", "/nowhere"}, "/nowhere", 1},
    };
    pb::Request request;
    request.mutable_info();
    std::string frame;
    wire::append_frame(frame, request);
    for (const auto& c : cases) {
        const Ended ended = run_udf_host(c.words, frame);
        pb::Response response;
        REQUIRE(response.ParseFromString(std::string(wire::split_frame(ended.output).body)));
        CHECK(ended.errors == "udf-host: error: " + response.error().error() + "\n");
        CHECK(response.error().error() == Contains(c.problem));
        CHECK(ended.status == c.status);
    }
}

TEST_CASE("who is not Kapacitor gets nothing for a wrong word but the reason on stderr") {
    const Ended text = run_udf_host({"--plguin", "mirror"}, "cpu value=1 1\n");
    CHECK(is_one_error_line(text));
    CHECK(text.status == 2);
    UdfProcess silent({"--plguin", "mirror"});  // its input stays open
    CHECK(silent.status() == 2);
}

TEST_CASE("input that is no protocol is told to both sides and ends with status 1") {
    const char* const isolation = each_isolation();
    const Ended ended =
        run_udf_host({"--isolation", isolation, "--plugins-dir", PLUGINS_DIR, "--plugin", "mirror"}, "\x05hello");
    CHECK(ended.status == 1);
    CHECK(ended.errors.starts_with("udf-host: error: "));
    CHECK(ended.errors == Contains(" algorithm=mirror "));
    CHECK(ended.errors == Contains("this is not Kapacitor's protocol"));
    CHECK(ended.errors.find('\n') == ended.errors.size() - 1);
    const wire::Split answer = wire::split_frame(ended.output);
    REQUIRE(answer.status == wire::Split::whole);
    pb::Response response;
    REQUIRE(response.ParseFromArray(answer.body.data(), static_cast<int>(answer.body.size())));
    const std::string error = response.error().error();
    CHECK(error == Contains("plugin mirror"));
    CHECK(ended.errors == Contains("cause=\"" + error.substr(error.find(": ") + 2) + "\"\n"));
}

TEST_CASE("whoever starts it on a terminal is told what it waits for") {
    const char* const isolation = each_isolation();
    const wire::unique_fd ours(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    REQUIRE(ours);
    REQUIRE(::grantpt(ours.get()) == 0);
    REQUIRE(::unlockpt(ours.get()) == 0);
    char name[128];
    REQUIRE(::ptsname_r(ours.get(), name, sizeof name) == 0);
    UdfProcess process({"--isolation", isolation, "--plugins-dir", PLUGINS_DIR, "--plugin", "mirror"},
                       wire::unique_fd(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)));
    CHECK(eventually([&] { return process.errors().find("udf-host run --plugin mirror\n") != std::string::npos; }));
    CHECK(process.errors().starts_with("udf-host: warning: "));
    REQUIRE(::write(ours.get(), "\x04", 1) == 1);  // Ctrl-D
    CHECK(process.status() == 0);
}

TEST_CASE(
    "a mode of isolation that there is not is told with those that there are, and what is for workers is for nobody "
    "else") {
    const Ended wrong = run_udf_host({"--plugin", "mirror", "--isolation", "proces"});
    CHECK(wrong.status == 2);
    CHECK(wrong.errors == "udf-host: error: --isolation: 'proces' is neither process nor none; see udf-host --help\n");
    const Ended kept = run_udf_host({"--plugin", "mirror", "--kept-file", "/tmp/other.so"});
    CHECK(kept.status == 2);
    CHECK(kept.errors == Contains("--kept-file: is for the workers of a supervisor"));
}

TEST_CASE("a command that cannot be started is a failure, also where nobody asks anything of it") {
    const Ended ended = run_udf_host({"supervise", "--", "/no/such/command"});
    CHECK(ended.status == 1);
    CHECK(ended.errors == Contains("cannot start /no/such/command: No such file or directory"));
}

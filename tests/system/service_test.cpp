// SPDX-License-Identifier: MIT
//
// `udf-host serve` as systemd runs it, with a small one in its place: sockets that are there before it is, news of how
// it stands, a watchdog.
#include <doctest/doctest.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/temporary_directory.h"
#include "system/served.h"

namespace fs = std::filesystem;

namespace {

wire::unique_fd bound_socket(const fs::path& path, int type) {
    wire::unique_fd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return fd;
}

class ServiceManager {
    const TemporaryDirectory directory_;

public:
    const fs::path plugins = directory_.path() / "plugins", sockets = directory_.path() / "sockets";

    ServiceManager() {
        fs::create_directory(plugins);
        fs::create_directory(sockets);
        timeval patience{.tv_sec = kDeadline.count(), .tv_usec = 0};
        ::setsockopt(news_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    ServiceManager(const ServiceManager&) = delete;
    ServiceManager& operator=(const ServiceManager&) = delete;
    ~ServiceManager() {
        if (pid_ > 0) ::kill(pid_, SIGKILL);
        if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
    }

    // Listens where the universal function does.
    wire::unique_fd activated() const {
        wire::unique_fd fd = bound_socket(sockets / "native.sock", SOCK_STREAM);
        REQUIRE(::listen(fd.get(), 8) == 0);
        return fd;
    }

    // A `udf-host serve`, with a listener as its descriptor 3 where there is one.
    void start(const std::vector<std::string>& variables, int listener = -1) {
        // Its own process is whom LISTEN_PID names: systemd sets it after its fork.
        std::vector<std::string> words{"/bin/sh", "-c",           "LISTEN_PID=$$ exec \"$0\" \"$@\"",
                                       UDF_HOST,  "serve",        "--plugins-dir",
                                       plugins,   "--socket-dir", sockets};
        std::vector<std::string> environment = variables;
        environment.push_back("NOTIFY_SOCKET=" + (directory_.path() / "notify").native());
        std::vector<char*> argv, envp;
        for (std::string& word : words) argv.push_back(word.data());
        for (std::string& variable : environment) envp.push_back(variable.data());
        argv.push_back(nullptr);
        envp.push_back(nullptr);
        posix_spawn_file_actions_t files;
        ::posix_spawn_file_actions_init(&files);
        if (listener >= 0) ::posix_spawn_file_actions_adddup2(&files, listener, 3);
        REQUIRE(::posix_spawn(&pid_, "/bin/sh", &files, nullptr, argv.data(), envp.data()) == 0);
        ::posix_spawn_file_actions_destroy(&files);
    }

    // Whether that is told, whatever else is meanwhile.
    bool hears(std::string_view assignment) {
        const auto until = std::chrono::steady_clock::now() + kDeadline;
        while (std::chrono::steady_clock::now() < until)
            if (const std::string news = next(); news.find(assignment) != news.npos) return true;
        return false;
    }
    std::string next() {
        char bytes[4096];
        const ssize_t n = ::recv(news_.get(), bytes, sizeof bytes, 0);
        return n > 0 ? std::string(bytes, static_cast<size_t>(n)) : "nothing came";
    }

    void put_counter() const { fs::copy_file(TEST_PLUGINS "/counter_v1.so", plugins / "counter.so"); }

    pid_t pid() const noexcept { return pid_; }
    void signal(int number) const { ::kill(pid_, number); }
    int status() {
        int status = 0;
        REQUIRE(eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }));
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

private:
    const wire::unique_fd news_ = bound_socket(directory_.path() / "notify", SOCK_DGRAM);
    pid_t pid_ = -1;
};

pb::Option counter_option() {
    pb::Option option;
    option.set_name("algorithm");
    option.add_values()->set_type(pb::STRING);
    option.mutable_values(0)->set_stringvalue("counter");
    return option;
}

}  // namespace

TEST_CASE("a service manager is told when all that is offered is served, of a new configuration, and of the end") {
    ServiceManager manager;
    manager.put_counter();
    manager.start({});
    CHECK(manager.hears("READY=1"));
    CHECK(try_to_connect(manager.sockets / "counter.sock"));
    manager.signal(SIGHUP);
    const std::string reloading = manager.next();
    CHECK(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="));
    CHECK(manager.hears("READY=1"));
    manager.signal(SIGTERM);
    CHECK(manager.hears("STOPPING=1"));
    CHECK(manager.status() == 0);
}

TEST_CASE("a watchdog hears again and again that it gets on") {
    ServiceManager manager;
    manager.start({"WATCHDOG_USEC=100000"});
    CHECK(manager.hears("READY=1"));
    for (int i = 0; i < 5; ++i) CHECK(manager.next() == "WATCHDOG=1");
    manager.signal(SIGTERM);
    CHECK(manager.status() == 0);
}

TEST_CASE("one that is meant for another process has no watchdog and no sockets of ours") {
    ServiceManager manager;
    manager.start({"WATCHDOG_USEC=1000", "WATCHDOG_PID=1"});
    CHECK(manager.hears("READY=1"));
    manager.signal(SIGHUP);
    CHECK(manager.next().starts_with("RELOADING=1"));
}

TEST_CASE("who connected before it ran is served on the socket that the service manager opened, which stays") {
    ServiceManager manager;
    manager.put_counter();
    const wire::unique_fd socket = manager.activated();
    ServedTask early(manager.sockets / "native.sock");
    manager.start({"LISTEN_FDS=1", "LISTEN_FDNAMES=native"}, socket.get());
    CHECK(early.init({counter_option()}) == "");
    CHECK(early.finish());
    manager.signal(SIGTERM);
    CHECK(manager.status() == 0);
    // The next one goes on with it.
    CHECK(fs::exists(manager.sockets / "native.sock"));
    CHECK(!fs::exists(manager.sockets / "counter.sock"));
    ServedTask between(manager.sockets / "native.sock");
    manager.start({"LISTEN_FDS=1"}, socket.get());
    CHECK(between.init({counter_option()}) == "");
    CHECK(between.finish());
}

TEST_CASE("what the service manager says reaches no worker") {
    ServiceManager manager;
    manager.put_counter();
    const wire::unique_fd socket = manager.activated();
    manager.start({"LISTEN_FDS=1", "WATCHDOG_USEC=60000000", "KEPT=1"}, socket.get());
    ServedTask task(manager.sockets / "native.sock");
    CHECK(task.init({counter_option()}) == "");
    std::string environment;
    for (const pid_t child : process_table::children(manager.pid()))  // one may ask a plugin what it offers
        if (process_table::text_of(process_table::folder(child) / "cmdline").find("--isolation") != std::string::npos)
            environment = process_table::text_of(process_table::folder(child) / "environ");
    CHECK(environment.find("KEPT=1") != environment.npos);
    for (const char* variable : {"NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "WATCHDOG_USEC"})
        CHECK_MESSAGE(environment.find(variable) == environment.npos, variable);
    CHECK(task.finish());
}

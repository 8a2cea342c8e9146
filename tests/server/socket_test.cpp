// SPDX-License-Identifier: MIT
#include "server/socket.h"

#include <doctest/doctest.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fstream>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "plugin/contains.h"
#include "plugin/temporary_directory.h"
#include "server/child_process.h"
#include "support/log_capture.h"

using server::Listener;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr auto kDeadline = 60s;  // for what happens at once on a machine that is not busy

template <class Condition>
bool eventually(Condition&& condition) {
    const auto until = std::chrono::steady_clock::now() + kDeadline;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

// ---- The other side of a socket ----

wire::unique_fd new_socket(int flags = 0) { return wire::unique_fd(::socket(AF_UNIX, SOCK_STREAM | flags, 0)); }

sockaddr_un address_of(const fs::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), std::min(sizeof address.sun_path - 1, path.native().size()));
    return address;
}

bool connect_to(const wire::unique_fd& socket, const fs::path& path) {
    const sockaddr_un address = address_of(path);
    return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

wire::unique_fd bound_socket(const fs::path& path) {
    wire::unique_fd socket = new_socket();
    const sockaddr_un address = address_of(path);
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return socket;
}

bool is_served(const fs::path& path) { return connect_to(new_socket(), path); }

class Client {
public:
    explicit Client(const fs::path& path, wire::unique_fd socket = new_socket()) : socket_(std::move(socket)) {
        REQUIRE(eventually([&] { return connect_to(socket_, path); }));
        const timeval limit{.tv_sec = std::chrono::seconds(kDeadline).count(), .tv_usec = 0};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    }

    void send(std::string_view bytes) {
        REQUIRE(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
    }
    std::string receive(size_t size) {
        std::string bytes(size, '\0');
        const ssize_t n = ::recv(socket_.get(), bytes.data(), size, MSG_WAITALL);
        bytes.resize(static_cast<size_t>(std::max<ssize_t>(n, 0)));
        return bytes;
    }
    bool sees_the_end() {
        char byte = 0;
        return ::recv(socket_.get(), &byte, 1, 0) == 0;
    }
    std::string echo(const std::string& bytes) {
        send(bytes);
        return receive(bytes.size());
    }
    void end_input() { ::shutdown(socket_.get(), SHUT_WR); }
    void hang_up() { socket_.reset(); }

private:
    wire::unique_fd socket_;
};

// ---- What serves a connection ----

// Sends back what comes, to the end of the input.
void echo(wire::Channel& channel, const std::function<void()>& /*abandon*/ = {}) {
    using Status = wire::Channel::Status;
    char bytes[4096];
    for (;;) {
        const auto got = channel.read(bytes, sizeof bytes);
        if (got.status == Status::closed) return;
        if (got.status == Status::again) channel.wait({.input = true}, std::nullopt);
        for (size_t sent = 0; sent < got.bytes;) {
            const auto moved = channel.write(bytes + sent, got.bytes - sent);
            if (moved.status == Status::closed) return;
            if (moved.status == Status::again) channel.wait({.output = true}, std::nullopt);
            sent += moved.bytes;
        }
    }
}

void echo_and_rest(wire::Channel& channel, const std::function<void()>& /*abandon*/ = {}) {
    echo(channel);
    channel.write("the rest", 8);
}

// A connection that sees the end of its input, but ends only when this does.
class Stubborn {
public:
    ~Stubborn() {
        std::unique_lock lock(mutex_);
        let_go_ = true;
        changed_.notify_all();
        changed_.wait(lock, [&] { return ended_; });
    }

    void operator()(wire::Channel& channel, const std::function<void()>& /*abandon*/ = {}) {
        echo(channel);
        input_ended = true;
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return let_go_; });
        ended_ = true;
        changed_.notify_all();
    }

    std::atomic<bool> input_ended = false;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool let_go_ = false, ended_ = false;
};

// ---- serve_socket on a thread of its own ----

class Server {
public:
    explicit Server(server::ServeConnection serve, std::chrono::milliseconds stop_timeout = 1h,
                    std::function<void()> on_hangup = {}) {
        server::block_stop_signals();
        const server::SocketOptions options{
            .endpoint = {.path = path}, .stop_timeout = stop_timeout, .on_hangup = std::move(on_hangup)};
        result_ = std::async(std::launch::async,
                             [serve = std::move(serve), options] { return server::serve_socket(options, serve); });
    }
    ~Server() {
        while (result_.valid() && result_.wait_for(10ms) != std::future_status::ready) signal(SIGTERM);
        sigset_t signals;
        ::sigemptyset(&signals);
        ::sigaddset(&signals, SIGINT);
        ::sigaddset(&signals, SIGTERM);
        const timespec at_once{};
        while (::sigtimedwait(&signals, nullptr, &at_once) > 0) {
        }
    }

    void signal(int number) { REQUIRE(::kill(::getpid(), number) == 0); }

    // Sends a signal and returns when nothing is accepted any more.
    void stop(int number = SIGTERM) {
        signal(number);
        REQUIRE(eventually([&] { return !fs::exists(path); }));
    }

    // What serve_socket returned.
    bool result() {
        REQUIRE(result_.wait_for(kDeadline) == std::future_status::ready);
        return result_.get();
    }

private:
    TemporaryDirectory directory_;

public:
    const fs::path path = directory_ / "socket";

private:
    std::future<bool> result_;
};

// While it lives, this process can have no more descriptors.
class NoDescriptors {
public:
    NoDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const wire::unique_fd next(::dup(STDERR_FILENO));
        const rlimit limit{static_cast<rlim_t>(next.get()), before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    }
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;

private:
    rlimit before_{};
};

std::chrono::nanoseconds cpu_time() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

bool is_pending(int signal) {
    sigset_t pending;
    return ::sigpending(&pending) == 0 && ::sigismember(&pending, signal) == 1;
}

mode_t mode_of(const fs::path& path) {
    struct stat st {};
    REQUIRE(::lstat(path.c_str(), &st) == 0);
    return st.st_mode;
}

gid_t group_of(const fs::path& path) {
    struct stat st {};
    REQUIRE(::lstat(path.c_str(), &st) == 0);
    return st.st_gid;
}

// One that the running user may give a file to; not the one that files have anyway, where possible.
const group* any_group() {
    std::vector<gid_t> groups(static_cast<size_t>(std::max(::getgroups(0, nullptr), 0)));
    groups.resize(static_cast<size_t>(std::max(::getgroups(static_cast<int>(groups.size()), groups.data()), 0)));
    if (::geteuid() == 0) groups.push_back(1);
    for (const gid_t candidate : groups)
        if (const group* found = ::getgrgid(candidate); candidate != ::getegid() && found != nullptr) return found;
    return ::getgrgid(::getegid());
}

std::string socket_refusal(const wire::Endpoint& endpoint, const std::string& group = {}) {
    try {
        const Listener listener(endpoint, server::kSocketMode, group);
    } catch (const std::runtime_error& e) {
        return e.what();
    }
    return "it was not refused";
}

}  // namespace

// ---- Listener ----

TEST_CASE("a listener is there and gone with its file") {
    const TemporaryDirectory directory;
    const fs::path path = directory / "socket";
    {
        const Listener listener({.path = path});
        CHECK(is_served(path));
    }
    CHECK_FALSE(fs::exists(path));
}

TEST_CASE("a stale socket file is replaced") {
    const TemporaryDirectory directory;
    const fs::path path = directory / "socket";
    bound_socket(path).reset();
    REQUIRE(fs::is_socket(path));
    const Listener listener({.path = path});
    CHECK(is_served(path));
}

TEST_CASE("a socket that somebody listens on is refused by name and left alone") {
    const TemporaryDirectory directory;
    const fs::path path = directory / "socket";
    const Listener first({.path = path});
    const std::string message = socket_refusal({.path = path});
    CHECK(message == Contains(path));
    CHECK(message == Contains("another process is listening there"));
    CHECK(is_served(path));
}

TEST_CASE("a listener too busy to answer is not taken for a stale file") {
    const TemporaryDirectory directory;
    const fs::path path = directory / "socket";
    const wire::unique_fd busy = bound_socket(path);
    REQUIRE(::listen(busy.get(), 0) == 0);
    std::vector<wire::unique_fd> waiting;
    do waiting.push_back(new_socket(SOCK_NONBLOCK));
    while (connect_to(waiting.back(), path));
    CHECK(socket_refusal({.path = path}) == Contains("another process is listening there"));
    CHECK(fs::is_socket(path));
}

TEST_CASE("a file that is no socket is refused and left alone") {
    const TemporaryDirectory directory;
    const fs::path path = directory / "notes.txt";
    std::ofstream(path) << "precious";
    const std::string message = socket_refusal({.path = path});
    CHECK(message == Contains(path));
    CHECK(message == Contains("not a socket"));
    CHECK(fs::file_size(path) == 8);
}

TEST_CASE("a path that a socket cannot have is refused with its length") {
    const TemporaryDirectory directory;
    const fs::path path = directory / std::string(120, 'x');
    CHECK(socket_refusal({.path = path}) == Contains(std::to_string(path.native().size()) + " bytes"));
    CHECK(socket_refusal({.path = ""}) == Contains("empty"));
}

TEST_CASE("a directory that is not there is refused by name") {
    const TemporaryDirectory directory;
    CHECK(socket_refusal({.path = directory / "none" / "socket"}) == Contains("none/socket: "));
}

TEST_CASE("the file has exactly the mode that was asked for") {
    const TemporaryDirectory directory;
    const mode_t before = ::umask(0027);
    for (const mode_t mode : {0600u, 0660u, 0666u}) {
        const Listener listener({.path = directory / "socket"}, mode);
        CHECK((mode_of(directory / "socket") & 0777) == mode);
    }
    CHECK(::umask(before) == 0027);
}

TEST_CASE("the file has the group that was asked for") {
    const TemporaryDirectory directory;
    const group* wanted = any_group();
    REQUIRE(wanted != nullptr);
    const gid_t id = wanted->gr_gid;
    const Listener listener({.path = directory / "socket"}, server::kSocketMode, wanted->gr_name);
    CHECK(group_of(directory / "socket") == id);
    CHECK((mode_of(directory / "socket") & 0777) == 0660);
}

TEST_CASE("an unknown group is refused and leaves nothing behind") {
    const TemporaryDirectory directory;
    const fs::path path = directory / "socket";
    CHECK(socket_refusal({.path = path}, "no_such_group") == Contains("there is no group 'no_such_group'"));
    CHECK_FALSE(fs::exists(path));
}

TEST_CASE("a successor keeps its file when the one before it ends") {
    const TemporaryDirectory directory;
    const fs::path path = directory / "socket";
    auto first = std::make_unique<Listener>(wire::Endpoint{.path = path});
    fs::remove(path);
    const Listener successor({.path = path});
    first.reset();
    CHECK(is_served(path));
}

// ---- serve_socket ----

TEST_CASE("connections at once have a thread each") {
    std::mutex mutex;
    std::set<std::thread::id> threads;
    Server server([&](wire::Channel& channel, const std::function<void()>&) {
        {
            const std::lock_guard lock(mutex);
            threads.insert(std::this_thread::get_id());
        }
        echo(channel);
    });
    std::vector<Client> clients;
    for (int i = 0; i < 50; ++i) clients.emplace_back(server.path);
    for (size_t i = 0; i < clients.size(); ++i) clients[i].send("client " + std::to_string(i));
    for (size_t i = 0; i < clients.size(); ++i) {
        const std::string own = "client " + std::to_string(i);
        CHECK(clients[i].receive(own.size()) == own);
    }
    const std::lock_guard lock(mutex);
    CHECK(threads.size() == clients.size());
}

TEST_CASE("what comes after the end of the input is still written") {
    Server server(echo_and_rest);
    Client client(server.path);
    CHECK(client.echo("hello") == "hello");
    client.end_input();
    CHECK(client.receive(8) == "the rest");
    CHECK(client.sees_the_end());
}

TEST_CASE("a connection that is reset ends alone") {
    Server server(echo);
    Client bystander(server.path);
    CHECK(bystander.echo("before") == "before");
    for (int i = 0; i < 10; ++i) {
        Client bad(server.path);
        bad.send(std::string(4096, 'x'));
        bad.receive(1);
        bad.hang_up();  // with most of the answer unread: a reset
    }
    CHECK(bystander.echo("after") == "after");
    CHECK(Client(server.path).echo("new") == "new");
}

TEST_CASE("a connection that fails is hung up on alone") {
    Server server([](wire::Channel& channel, const std::function<void()>&) {
        char byte = 0;
        channel.wait({.input = true}, std::nullopt);
        channel.read(&byte, 1);
        if (byte == '!') throw std::runtime_error("this is meant to fail");
        channel.write(&byte, 1);
        echo(channel);
    });
    Client bystander(server.path), bad(server.path);
    CHECK(bystander.echo("before") == "before");
    bad.send("!");
    CHECK(bad.sees_the_end());
    CHECK(bystander.echo("after") == "after");
}

TEST_CASE("a connection ends for its client though a forked child has it, too") {
    std::atomic<pid_t> child = 0;
    Server server([&](wire::Channel&, const std::function<void()>&) {
        child = ::fork();
        if (child == 0) stay_for_a_while();
        throw std::runtime_error("this is meant to fail");
    });
    CHECK(Client(server.path).sees_the_end());
    CHECK(::waitpid(child, nullptr, WNOHANG) == 0);  // it is there still
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
}

TEST_CASE("without descriptors connections wait, the log says so once, and no time is burnt") {
    const support::LogCapture log;
    Server server(echo);
    Client first(server.path);
    CHECK(first.echo("before") == "before");
    // Sanitizers need descriptors to look at the type of what waits for the first time.
    wire::FdChannel(new_socket()).wait({.output = true}, 0ms);
    std::vector<wire::unique_fd> sockets(3);
    for (wire::unique_fd& socket : sockets) socket = new_socket();
    std::vector<Client> waiting;
    {
        const NoDescriptors none;
        for (wire::unique_fd& socket : sockets) waiting.emplace_back(server.path, std::move(socket));
        REQUIRE(eventually([&] { return log.text() == Contains("could not be accepted"); }));
        const auto burnt = cpu_time();
        std::this_thread::sleep_for(500ms);
        CHECK(cpu_time() - burnt < 100ms);
    }
    for (Client& client : waiting) CHECK(client.echo("after") == "after");
    REQUIRE(eventually([&] { return log.text() == Contains("connections are served again"); }));
    CHECK(log.text().find("could not") == log.text().rfind("could not"));
}

TEST_CASE("either signal stops a server without connections at once") {
    for (const int signal : {SIGTERM, SIGINT}) {
        Server server(echo);
        Client(server.path).hang_up();
        server.stop(signal);
        CHECK(server.result());
    }
}

TEST_CASE("a server that stops accepts no more and lets connections finish") {
    Server server(echo);
    Client client(server.path);
    CHECK(client.echo("before") == "before");
    server.stop();
    CHECK_FALSE(is_served(server.path));
    CHECK(client.echo("after") == "after");
    client.end_input();
    CHECK(client.sees_the_end());
    CHECK(server.result());
}

TEST_CASE("the input of a connection ends after half of the stop timeout") {
    Server server(echo_and_rest, 400ms);
    Client client(server.path);
    CHECK(client.echo("before") == "before");
    const auto start = std::chrono::steady_clock::now();
    server.stop();
    CHECK(client.receive(8) == "the rest");
    CHECK(client.sees_the_end());
    CHECK(server.result());
    CHECK(std::chrono::steady_clock::now() - start >= 200ms);
}

TEST_CASE("a connection that never ends does not hold up the stop") {
    Stubborn stubborn;
    Server server([&](wire::Channel& channel, const std::function<void()>&) { stubborn(channel); }, 50ms);
    Client client(server.path);
    CHECK(client.echo("before") == "before");
    server.stop();
    CHECK_FALSE(server.result());
}

TEST_CASE("a second signal ends the input and a third waits for nobody") {
    Stubborn stubborn;
    Server server([&](wire::Channel& channel, const std::function<void()>&) { stubborn(channel); });
    Client client(server.path);
    CHECK(client.echo("before") == "before");
    server.stop();
    CHECK(client.echo("after") == "after");
    server.signal(SIGTERM);
    CHECK(eventually([&] { return stubborn.input_ended.load(); }));
    server.signal(SIGINT);
    CHECK_FALSE(server.result());
}

TEST_CASE("SIGHUP is handed over, and nothing else happens") {
    // In a process of its own: it stays blocked.
    ChildProcess child([] {
        server::block_hangup_signal();
        std::atomic<int> hangups = 0;
        Server server(echo, 1h, [&] { ++hangups; });
        Client client(server.path);
        if (client.echo("before") != "before") return false;
        for (int i = 1; i <= 3; ++i) {
            server.signal(SIGHUP);
            if (!eventually([&] { return hangups == i; })) return false;
        }
        return client.echo("after") == "after" && Client(server.path).echo("new") == "new";
    });
    CHECK(child.status() == 0);
}

TEST_CASE("SIGHUP does not hurry a server that stops") {
    ChildProcess child([] {
        server::block_hangup_signal();
        Server server(echo, 1h, [] {});
        Client client(server.path);
        if (client.echo("before") != "before") return false;
        server.stop();
        server.signal(SIGHUP);
        if (!eventually([] { return !is_pending(SIGHUP); })) return false;
        if (client.echo("after") != "after") return false;
        client.end_input();
        return client.sees_the_end() && server.result();
    });
    CHECK(child.status() == 0);
}

TEST_CASE("SIGHUP ends a server that has nothing to do then") {
    ChildProcess child([] {
        Server server(echo);
        if (Client(server.path).echo("before") != "before") return false;
        server.signal(SIGHUP);
        stay_for_a_while();
    });
    CHECK(child.status() == 128 + SIGHUP);
}

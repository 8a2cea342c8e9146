// SPDX-License-Identifier: MIT
#include "server/control.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "plugin/temporary_directory.h"
#include "server/child_process.h"
#include "server/control_client.h"
#include "server/control_directory.h"

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using server::Control;

namespace {

constexpr std::chrono::milliseconds kAmple{20'000};

// The control directory for as long as it lives.
class Place {
public:
    Place() { ::setenv("UDF_HOST_CONTROL_DIR", path().c_str(), 1); }
    ~Place() { ::setenv("UDF_HOST_CONTROL_DIR", before_.c_str(), 1); }
    fs::path path() const { return directory_ / "control"; }
    size_t files() const {
        std::error_code none;
        return static_cast<size_t>(std::distance(fs::directory_iterator(path(), none), {}));
    }

private:
    const std::string before_ = ::getenv("UDF_HOST_CONTROL_DIR");
    const TemporaryDirectory directory_;
};

std::string asked_back(const std::string& request) { return "{\"asked\":\"" + request + "\"}"; }

wire::unique_fd talk_to(const fs::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, sizeof address.sun_path - 1);
    wire::unique_fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return fd;
}

// A socket that was bound there, by nobody who listens any more.
void leave_dead_socket(const fs::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, sizeof address.sun_path - 1);
    const wire::unique_fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

// The number of a process that is no more.
int dead_process() {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    ::waitpid(child, nullptr, 0);
    return child;
}

}  // namespace

TEST_CASE("one line is asked and one answered, any number of times") {
    const Place place;
    const Control control(asked_back);
    CHECK(control.path() == place.path() / (std::to_string(::getpid()) + ".sock"));
    for (const std::string request : {"status", "log-level debug"}) {
        const auto answers = server::ask_all(request, kAmple);
        REQUIRE(answers.size() == 1);
        CHECK(answers[0].problem == "");
        CHECK(answers[0].line == asked_back(request));
        CHECK(answers[0].process == ::getpid());
    }
}

TEST_CASE("the socket is for its user and group, in a directory of the user's own, and gone at the end") {
    const Place place;
    {
        const Control control(asked_back);
        struct stat st {};
        REQUIRE(::stat(control.path().c_str(), &st) == 0);
        CHECK((st.st_mode & 0777) == 0660);
        REQUIRE(::stat(place.path().c_str(), &st) == 0);
        CHECK((st.st_mode & 0777) == 0700);
        CHECK(place.files() == 1);
    }
    CHECK(place.files() == 0);
}

TEST_CASE("a directory that others may write to, or that is none, is not used") {
    const Place place;
    fs::create_directory(place.path());
    fs::permissions(place.path(), fs::perms::all);
    CHECK(Control(asked_back).path() == "");
    CHECK(server::control_directory_for_us().problem.find("others may write there") != std::string::npos);
    fs::remove(place.path());
    fs::create_directory_symlink("/", place.path());
    CHECK(Control(asked_back).path() == "");
    fs::remove(place.path());
    std::ofstream(place.path()) << "a file";
    CHECK(Control(asked_back).path() == "");
}

TEST_CASE("a request that is too long, or never ends, is not answered, and the next one is") {
    const Place place;
    const Control control(asked_back);
    {
        const wire::unique_fd socket = talk_to(control.path());
        const std::string much(100'000, 'x');
        (void)!::send(socket.get(), much.data(), much.size(), MSG_NOSIGNAL);
        char byte;
        CHECK(::recv(socket.get(), &byte, 1, 0) <= 0);
    }
    const wire::unique_fd silent = talk_to(control.path());
    CHECK(server::ask_all("status", kAmple).at(0).line == asked_back("status"));
}

TEST_CASE("who takes no answer holds nobody up for long, and not the end at all") {
    const Place place;
    std::optional<Control> control(std::in_place, [](const std::string&) { return std::string(8u << 20, 'x'); });
    const wire::unique_fd greedy = talk_to(control->path());
    REQUIRE(::send(greedy.get(), "status\n", 7, MSG_NOSIGNAL) == 7);
    char byte;
    REQUIRE(::recv(greedy.get(), &byte, 1, 0) == 1);  // it is being answered now
    const auto began = std::chrono::steady_clock::now();
    control.reset();
    CHECK(std::chrono::steady_clock::now() - began < 900ms);  // it would have waited a second
}

TEST_CASE("an answer that fails is none, and the next one is there") {
    const Place place;
    int asked = 0;
    const Control control([&](const std::string& request) {
        if (++asked == 1) throw std::bad_alloc();
        return asked_back(request);
    });
    CHECK(server::ask_all("status", kAmple).at(0).problem == "it hung up");
    CHECK(server::ask_all("status", kAmple).at(0).problem == "");
}

TEST_CASE("a process that does not answer in time is told apart, and holds up no other") {
    const Place place;
    std::promise<void> go_on;
    const Control control([&](const std::string&) {
        go_on.get_future().wait();
        return std::string("{}");
    });
    const auto answers = server::ask_all("status", 50ms);
    go_on.set_value();
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].problem == "no answer within 0.05 s");
}

TEST_CASE("sockets of dead processes are removed by who lists them, and nothing else is") {
    const Place place;
    const Control control(asked_back);
    const std::string dead = std::to_string(dead_process());
    leave_dead_socket(place.path() / (dead + ".sock"));
    leave_dead_socket(place.path() / "1.sock");  // the number of a process that is there, but not the one it was
    leave_dead_socket(place.path() / "mine.sock");
    std::ofstream(place.path() / (dead + "-2.sock")) << "no socket";
    CHECK(server::ask_all("status", kAmple).size() == 1);
    CHECK(!fs::exists(place.path() / (dead + ".sock")));
    CHECK(!fs::exists(place.path() / "1.sock"));
    CHECK(fs::exists(place.path() / "mine.sock"));
    CHECK(fs::exists(place.path() / (dead + "-2.sock")));
}

TEST_CASE("a process takes the name of a dead one of its number, and another where a live one has it") {
    const Place place;
    fs::create_directory(place.path());
    fs::permissions(place.path(), fs::perms::owner_all);
    const std::string number = std::to_string(::getpid());
    leave_dead_socket(place.path() / (number + ".sock"));
    const Control first(asked_back);
    CHECK(first.path().filename() == number + ".sock");
    const Control second(asked_back);
    CHECK(second.path().filename() == number + "-2.sock");
    CHECK(server::ask_all("status", kAmple).size() == 2);
}

TEST_CASE("SIGTERM and SIGINT end a process as they do by default, and leave no socket") {
    for (const int signal : {SIGTERM, SIGINT}) {
        const Place place;
        ChildProcess child([] {
            std::signal(SIGTERM, SIG_DFL);
            std::signal(SIGINT, SIG_DFL);
            const Control control(asked_back);
            (void)!::write(STDOUT_FILENO, "x", 1);
            stay_for_a_while();
            return true;
        });
        char byte;
        REQUIRE(::read(child.output.get(), &byte, 1) == 1);
        CHECK(place.files() == 1);
        ::kill(child.pid(), signal);
        CHECK(child.status() == 128 + signal);
        CHECK(place.files() == 0);
    }
}

TEST_CASE("one whose descriptors a plugin has closed ends all the same") {
    const Place place;
    ChildProcess child([] {
        const Control control(asked_back);
        ::usleep(100'000);  // its thread waits by then
        for (int fd = 3; fd < 1024; ++fd) ::close(fd);
        return true;
    });
    CHECK(child.status() == 0);
}

TEST_CASE("a child that a plugin forks leaves the socket alone when it is ended") {
    const Place place;
    const Control control(asked_back);
    const pid_t child = ::fork();
    if (child == 0) {
        ::raise(SIGTERM);
        ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    CHECK(place.files() == 1);
}

TEST_CASE("names of sockets are told from others") {
    CHECK(server::process_of_socket("4711.sock") == 4711);
    CHECK(server::process_of_socket("4711-2.sock") == 4711);
    for (const char* other :
         {".4711", "x.sock", "4711", "4711-.sock", "-1.sock", "0.sock", "4711.sock.sock", ".sock", "99999999999.sock"})
        CHECK(!server::process_of_socket(other));
}

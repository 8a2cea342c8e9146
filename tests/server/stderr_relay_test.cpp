// SPDX-License-Identifier: MIT
#include "server/stderr_relay.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "log/log.h"
#include "plugin/contains.h"
#include "plugin/temporary_directory.h"
#include "server/child_process.h"

namespace {

bool say(std::string_view text) {
    return ::write(STDERR_FILENO, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// Enough to be on its way still when the next thing happens.
std::string many_lines() {
    std::string lines;
    for (int i = 0; i < 4000; ++i) lines += "line " + std::to_string(i) + ", and some more to make it longer\n";
    return lines;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = text.find('\n', begin);
        lines.push_back(text.substr(begin, end - begin));
        if (end == text.npos) break;
        begin = end + 1;
    }
    return lines;
}

// What somebody hears who reads on to the end, of a process that ends with `status`.
std::string heard(const std::function<bool()>& body, int status = 0) {
    ChildProcess child([&] {
        server::relay_stderr();
        return body();
    });
    const std::string text = without_sanitizer(read_to_the_end(child.errors.get()));
    CHECK(child.status() == status);
    return text;
}

bool is_a_pipe(int fd) {
    struct stat st {};
    return ::fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

}  // namespace

// ---- Lines ----

TEST_CASE("what is said arrives as it is and in its order") {
    const std::string lines = many_lines();
    CHECK(heard([&]() -> bool { std::exit(say(lines) ? 0 : 1); }) == lines);
}

TEST_CASE("what is printed on stdout is said on stderr") {
    CHECK(heard([]() -> bool {
              std::printf("printed\n");
              std::fflush(stdout);
              std::exit(0);
          }) == "printed\n");
}

TEST_CASE("a line arrives at once") {
    ChildProcess child([] {
        server::relay_stderr();
        say("hello\n");
        return ::pause() == 0;
    });
    char bytes[16];
    CHECK(std::string(bytes, static_cast<size_t>(std::max<ssize_t>(::read(child.errors.get(), bytes, 16), 0))) ==
          "hello\n");
}

TEST_CASE("a line of any length is cut to what Kapacitor can read, and nothing of it is lost") {
    const std::string text = heard([]() -> bool { std::exit(say(std::string(1'000'000, 'x')) ? 0 : 1); });
    size_t bytes = 0, longest = 0;
    for (const std::string& line : lines_of(text)) {
        bytes += line.size();
        longest = std::max(longest, line.size() + 1);
    }
    CHECK(bytes == 1'000'000);
    CHECK(longest == server::kStderrLine);
}

TEST_CASE("a line of just the greatest length is one line") {
    const std::string line(server::kStderrLine - 1, 'x');
    CHECK(heard([&]() -> bool { std::exit(say(line + "\nnext\n") ? 0 : 1); }) == line + "\nnext\n");
}

// ---- JSON ----

TEST_CASE("where the log is JSON whatever is said becomes that, and what is stays as it is") {
    const std::string hostile("\xff\"\\\x01\0=é", 8);
    const std::string ours = R"({"time":"t","level":"info","message":"m","n":1})";
    const std::string text = heard([&]() -> bool {
        logging::set_format(logging::Format::json);
        say("plain\n" + hostile + "\n" + ours + "\n{\"time\":\"\n" + std::string(10'000, '\x01') + "\n");
        logging::warning("a warning", {{"cause", hostile}});
        std::exit(say("no end") ? 0 : 1);
    });
    std::vector<nlohmann::json> lines;
    for (const std::string& line : lines_of(text)) {
        CHECK(line.size() <= 64u << 10);  // what Kapacitor can read
        lines.push_back(nlohmann::json::parse(line));
    }
    REQUIRE(lines.size() == 8);
    CHECK(lines[0]["message"] == "plain");
    CHECK(lines[0]["level"] == "info");
    CHECK(lines[0]["source"] == "stderr");
    CHECK(lines[0]["time"].get<std::string>().ends_with('Z'));
    CHECK(lines[1]["message"] == "\xef\xbf\xbd" + hostile.substr(1));
    CHECK(lines_of(text)[2] == ours);
    CHECK(lines[3]["message"] == "{\"time\":\"");
    CHECK(lines[4]["message"].get<std::string>().size() + lines[5]["message"].get<std::string>().size() == 10'000);
    CHECK(lines[6]["message"] == "a warning");
    CHECK_FALSE(lines[6].contains("source"));
    CHECK(lines[7]["message"] == "no end");
}

TEST_CASE("a file is written to in JSON too, from when the log is that") {
    const TemporaryDirectory directory;
    const std::string path = (directory / "log").string();
    ChildProcess child([&]() -> bool {
        const wire::unique_fd file(::open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600));
        ::dup2(file.get(), STDERR_FILENO);
        server::relay_stderr();
        say("one\n");
        logging::set_format(logging::Format::json);
        server::relay_stderr();
        say("two\n");
        std::exit(0);
    });
    CHECK(child.status() == 0);
    std::ifstream in(path);
    std::string first, second;
    std::getline(in, first);
    std::getline(in, second);
    CHECK(first == "one");
    CHECK(nlohmann::json::parse(second)["message"] == "two");
}

// ---- Nobody reads ----

TEST_CASE("who says much is not stopped, and what was dropped is counted") {
    constexpr size_t kLines = 100'000;
    ChildProcess child([] {
        const int output = ::dup(STDOUT_FILENO);
        server::relay_stderr();
        for (size_t i = 0; i < kLines; ++i)
            if (!say("a line of forty bytes, newline included\n")) return false;
        ::close(output);
        return ::pause() == 0;
    });
    REQUIRE(read_to_the_end(child.output.get()).empty());

    std::string text;
    char bytes[4096];
    constexpr std::string_view kRemark = "udf-host: warning: lines were dropped: stderr was not read lines=";
    while (text.find(kRemark) == text.npos || text.back() != '\n') {
        const ssize_t n = ::read(child.errors.get(), bytes, sizeof bytes);
        REQUIRE(n > 0);
        text.append(bytes, static_cast<size_t>(n));
    }
    const size_t remark = text.find(kRemark);
    REQUIRE(remark != text.npos);
    const size_t kept = remark / 40;
    CHECK(remark % 40 == 0);
    CHECK(kept * 40 >= server::kStderrBacklog / 2);
    CHECK(kept + std::stoul(text.substr(remark + kRemark.size())) <= kLines);
}

TEST_CASE("a process that nobody listens to ends all the same") {
    const std::string lines = many_lines();
    ChildProcess child([&]() -> bool {
        server::relay_stderr();
        for (int i = 0; i < 10; ++i) say(lines);
        std::exit(0);
    });
    CHECK(child.status() == 0);
}

TEST_CASE("a flush that is not heard gives up") {
    const std::string lines = many_lines();
    ChildProcess child([&] {
        server::relay_stderr();
        for (int i = 0; i < 10; ++i) say(lines);
        const auto start = std::chrono::steady_clock::now();
        const bool flushed = server::flush_stderr();
        return !flushed && std::chrono::steady_clock::now() - start >= server::kStderrFlush;
    });
    CHECK(child.status() == 0);
}

TEST_CASE("a reader that has gone stops nobody") {
    const std::string lines = many_lines();
    std::signal(SIGPIPE, SIG_IGN);
    ChildProcess child([&] {
        server::relay_stderr();
        char byte = 0;
        (void)!::read(STDIN_FILENO, &byte, 1);
        for (int i = 0; i < 10; ++i) say(lines);
        return server::flush_stderr();
    });
    child.errors.reset();
    child.input.reset();
    CHECK(child.status() == 0);
}

// ---- Death ----

TEST_CASE("last words are heard before an exit, also without a newline") {
    const std::string lines = many_lines() + "the last words";
    CHECK(heard([&]() -> bool { std::exit(say(lines) ? 3 : 1); }, 3) == lines + "\n");
}

TEST_CASE("last words are heard before an _exit that flushes") {
    const std::string lines = many_lines() + "the last words";
    CHECK(heard([&] { return say(lines) && server::flush_stderr(); }) == lines + "\n");
}

TEST_CASE("what is said while the process ends is heard") {
    CHECK(heard([]() -> bool {
              static const struct Late {
                  ~Late() { say("a destructor speaks\n"); }
              } late;
              std::printf("never flushed");
              std::exit(0);
          }) == "a destructor speaks\nnever flushed");
}

// ---- Children ----

TEST_CASE("children that live on do not keep stderr open") {
    const auto spawn = [] {
        char name[] = "sleep", seconds[] = "20";
        char* const argv[] = {name, seconds, nullptr};
        pid_t pid = 0;
        if (::posix_spawnp(&pid, name, nullptr, nullptr, argv, ::environ) != 0) std::exit(1);
    };
    const auto fork = [] {
        if (::fork() == 0) stay_for_a_while();
    };
    for (const auto& make_child : std::vector<std::function<void()>>{spawn, fork}) {
        CHECK(heard([&]() -> bool {
                  make_child();
                  std::exit(say("the end\n") ? 0 : 1);
              }) == "the end\n");
    }
}

TEST_CASE("what a forked child says is heard, and its exit closes nothing") {
    CHECK(heard([]() -> bool {
              // Its threads are at work then: in their first steps the sanitizer holds locks, which a
              // child would wait for in vain at its exit.
              if (!say("before\n") || !server::flush_stderr()) std::exit(2);
              const pid_t child = ::fork();
              if (child == 0) std::exit(say("from a child\n") ? 0 : 1);  // with all that is done at an exit
              int status = 0;
              ::waitpid(child, &status, 0);
              std::exit(say("from its parent\n") ? status : 1);
          }) == "before\nfrom a child\nfrom its parent\n");
}

// ---- What needs no relay ----

TEST_CASE("a file is written to without a pipe") {
    ChildProcess child([] {
        const wire::unique_fd file(::memfd_create("stderr", MFD_CLOEXEC));
        ::dup2(file.get(), STDERR_FILENO);
        server::relay_stderr();
        return say("hello") && !is_a_pipe(STDERR_FILENO) && ::lseek(file.get(), 0, SEEK_CUR) == 5 &&
               server::flush_stderr();
    });
    CHECK(child.status() == 0);
}

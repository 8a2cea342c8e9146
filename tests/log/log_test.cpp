// SPDX-License-Identifier: MIT
#include "log/log.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "log/journal.h"
#include "log/parsed.h"
#include "support/log_capture.h"

namespace {

using logging::Format;
using logging::Level;
using logging::Where;
using std::chrono::seconds;
using support::LogCapture;

size_t lines_with(const LogCapture& log, std::string_view part) {
    size_t count = 0;
    for (const std::string& line : log.lines()) count += line.find(part) != line.npos ? 1 : 0;
    return count;
}

// What is written to stderr while `speak` runs.
template <class Speak>
std::string on_stderr(Speak&& speak) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const int before = ::dup(STDERR_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    speak();
    ::dup2(before, STDERR_FILENO);
    ::close(before);
    ::close(ends[1]);
    std::string text;
    std::array<char, 4096> bytes;
    for (ssize_t n; (n = ::read(ends[0], bytes.data(), bytes.size())) > 0;)
        text.append(bytes.data(), static_cast<size_t>(n));
    ::close(ends[0]);
    return text;
}

struct FormatOf {
    explicit FormatOf(Format format) { logging::set_format(format); }
    ~FormatOf() { logging::set_format(Format::text); }
};

}  // namespace

TEST_CASE("what is below the level is not said, and the level can be changed at any time") {
    LogCapture log;
    logging::set_level(Level::warning);
    logging::info("one");
    logging::warning("two");
    logging::set_level(Level::debug);
    logging::debug("three");
    logging::set_level(Level::off);
    logging::error("four");
    CHECK(log.text() == "udf-host: warning: two\nudf-host: debug: three\n");
}

TEST_CASE("the names of levels and formats are those of the command line") {
    for (const char* name : {"debug", "info", "warning", "error"})
        CHECK(logging::name_of(logging::level_named(name).value()) == name);
    for (const char* name : {"text", "json", "journal"})
        CHECK(logging::name_of(logging::format_named(name).value()) == name);
    CHECK_FALSE(logging::level_named("loud"));
    CHECK_FALSE(logging::format_named(""));
}

TEST_CASE("the format can be changed at any time") {
    LogCapture log;
    logging::info({.algorithm = "a"}, "one");
    {
        const FormatOf json(Format::json);
        logging::info({.algorithm = "a"}, "two", {{"n", 2}});
    }
    const auto lines = log.lines();
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] == "udf-host: info: one algorithm=a");
    const auto parsed = logging::parse(lines[1]);
    REQUIRE(parsed);
    CHECK(lines[1].starts_with("{\"time\":\"20"));
    CHECK(parsed->message == "two");
    CHECK(parsed->field("n") == "2");
}

TEST_CASE("repetitions are told in one line once the minute is over, also where nothing else is said") {
    LogCapture log;
    log.advance(seconds(0));
    const Where where{"moving_avg", "cpu", "n"};
    for (int i = 0; i < 25; ++i) logging::warning(where, "the size is 0", {{"n", i}});
    CHECK(lines_with(log, "the size is 0") == 10);
    log.advance(seconds(60));
    REQUIRE(log.comes("more of"));
    CHECK(log.lines().back() ==
          "udf-host: warning: … and 15 more of: the size is 0 algorithm=moving_avg task=cpu node=n");
    logging::warning(where, "the size is 0", {{"n", 26}});
    CHECK(lines_with(log, "the size is 0") == 12);
}

TEST_CASE("repetitions are told before something else is said, once the minute is over") {
    LogCapture log;
    log.advance(seconds(0));
    for (int i = 0; i < 12; ++i) logging::info("again");
    log.advance(seconds(61));
    logging::info("other");
    const auto lines = log.lines();
    REQUIRE(lines.size() == 12);
    CHECK(lines[10] == "udf-host: info: … and 2 more of: again");
    CHECK(lines[11] == "udf-host: info: other");
}

TEST_CASE("repetitions are told at the end") {
    LogCapture log;
    for (int i = 0; i < 12; ++i) logging::info("again");
    logging::tell_rest();
    CHECK(log.lines().back() == "udf-host: info: … and 2 more of: again");
    logging::tell_rest();
    CHECK(log.lines().size() == 11);
}

TEST_CASE("repetitions are told at exit()") {
    const std::string text = on_stderr([] {
        const pid_t child = ::fork();
        if (child == 0) {
            for (int i = 0; i < 12; ++i) logging::error("again");
            std::exit(0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
    });
    CHECK(text.ends_with("udf-host: error: … and 2 more of: again\n"));
}

TEST_CASE("lines of many threads stay whole, and all are said or counted") {
    LogCapture log;
    constexpr int kThreads = 8, kEach = 200;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
        threads.emplace_back([t] {
            const Where where{.task = "task " + std::to_string(t)};
            for (int i = 0; i < kEach; ++i) {
                logging::warning(where, "busy", {{"i", i}});
                if (i % 50 == 0) logging::set_level(i % 100 == 0 ? Level::info : Level::debug);
            }
        });
    for (std::thread& thread : threads) thread.join();
    logging::tell_rest();
    size_t counted = 0, said = 0;
    for (const std::string& line : log.lines()) {
        const auto parsed = logging::parse(line);
        REQUIRE(parsed);
        if (parsed->message == "busy") ++said;
        constexpr std::string_view kBefore = "… and ";
        if (parsed->message.starts_with(kBefore)) counted += std::stoul(parsed->message.substr(kBefore.size()));
    }
    CHECK(said == kThreads * 10);
    CHECK(said + counted == kThreads * kEach);
}

TEST_CASE("a forked child speaks while other threads of its parent do") {
    LogCapture log;
    std::atomic<bool> stop = false;
    std::thread busy([&] {
        while (!stop) {
            logging::debug("busy");
            std::this_thread::yield();  // who forks gets the lock too
        }
    });
    int clean = 0;
    for (int i = 0; i < 50; ++i) {
        const pid_t child = ::fork();
        if (child == 0) {
            ::alarm(10);
            logging::set_sink(nullptr);
            ::close(STDERR_FILENO);
            for (int n = 0; n < 20; ++n) logging::info("in the child");
            ::_exit(0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        clean += status == 0 ? 1 : 0;
    }
    stop = true;
    busy.join();
    CHECK(clean == 50);
}

TEST_CASE("a closed stderr harms nobody, and errno stays") {
    const int before = ::dup(STDERR_FILENO);
    ::close(STDERR_FILENO);
    errno = ENOENT;
    logging::error("nobody hears this");
    CHECK(errno == ENOENT);
    ::dup2(before, STDERR_FILENO);
    ::close(before);
}

TEST_CASE("an event goes to the journal as one datagram, and none of it to stderr") {
    const std::string path =
        std::filesystem::temp_directory_path() / ("udf-host-journal-" + std::to_string(::getpid()));
    const int journal = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(journal, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    logging::set_journal(path.c_str());
    const FormatOf format(Format::journal);
    const std::string text = on_stderr([] { logging::error({.task = "cpu"}, "it failed", {{"cause", "a\nb"}}); });
    std::array<char, 4096> bytes;
    const ssize_t size = ::recv(journal, bytes.data(), bytes.size(), MSG_DONTWAIT);
    ::close(journal);
    std::filesystem::remove(path);
    logging::set_journal(nullptr);
    CHECK(text.empty());
    REQUIRE(size > 0);
    const std::string_view datagram(bytes.data(), static_cast<size_t>(size));
    CHECK(datagram.starts_with("MESSAGE=it failed task=cpu cause=\"a\\nb\"\nPRIORITY=3\n"));
    CHECK(datagram.find("\nUDF_HOST_TASK=cpu\n") != datagram.npos);
}

TEST_CASE("without a journal the log goes to stderr, which is said once") {
    logging::set_journal("/nonexistent/journal");
    const FormatOf format(Format::journal);
    const std::string text = on_stderr([] {
        logging::error("one");
        logging::error("two");
    });
    logging::set_journal(nullptr);
    CHECK(
        text ==
        "udf-host: warning: the journal cannot be reached: the log goes to stderr cause=\"No such file or directory\"\n"
        "udf-host: error: one\nudf-host: error: two\n");
}

// SPDX-License-Identifier: MIT
#include "cli/probe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <span>
#include <system_error>
#include <thread>

#include "plugin/load.h"
#include "plugin/table.h"
#include "wire/unique_fd.h"

namespace cli {
namespace {

using nlohmann::ordered_json;

const char* type_name(uint8_t type) {
    constexpr const char* names[] = {"bool", "int", "double", "string", "duration"};
    return names[type];
}

ordered_json describe(const udf_option& option) {
    ordered_json types = ordered_json::array();
    for (const uint8_t type : std::span(option.types, option.type_count)) types.push_back(type_name(type));
    return {{"name", option.name},
            {"help", option.help != nullptr ? option.help : ""},
            {"types", types},
            {"required", (option.flags & UDF_OPTION_REQUIRED) != 0},
            {"repeatable", (option.flags & UDF_OPTION_REPEATABLE) != 0}};
}

ordered_json describe(const udf_algorithm& algorithm) {
    ordered_json options = ordered_json::array();
    for (const udf_option& option : std::span(algorithm.options, algorithm.option_count))
        options.push_back(describe(option));
    return {{"name", algorithm.name},
            {"version", algorithm.version},
            {"help", algorithm.help},
            {"wants", plugin::edge_name(algorithm.wants)},
            {"provides", plugin::edge_name(algorithm.provides)},
            {"snapshot", algorithm.snapshot != nullptr},
            {"options", options}};
}

ordered_json answer(const std::filesystem::path& file) {
    try {
        ordered_json algorithms = ordered_json::array();
        const plugin::Plugin plugin = plugin::load(file);
        for (const udf_algorithm& algorithm : plugin.algorithms()) algorithms.push_back(describe(algorithm));
        return {{"algorithms", algorithms}};
    } catch (const std::exception& problem) {
        return {{"problem", problem.what()}};
    }
}

// In the child: a plugin gets no input, its output goes to the log, and it dies its own death:
// no handler of this process says a word, no core is left. Nor does it outlive who asks.
[[noreturn]] void answer_and_exit(const std::filesystem::path& file, pid_t parent, int to) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    for (const int signal : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGINT, SIGSEGV, SIGTERM}) std::signal(signal, SIG_DFL);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    // Replace what is not UTF-8: a plugin's texts are its own. A line holds no other line's end.
    const std::string line = answer(file).dump(-1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
    for (size_t sent = 0; sent < line.size();) {
        const ssize_t n = ::write(to, line.data() + sent, line.size() - sent);
        if (n < 0 && errno != EINTR) break;
        if (n > 0) sent += static_cast<size_t>(n);
    }
    ::_exit(0);
}

using Clock = std::chrono::steady_clock;

// The line that the child writes; not whole where the child fell silent. Not "to the end of the
// input": whatever the plugin has started may keep the pipe open.
std::string read_line(int from, Clock::time_point deadline) {
    std::string line;
    while (!line.ends_with('\n')) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        pollfd input{from, POLLIN, 0};
        const int ready = ::poll(&input, 1, static_cast<int>(std::max<int64_t>(0, left.count())));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) break;
        char buffer[4096];
        const ssize_t n = ::read(from, buffer, sizeof buffer);
        if (n <= 0) break;
        line.append(buffer, static_cast<size_t>(n));
    }
    return line;
}

struct End {
    bool killed;  // at the deadline, by this process
    int status;
};

// Waits for the end of the child, which a plugin can put off even after it has closed the pipe.
End wait_for(pid_t child, Clock::time_point deadline) {
    int status = 0;
    while (::waitpid(child, &status, WNOHANG) != child) {
        if (Clock::now() >= deadline) {
            ::kill(child, SIGKILL);
            while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
            return {true, status};
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return {false, status};
}

std::string how_it_ended(int status) {
    if (!WIFSIGNALED(status)) return fmt::format("exited with status {} while loading", WEXITSTATUS(status));
    const char* name = ::sigabbrev_np(WTERMSIG(status));
    return name != nullptr ? fmt::format("killed by SIG{} while loading", name)
                           : fmt::format("killed by signal {} while loading", WTERMSIG(status));
}

}  // namespace

Probe probe(const std::filesystem::path& file, std::chrono::milliseconds limit) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "making a pipe");
    const wire::unique_fd from(ends[0]);
    wire::unique_fd to(ends[1]);
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) throw std::system_error(errno, std::generic_category(), "starting a process");
    if (child == 0) answer_and_exit(file, parent, to.get());
    to.reset();

    const auto deadline = Clock::now() + limit;
    const std::string line = read_line(from.get(), deadline);
    const End end = wait_for(child, deadline);
    if (const auto said = ordered_json::parse(line, nullptr, false); said.is_object())
        return {said.value("algorithms", ordered_json::array()), said.value("problem", "")};
    const std::chrono::duration<double> seconds = limit;
    const std::string why =
        end.killed ? fmt::format("still not loaded after {:g} s", seconds.count()) : how_it_ended(end.status);
    return {ordered_json::array(), plugin::Refused(file, why).what()};
}

}  // namespace cli

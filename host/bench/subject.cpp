// SPDX-License-Identifier: MIT
#include "bench/subject.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "client/option_values.h"
#include "client/session.h"
#include "wire/channel.h"

namespace bench {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 5s;  // for a process to listen, and to exit

[[noreturn]] void fail(const char* doing) { throw std::system_error(errno, std::system_category(), doing); }

std::pair<wire::unique_fd, wire::unique_fd> socket_pair() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) fail("making a pair of sockets");
    return {wire::unique_fd(ends[0]), wire::unique_fd(ends[1])};
}

wire::unique_fd duplicate(int fd) { return wire::unique_fd(::fcntl(fd, F_DUPFD_CLOEXEC, 3)); }

void make_blocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK); }

// A session over a subject's ends, which it leaves as they were.
class Talk {
public:
    Talk(int to, int from)
        : to_(to),
          from_(from),
          channel_(to == from ? wire::FdChannel(duplicate(to)) : wire::FdChannel(duplicate(from), duplicate(to))) {}
    ~Talk() {
        make_blocking(to_);
        make_blocking(from_);
    }
    Talk(const Talk&) = delete;
    Talk& operator=(const Talk&) = delete;

    client::Session* operator->() noexcept { return &session_; }

private:
    int to_, from_;
    wire::FdChannel channel_;
    client::Session session_{channel_};
};

// The number behind `name` in a file of /proc, which is in KiB, in bytes; 0 where it has gone.
size_t bytes_in(const std::string& file, std::string_view name) {
    std::ifstream lines(file);
    for (std::string word; lines >> word;) {
        size_t kib = 0;
        if (word == name && lines >> kib) return kib << 10;
    }
    return 0;
}

void add_with_children(pid_t pid, std::vector<pid_t>& processes) {
    processes.push_back(pid);
    std::error_code gone;
    for (const auto& task : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), gone)) {
        std::ifstream children(task.path() / "children");
        for (pid_t child = 0; children >> child;) add_with_children(child, processes);
    }
}

}  // namespace

Contender cat() { return {.name = "cat", .command = {"cat"}, .is_function = false, .listens = false}; }

Contender two_cats() {
    return {.name = "cat | cat", .command = {"sh", "-c", "cat | cat"}, .is_function = false, .based_on = "cat"};
}

Subject::Subject(const Contender& contender, Transport transport) : contender_(contender) {
    if (transport == Transport::pipe) {
        process_.emplace(contender.command);
        to_ = std::move(process_->to_stdin);
        from_ = std::move(process_->from_stdout);
    } else if (!contender.listens) {
        auto [ours, its] = socket_pair();
        process_.emplace(contender.command, its, its);
        to_ = std::move(ours);
    } else {
        std::string dir = (std::filesystem::temp_directory_path() / "udf-host-bench-XXXXXX").string();
        if (::mkdtemp(dir.data()) == nullptr) fail("making a directory for the socket");
        dir_ = dir;
        const std::filesystem::path socket = *dir_ / "socket";
        std::vector<std::string> command = contender.command;
        command.insert(command.end(), {"--socket", socket.string(), "--log-level", "warning"});
        const wire::unique_fd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
        process_.emplace(command, nothing, nothing);
        connect_to(socket);
    }
}

Subject::~Subject() {
    process_.reset();
    std::error_code ignored;
    if (dir_) std::filesystem::remove_all(*dir_, ignored);
}

void Subject::connect_to(const std::filesystem::path& socket) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket.native().size() >= sizeof address.sun_path)
        throw std::runtime_error(
            fmt::format("{} is too long for a socket: set TMPDIR to a shorter one", socket.native()));
    std::copy(socket.native().begin(), socket.native().end(), address.sun_path);
    to_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (::connect(to_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        if (process_->exited_within(1ms)) throw std::runtime_error(fmt::format("{} {}", name(), process_->failure()));
        if (std::chrono::steady_clock::now() >= deadline) fail("connecting to the socket");
    }
}

pb::InfoResponse Subject::info() { return Talk(input(), output())->info(); }

void Subject::start(const std::vector<std::string>& options) {
    if (!contender_.is_function) return;
    Talk talk(input(), output());
    talk->init(client::parse_options(options, talk->info()), "bench", contender_.name);
}

std::vector<pid_t> Subject::processes() const {
    std::vector<pid_t> processes;
    add_with_children(process_->pid(), processes);
    return processes;
}

std::chrono::nanoseconds Subject::cpu_time() const {
    std::chrono::nanoseconds sum{};
    for (const pid_t pid : processes()) {
        clockid_t clock;
        timespec time{};
        if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) continue;  // it has gone
        sum += std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    }
    return sum;
}

// rusage will not do: after an exec it still counts the memory of the process that forked.
size_t Subject::peak_memory() const {
    size_t sum = 0;
    for (const pid_t pid : processes()) sum += bytes_in(fmt::format("/proc/{}/status", pid), "VmHWM:");
    return sum;
}

size_t Subject::own_memory() const {
    size_t sum = 0;
    for (const pid_t pid : processes()) sum += bytes_in(fmt::format("/proc/{}/smaps_rollup", pid), "Pss:");
    return sum;
}

void Subject::end_input() {
    if (from_)
        to_.reset();
    else
        ::shutdown(to_.get(), SHUT_WR);
}

void Subject::finish() {
    to_.reset();
    from_.reset();
    if (contender_.listens && dir_) ::kill(process_->pid(), SIGTERM);
    if (!process_->exited_within(kPatience)) throw std::runtime_error(fmt::format("{} does not end", name()));
    if (!process_->failure().empty()) throw std::runtime_error(fmt::format("{} {}", name(), process_->failure()));
}

}  // namespace bench

// SPDX-License-Identifier: MIT
#include "server/control_client.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include "server/control_directory.h"
#include "wire/unique_fd.h"

namespace server {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr size_t kMostSockets = 10'000;
constexpr size_t kAtOnce = 500;

bool is_socket_file(const fs::path& path) noexcept {
    struct stat st {};
    return ::lstat(path.c_str(), &st) == 0 && S_ISSOCK(st.st_mode);
}

// Not valid where that fails, errno then says why.
wire::unique_fd connect_to(const fs::path& path) noexcept {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.native().size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return {};
    }
    path.native().copy(address.sun_path, sizeof address.sun_path - 1);
    wire::unique_fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (socket && ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        const int error = errno;
        socket.reset();
        errno = error;
    }
    return socket;
}

std::vector<fs::path> sockets_in(const fs::path& directory) {
    std::vector<fs::path> sockets;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error))
        if (process_of_socket(entry->path().filename()) && sockets.size() < kMostSockets)
            sockets.push_back(entry->path());
    return sockets;
}

// A question that is under way.
struct Asking {
    ControlAnswer& answer;
    wire::unique_fd socket;
    std::string_view request;

    bool failed(std::string problem) {
        answer.line.clear();
        answer.problem = std::move(problem);
        return false;
    }
    // False once it is over.
    bool go_on() {
        if (!request.empty()) {
            const ssize_t n = ::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
            if (n < 0) return errno == EAGAIN || failed(std::system_category().message(errno));
            request.remove_prefix(static_cast<size_t>(n));
            return true;
        }
        std::array<char, 65536> bytes;
        const ssize_t n = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
        if (n < 0) return errno == EAGAIN || failed(std::system_category().message(errno));
        if (n == 0) return failed("it hung up");
        answer.line.append(bytes.data(), static_cast<size_t>(n));
        if (const size_t end = answer.line.find('\n'); end != std::string::npos) {
            answer.line.resize(end);
            answer.at = Clock::now();
            return false;
        }
        return answer.line.size() <= kLongestAnswer || failed("its answer is too long");
    }
};

void ask_together(std::vector<Asking>& asking, Clock::time_point until, milliseconds limit) {
    std::vector<pollfd> fds;
    while (!asking.empty()) {
        const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
        fds.clear();
        for (const Asking& one : asking)
            fds.push_back({one.socket.get(), static_cast<short>(one.request.empty() ? POLLIN : POLLOUT), 0});
        if (left.count() <= 0 || ::poll(fds.data(), fds.size(), static_cast<int>(left.count())) == 0) {
            for (Asking& one : asking) one.failed(fmt::format("no answer within {:g} s", limit.count() / 1000.0));
            return;
        }
        std::vector<Asking> open;
        for (size_t i = 0; i < asking.size(); ++i)
            if (fds[i].revents == 0 || asking[i].go_on()) open.push_back(std::move(asking[i]));
        asking.swap(open);
    }
}

}  // namespace

std::vector<ControlAnswer> ask(const std::vector<fs::path>& sockets, const std::string& request, milliseconds limit) {
    const std::string line = request + '\n';
    std::vector<ControlAnswer> answers;
    answers.reserve(sockets.size());
    for (size_t begin = 0; begin < sockets.size(); begin += kAtOnce) {
        const auto until = Clock::now() + limit;
        std::vector<Asking> asking;
        for (size_t i = begin; i < std::min(begin + kAtOnce, sockets.size()); ++i) {
            const int process = process_of_socket(sockets[i].filename()).value_or(0);
            wire::unique_fd socket = connect_to(sockets[i]);
            const int error = socket ? 0 : errno;
            // It is dead, though another process may have its number by now.
            if (error == ECONNREFUSED) ::unlink(sockets[i].c_str());
            if (error == ECONNREFUSED || error == ENOENT) continue;
            ControlAnswer& answer = answers.emplace_back(ControlAnswer{sockets[i], process, {}, {}, Clock::now()});
            if (socket)
                asking.push_back({answer, std::move(socket), line});
            else
                answer.problem =
                    error == EAGAIN ? "too many ask it at the same time" : std::system_category().message(error);
        }
        ask_together(asking, until, limit);
    }
    return answers;
}

std::vector<ControlAnswer> ask_all(const std::string& request, milliseconds limit) {
    std::vector<fs::path> sockets;
    for (const fs::path& directory : control_directories()) {
        remove_dead_sockets(directory);
        for (fs::path& socket : sockets_in(directory)) sockets.push_back(std::move(socket));
    }
    std::erase_if(sockets, [](const fs::path& path) { return !is_socket_file(path); });
    std::sort(sockets.begin(), sockets.end(), [](const fs::path& a, const fs::path& b) {
        return std::tuple(process_of_socket(a.filename()), a) < std::tuple(process_of_socket(b.filename()), b);
    });
    return ask(sockets, request, limit);
}

void remove_if_dead(const fs::path& socket) noexcept try {
    const auto process = process_of_socket(socket.filename());
    // Of a process that is there, the most likely thing by far, nothing more is to be known; one that is not there may
    // be in another container.
    if (!process || (*process != ::getpid() && (::kill(*process, 0) == 0 || errno != ESRCH))) return;
    if (is_socket_file(socket) && !connect_to(socket) && errno == ECONNREFUSED) ::unlink(socket.c_str());
} catch (const std::exception&) {
}

void remove_dead_sockets(const fs::path& directory) noexcept try {
    for (const fs::path& socket : sockets_in(directory)) remove_if_dead(socket);
} catch (const std::exception&) {
}

}  // namespace server
